"""Part 3 on a device: training steps, what they give and how often the host waits in them."""

import numpy as np
import pytest

from minillm.autograd import Parameter, gradients_of
from minillm.nn import Module
from minillm.optim import SGD, AdamW, clip_gradients, decay_groups
from minillm.training import HalfPrecision, fit
from tests.gpu.conftest import back
from tests.training.test_host_waits import MODELS, SETTINGS, trained


@pytest.mark.parametrize("name", MODELS)
def test_training_gives_what_it_gives_on_the_host(name, place):
    losses, weights, _ = trained(name, place.moved, **SETTINGS["clip"])
    expected, expected_weights, _ = trained(name, **SETTINGS["clip"])
    np.testing.assert_allclose(losses, expected, rtol=0, atol=1e-7)
    for a, b in zip(weights, expected_weights, strict=True):
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


@pytest.mark.parametrize("name", MODELS)
def test_half_precision_gives_what_it_gives_on_the_host(name, bare):
    make, loss_of = MODELS[name]
    found = []
    for move in (lambda model: model, bare.moved):
        model = move(make(np.random.default_rng(0)).train())
        optimizer = AdamW(model.parameters(), lr=1e-3, eps=1e-3)
        half = HalfPrecision(model, scale=1024.0)
        settings = {"gradients": half, "max_norm": 1.0}
        steps = list(fit(lambda _, m=model: loss_of(m), range(3), optimizer, **settings))
        assert half.skipped == 0
        found.append(([float(step.loss) for step in steps], model))
    (losses, host), (losses_there, there) = found
    np.testing.assert_allclose(losses_there, losses, rtol=2e-3)
    for a, b in zip(there.parameters(), host.parameters(), strict=True):
        np.testing.assert_allclose(back(a.data), b.data, rtol=2e-3, atol=2e-3)


def test_an_overflow_on_the_device_skips_the_update(bare):
    weight = bare.move(np.ones(3, dtype=np.float32))
    model = Module()
    model.w = Parameter(weight)
    half = HalfPrecision(model, scale=16.0)

    def loss_of(factor):
        return (model.w * bare.xp.full(3, factor, dtype=np.float16)).sum()

    steps = list(fit(loss_of, [1.0, 8000.0, 2.0], SGD([model.w], lr=1.0), gradients=half))
    assert (len(steps), half.skipped, half.scale) == (2, 1, 8.0)
    assert back(model.w.data).tolist() == [-2.0] * 3
