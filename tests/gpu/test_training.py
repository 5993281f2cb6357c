"""Part 3 on a device: training steps, what they give and how often the host waits in them."""

import numpy as np
import pytest

from minillm.autograd import gradients_of
from minillm.optim import AdamW, clip_gradients, decay_groups
from tests.gpu.conftest import back
from tests.training.test_host_waits import MODELS, SETTINGS, trained


@pytest.mark.parametrize("name", MODELS)
def test_training_gives_what_it_gives_on_the_host(name, place):
    losses, weights, _ = trained(name, place.moved, **SETTINGS["clip"])
    expected, expected_weights, _ = trained(name, **SETTINGS["clip"])
    for a, b in zip([*losses, *weights], [*expected, *expected_weights], strict=True):
        np.testing.assert_allclose(back(a), b, rtol=0, atol=1e-7)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", MODELS)
def test_the_host_waits_for_nothing_between_batch_and_update(name, dtype, place):
    """What is left is one look at the loss: ``fit`` asks whether it is finite."""
    make, loss_of = MODELS[name]
    model = place.moved(make(np.random.default_rng(0)).to_dtype(dtype).train())
    optimizer = AdamW(decay_groups(model), lr=1e-2)
    for _ in range(3):  # what is compiled in the first step may wait
        loss = loss_of(model)
        clipped, _ = clip_gradients(gradients_of(loss, optimizer.parameters), 1.0)
        optimizer.step(clipped)
    with place.without_waits():
        loss = loss_of(model)
        clipped, norm = clip_gradients(gradients_of(loss, optimizer.parameters), 1.0)
        optimizer.step(clipped)
    assert np.isfinite(float(loss.data + norm))
