"""Who goes where, against plain loops over tokens."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from minillm.autograd import Tensor
from minillm.nn.routing import capacity_of, note, noted_routings, places, route

SCORES = np.array([[0.0, 3.0, 1.0], [2.0, 2.0, 2.0], [5.0, -1.0, 4.0], [9.0, 0.0, 8.0]])


@pytest.mark.guide("G63")
def test_two_are_chosen_and_their_gates_sum_to_one():
    routing = route(Tensor(SCORES), top=2)
    assert routing.chosen.tolist() == [[1, 2], [0, 1], [0, 2], [0, 2]]  # of equals the first
    odds = np.exp([3.0, 1.0])
    np.testing.assert_allclose(routing.gates.data[0], odds / odds.sum(), atol=1e-14)
    np.testing.assert_allclose(routing.gates.data.sum(axis=1), 1.0, atol=1e-14)
    assert routing.kept.all() and routing.dropped == 0
    assert routing.use.tolist() == [3, 2, 3]


@pytest.mark.guide("G63")
def test_first_choices_are_served_before_second_ones_and_in_their_order():
    routing = route(Tensor(SCORES), top=2, capacity=2)
    assert routing.kept.tolist() == [[True, True], [True, True], [True, True], [False, False]]
    assert routing.dropped == 2 and routing.use.tolist() == [2, 2, 2]
    one = places(np.array([[0, 1], [1, 0], [1, 2]]), n_experts=3, capacity=1)
    assert one.tolist() == [[True, False], [True, False], [False, True]]


@given(st.integers(1, 6), st.integers(1, 4), st.data())
def test_places_are_those_of_a_loop(capacity, n_experts, data):
    top = data.draw(st.integers(1, n_experts))
    scores = data.draw(arrays(np.float64, (9, n_experts), elements=st.integers(0, 3)))
    chosen = np.argsort(-scores, axis=1, kind="stable")[:, :top]
    left, expected = [capacity] * n_experts, np.zeros((9, top), dtype=bool)
    for k in range(top):
        for token in range(9):
            expected[token, k] = left[chosen[token, k]] > 0
            left[chosen[token, k]] -= 1
    found = places(chosen, n_experts=n_experts, capacity=capacity)
    np.testing.assert_array_equal(found, expected)


def test_every_group_has_places_of_its_own():
    same = np.tile([[1.0, 0.0]], (6, 1))
    whole = route(Tensor(same), top=1, capacity=1)
    groups = route(Tensor(same), top=1, capacity=1, groups=3)
    assert whole.kept[:, 0].tolist() == [True] + [False] * 5
    assert groups.kept[:, 0].tolist() == [True, False] * 3


def test_capacity_is_rounded_up():
    assert capacity_of(8, 4, top=2, factor=1.0) == 4
    assert capacity_of(9, 4, top=2, factor=1.0) == 5
    assert capacity_of(8, 4, top=1, factor=0.01) == 1


@pytest.mark.guide("G63")
@given(st.integers(0, 3000), st.integers(1, 64), st.integers(1, 3), st.integers(1, 400))
def test_capacity_is_that_of_the_decimal_that_is_written(tokens, n_experts, top, hundredths):
    found = capacity_of(tokens, n_experts, top=top, factor=float(f"{hundredths}e-2"))
    assert found == math.ceil(Fraction(hundredths, 100) * top * tokens / n_experts)


def test_an_expert_has_no_place_too_many():
    assert capacity_of(100, 10, top=1, factor=1.1) == 11
    assert capacity_of(50, 5, top=1, factor=1.1) == 11
    assert capacity_of(180, 2, top=1, factor=1.1) == 99


def test_routings_are_noted_inside_the_block_alone():
    routing = route(Tensor(SCORES), top=1)
    with noted_routings() as outer:
        note(routing)
        with noted_routings() as inner:
            note(routing)
    note(routing)
    assert len(outer) == len(inner) == 1 and outer[0] is routing


@pytest.mark.guide("G63")
@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"top": 4}, "top must choose 1 to 3 of the experts there are, got 4"),
        ({"top": 0}, "top must choose 1 to 3 of the experts there are, got 0"),
        ({"capacity": 0}, "capacity must be at least 1, got 0"),
        ({"capacity": 1, "groups": 3}, "4 tokens do not split into 3 equal groups"),
        ({"capacity": 1, "groups": 0}, "4 tokens do not split into 0 equal groups"),
        ({"scores": SCORES[0]}, r"scores must be \(N, E\), got \(3,\)"),
        ({"scores": np.where(SCORES == 4.0, np.nan, SCORES)}, "token 2 gives expert 2 nan"),
        ({"scores": np.where(SCORES == 4.0, np.inf, SCORES)}, "token 2 gives expert 2 inf"),
    ],
)
def test_what_cannot_be_routed_is_refused(changed, message):
    settings = {"scores": SCORES, "top": 2, **changed}
    with pytest.raises(ValueError, match=message):
        route(Tensor(settings.pop("scores")), **settings)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"top": 2.5}, "route: top must be one integer, got 2.5"),
        ({"top": True}, "route: top must be one integer, got True"),
        ({"capacity": 1.5}, "route: capacity must be one integer, got 1.5"),
        ({"capacity": np.nan}, "route: capacity must be one integer, got nan"),
        ({"capacity": 1, "groups": 2.0}, "route: groups must be one integer, got 2.0"),
    ],
)
def test_numbers_that_are_not_whole_are_refused(changed, message):
    with pytest.raises(TypeError, match=message):
        route(Tensor(SCORES), **{"top": 2, **changed})


@pytest.mark.parametrize("wrong", [{"tokens": -1}, {"n_experts": 0}, {"top": 0}])
def test_counts_that_are_none_have_no_capacity(wrong):
    with pytest.raises(ValueError, match="capacity: needs tokens of at least 0, an expert and a"):
        capacity_of(**{"tokens": 8, "n_experts": 4, "top": 1, "factor": 1.0, **wrong})


@pytest.mark.parametrize("factor", [0.0, -1.0, np.nan, np.inf])
def test_a_factor_without_a_place_is_refused(factor):
    with pytest.raises(ValueError, match="factor must be above 0 and finite"):
        capacity_of(8, 4, top=1, factor=factor)
