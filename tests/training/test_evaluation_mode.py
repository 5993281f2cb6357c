import numpy as np
import pytest

from minillm.autograd import Parameter
from minillm.nn import Dropout, Linear, Module
from minillm.training import evaluating


class Layered(Module):
    """A dropout inside a list, beside a linear layer."""

    def __init__(self):
        rng = np.random.default_rng(0)
        self.layers = [Dropout(0.5, rng=rng), Linear(2, 2, rng=rng)]


def modes(model):
    return [module.training for _, module in model.named_modules()]


@pytest.mark.parametrize("flags", [(True,) * 3, (False,) * 3, (True, False, True)])
def test_every_layer_is_afterwards_in_the_mode_it_was_in(flags):
    model = Layered()
    for (_, module), flag in zip(model.named_modules(), flags, strict=True):
        module.training = flag
    with evaluating(model):
        assert modes(model) == [False] * 3
    assert modes(model) == list(flags)


def test_nothing_is_recorded_or_dropped_inside():
    model, w = Layered(), Parameter(np.ones(3))
    with evaluating(model):
        assert not (w * 2).requires_grad
        assert (model.layers[0](w).data == 1).all()
    assert (w * 2).requires_grad
    assert model.layers[0].calls == 0


def test_an_error_inside_leaves_no_model_that_has_stopped_training():
    model, w = Layered(), Parameter(np.ones(3))
    with pytest.raises(ZeroDivisionError), evaluating(model):
        1 / 0  # noqa: B018
    assert modes(model) == [True] * 3
    assert (w * 2).requires_grad
