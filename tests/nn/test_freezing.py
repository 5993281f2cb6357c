import copy
import pickle

import numpy as np
import pytest

from minillm.autograd import gradients_of
from minillm.nn import Linear
from minillm.ops import gelu, linear
from tests.nn.modules import ONES, Holder, Stack


def recorded_below(loss):
    """The names of the ops and leaves in a loss's graph."""
    names, waiting, seen = [], [loss.node], set()
    while waiting:
        node = waiting.pop()
        if node is not None and id(node) not in seen:
            seen.add(id(node))
            names.append(node.name)
            waiting.extend(node.parents)
    return sorted(names)


def test_what_is_frozen_below_a_head_is_neither_recorded_nor_differentiated(rng, monkeypatch):
    trunk = Holder([Linear(3, 3, rng=rng) for _ in range(5)])
    head = Linear(3, 2, rng=rng)

    def loss():
        x = ONES
        for layer in trunk.content:
            x = gelu(layer(x))
        return head(x).sum()

    assert len(recorded_below(loss())) == 5 * 4 + 4
    assert trunk.freeze() is trunk
    assert recorded_below(loss()) == ["leaf", "leaf", "linear", "sum"]
    asked = []
    rule = linear.rule

    def watched(*operands, **settings):
        if any(settings["wanted"]):
            asked.append(settings["wanted"])
        return rule(*operands, **settings)

    monkeypatch.setattr(linear, "rule", watched)
    gradients = gradients_of(loss(), head.parameters())
    assert asked == [(False, True, True)]  # the head's: the layers below are not even recorded
    assert [g.shape for g in gradients] == [(2, 3), (2,)]


def test_frozen_parameters_are_counted_saved_and_loaded_and_not_trainable(rng):
    model = Stack(rng)
    names, count = list(model.state_dict()), model.parameter_count()
    model.layers[0].freeze()
    assert (list(model.state_dict()), model.parameter_count()) == (names, count)
    trainable = [id(p) for p in model.trainable_parameters()]
    assert trainable == [id(p) for n, p in model.named_parameters() if "layers.0" not in n]
    assert {n for n, p in model.named_parameters() if not p.requires_grad} == {
        "layers.0.weight",
        "layers.0.bias",
    }
    other = Stack(rng).state_dict()
    model.load_state_dict(other)
    np.testing.assert_array_equal(model.layers[0].weight.data, other["layers.0.weight"])
    assert not model.layers[0].weight.requires_grad
    assert model.unfreeze() is model
    assert len(model.trainable_parameters()) == len(names)


def test_frozen_stays_frozen_through_dtypes_copies_and_pickles(rng):
    model = Stack(rng)
    model.first.freeze()
    frozen = [not p.requires_grad for p in model.parameters()]
    model.to_dtype(np.float64)
    model.layers.pop(1)  # a function of NumPy's is not ours to pickle
    for twin in (model, copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert [not p.requires_grad for p in twin.parameters()] == frozen
        assert {p.dtype for p in twin.parameters()} == {np.dtype(np.float64)}


def test_a_dtype_that_is_not_of_floats_is_refused_and_changes_nothing(rng):
    model = Stack(rng)
    for dtype in (np.int32, bool, complex):
        with pytest.raises(TypeError, match="to_dtype needs a floating-point dtype, got"):
            model.to_dtype(dtype)
    assert {p.dtype for p in model.parameters()} == {np.dtype(np.float32)}


def test_frozen_and_trainable_parameters_move_to_the_device_they_are_on(rng):
    model = Stack(rng)
    model.first.freeze()
    arrays = [p.data for p in model.parameters()]
    assert model.to_device("cpu") is model
    assert all(p.data is array for p, array in zip(model.parameters(), arrays, strict=True))
    assert not model.first.weight.requires_grad
