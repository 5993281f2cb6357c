"""Units are known by where they stand: two relus of one module and width are not the same ones."""

import numpy as np
import pytest

from minillm import ops
from minillm.autograd import Parameter
from minillm.backend import stream
from minillm.nn import Linear, Module
from minillm.optim import Adam
from minillm.training.watching import FaultFound, WatchLimits
from tests.training.watching.faults import Training, X, Y, set_weight

pytestmark = pytest.mark.guide("G58")
DEAD = -100.0


class Chain(Module):
    """``c(relu(b(relu(a(x)))))``, both relus in this module."""

    def __init__(self, width=8, second=8):
        rng = stream(0, "chain")
        self.a, self.b = Linear(5, width, rng=rng), Linear(width, second, rng=rng)
        self.c = Linear(second, 2, rng=rng)

    def forward(self, x):
        return self.c(ops.relu(self.b(ops.relu(self.a(x)))))


class TwoSigns(Module):
    """One layer whose units are shown twice: what one relu lets through, the other does not."""

    def __init__(self):
        rng = stream(0, "two signs")
        self.a, self.c = Linear(5, 8, rng=rng), Linear(8, 2, rng=rng)

    def forward(self, x):
        y = self.a(x)
        return self.c(ops.relu(y) + ops.relu(-y))


class Loop(Module):
    """A recurrence; in its first turn, of zeros, 6 of its 8 units are asleep."""

    def __init__(self, turns=3):
        rng = stream(0, "loop")
        self.turns, self.enter = turns, Linear(5, 8, rng=rng)
        self.again = Parameter(0.1 * np.eye(8, dtype="float32"))
        self.c = Linear(8, 2, rng=rng)

    def forward(self, x):
        h = np.zeros((len(x), 8), dtype=x.dtype)
        for turn in range(self.turns):
            h = ops.relu(h @ self.again + self.enter(x * x.dtype.type(turn)))
        return self.c(h)


def training_of(model, steps=120):
    order = stream(1, "batches")
    return Training(
        model,
        lambda i: ops.cross_entropy(model(X[i]), targets=Y[i]),
        [order.permutation(24)[:12] for _ in range(steps)],
        lambda: Adam(model.parameters(), lr=0.003),
    )


def put_to_sleep(layer, units):
    set_weight(layer.bias, lambda b: b.__setitem__(slice(units), DEAD))


def told_of(model, limits=None):
    with pytest.raises(FaultFound) as caught:
        training_of(model).run(limits)
    return caught.value


@pytest.mark.parametrize("second", [8, 9])
def test_dead_units_are_found_before_others_of_the_same_width(second):
    model = Chain(second=second)
    put_to_sleep(model.a, 7)
    error = told_of(model)
    assert (error.finding.kind, error.finding.op, error.finding.count) == ("dead units", "relu", 7)
    told = "7 of 8 units of relu in (model) behind a.weight were never active in the last 50"
    assert told in str(error)


@pytest.mark.parametrize("second", [8, 9])
def test_where_all_behind_a_layer_are_dead_the_missing_gradient_has_its_reason(second):
    model = Chain(second=second)
    put_to_sleep(model.b, second)
    error = told_of(model)
    assert (error.finding.kind, error.finding.count) == ("dead units", second)
    assert "units of relu in (model) behind b.weight were never active" in str(error)
    assert error.step == 19


def test_two_relus_behind_one_parameter_are_two_as_well():
    model = TwoSigns()
    set_weight(model.a.weight, lambda w: w.fill(0.0))
    set_weight(model.a.bias, lambda b: b.fill(1.0))
    put_to_sleep(model.a, 7)  # so that -y is always above 0, and y never
    finding = told_of(model).finding
    assert (finding.kind, finding.count) == ("dead units", 7)


def test_what_a_layer_shows_in_several_turns_are_the_same_units():
    model = Loop()
    set_weight(model.enter.bias, lambda b: b.__setitem__(slice(6), -0.01))
    steps = training_of(model, steps=20).run(WatchLimits(dead_window=5))
    assert len(steps) == 20


def test_a_layer_that_is_asked_twice_in_an_update_has_its_units_once():
    """As a model of rewards that reads both texts of a pair: each wakes half of the units."""
    model = Chain()
    eye = np.zeros((8, 5), dtype="float32")
    eye[:4, 0], eye[4:, 0] = 1.0, -1.0
    set_weight(model.a.weight, lambda w: w.__setitem__(..., eye))
    set_weight(model.a.bias, lambda b: b.fill(-0.2))
    training = training_of(model, steps=8)
    up, down = np.abs(X) + 1, -np.abs(X) - 1
    training.loss_of = lambda i: (
        ops.cross_entropy(model(up[i]), targets=Y[i])
        + ops.cross_entropy(model(down[i]), targets=Y[i])
    )
    assert len(training.run(WatchLimits(dead_window=4, dead_share=0.4))) == 8
