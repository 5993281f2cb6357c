import copy
import pickle

import numpy as np
import pytest

from minillm.autograd import Parameter
from minillm.nn import Linear, Module
from tests.nn.modules import Tied


class Pair(Module):
    """Two parameters."""

    def __init__(self, a, b):
        self.a, self.b = Parameter(a), Parameter(b)


def test_two_parameters_made_of_one_array_stay_two_and_the_array_stays_as_it_was():
    array = np.zeros(2, dtype=np.float32)
    pair = Pair(array, array)
    pair.load_state_dict({"a": np.ones(2), "b": np.full(2, 2.0)})
    assert (pair.a.data.tolist(), pair.b.data.tolist()) == ([1, 1], [2, 2])
    assert array.tolist() == [0, 0]


def test_parameters_can_be_exchanged_by_loading_each_others_arrays():
    pair = Pair(np.zeros(2), np.ones(2))
    pair.load_state_dict({"a": pair.b.data, "b": pair.a.data})
    assert (pair.a.data.tolist(), pair.b.data.tolist()) == ([1, 1], [0, 0])
    assert not np.shares_memory(pair.a.data, pair.b.data)


def test_read_only_parameters_are_loaded_and_what_was_loaded_is_not_shared():
    locked = np.zeros(2)
    locked.flags.writeable = False
    given = np.ones((2, 2))
    pair = Pair(locked, locked)
    pair.load_state_dict({"a": given[0], "b": given[:, 1]})
    given[:] = 7.0
    assert (pair.a.data.tolist(), pair.b.data.tolist()) == ([1, 1], [1, 1])
    pair.a.data += 1.0  # an array of its own, open to be written
    assert pair.b.data.tolist() == [1, 1]


def test_views_detached_copies_and_saved_states_do_not_follow_what_is_loaded():
    pair = Pair(np.zeros(2), np.zeros(2))
    view, held = pair.a.data[:1], [pair.a.detach().data, pair.a.numpy(), pair.state_dict()["a"]]
    pair.load_state_dict({"a": [1.0, 1.0], "b": [2.0, 2.0]})
    assert [view.tolist(), *(array.tolist() for array in held)] == [[0], [0, 0], [0, 0], [0, 0]]


def test_the_rows_of_what_was_loaded_lie_one_after_another(rng):
    """A product of the same numbers otherwise laid out may differ in its last bits."""
    layer = Linear(3, 2, rng=rng)
    state = layer.state_dict()
    layer.load_state_dict({**state, "weight": np.asfortranarray(state["weight"])})
    assert layer.weight.data.flags.c_contiguous


@pytest.mark.parametrize("again", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_what_is_shared_stays_shared_in_a_copy_and_apart_from_the_original(again, rng):
    model = Tied(rng)
    twin = again(model)
    assert (twin.output is twin.table, twin.again is twin.encoder) == (True, True)
    twin.load_state_dict({n: a + 1 for n, a in model.state_dict().items()})
    assert twin.output is twin.table
    np.testing.assert_array_equal(model.table.data, np.ones((2, 2)))
    np.testing.assert_array_equal(twin.output.data, np.full((2, 2), 2.0))


@pytest.mark.parametrize(
    ("values", "misfit"),
    [
        (np.array([1.0, 2.0j]), "values must be real numbers, given complex128"),
        (np.array([None, 1.0]), "values must be real numbers, given object"),
        (np.array(["1", "2"]), "values must be real numbers, given <U1"),
        (np.array([1.0, -1e300]), r"holds -1e\+300, too large for float32"),
    ],
)
def test_values_that_would_be_spoilt_on_the_way_are_refused_and_nothing_is_changed(values, misfit):
    pair = Pair(np.zeros(2, dtype=np.float32), np.zeros(2, dtype=np.float32))
    with pytest.raises(ValueError, match=f"b: {misfit}"):
        pair.load_state_dict({"a": np.ones(2), "b": values})
    assert (pair.a.data.tolist(), pair.b.data.tolist()) == ([0, 0], [0, 0])


def test_infinities_and_whole_numbers_are_loaded_as_they_are():
    pair = Pair(np.zeros(2, dtype=np.float32), np.zeros(2, dtype=np.float32))
    pair.load_state_dict({"a": np.array([np.inf, np.nan]), "b": np.array([1, 2])})
    assert (str(pair.a.data.tolist()), pair.b.data.tolist()) == ("[inf, nan]", [1, 2])


@pytest.mark.parametrize("state", [None, [("a", 1.0)], "weights.safetensors"])
def test_what_is_not_a_state_is_refused_in_words(state):
    kind = type(state).__name__
    with pytest.raises(TypeError, match=f"needs arrays by their names, got a {kind}"):
        Pair(np.zeros(2), np.zeros(2)).load_state_dict(state)
