"""What shares memory with its argument in one process does so in the other."""

import json

import numpy as np
import pytest

from minillm.course.judge.sharing import as_shared, shared_with

ONE = np.arange(6.0).reshape(2, 3)
VIEWS = [
    lambda x: x,
    lambda x: x.T,
    lambda x: x[1:],
    lambda x: x[:, ::-1],
    lambda x: x.view(np.int64),
    lambda x: x[0, 2:],
]


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_is_a_view_of_the_same_elements_in_the_other_process(view):
    here, there = ONE.copy(), ONE.copy()
    shared = json.loads(json.dumps(shared_with(view(here), ["text", here])))
    found = as_shared(view(here).copy(), ["text", there], shared)
    there *= 2
    assert np.array_equal(found, view(there)) and found.dtype == view(there).dtype
    assert (found is there) == (view(here) is here)


@pytest.mark.parametrize("found", [ONE + 1, 3.0, None, {"a": ONE}])
def test_what_has_its_own_memory_keeps_it(found):
    shared = shared_with(found, [ONE, "text"])
    assert shared is None and as_shared(found, [ONE, "text"], shared) is found


def test_parts_of_a_tuple_share_one_by_one():
    shared = shared_with((ONE.T, [ONE, 3.0]), [ONE])
    there = ONE.copy()
    turned, (same, number) = as_shared((ONE.T.copy(), [ONE.copy(), 3.0]), [there], shared)
    there += 1
    assert np.array_equal(turned, there.T) and same is there and number == 3.0


def test_an_argument_with_gaps_is_not_shared_but_the_values_are_right():
    there = np.arange(12.0).reshape(2, 6)[:, ::2]
    here = there.copy()
    found = as_shared(here.T.copy(), [there], shared_with(here.T, [here]))
    assert np.array_equal(found, there.T) and not np.shares_memory(found, there)
