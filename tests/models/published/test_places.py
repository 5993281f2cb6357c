"""How a parameter lies in a published array: every way there has its way back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.autograd import Tensor
from minillm.models.published.places import (
    Place,
    halves_of_neighbours,
    neighbours_of_halves,
    place_of,
)
from minillm.nn import RotaryPositions


def test_neighbours_and_halves_by_hand():
    halves = np.array([["a0"], ["a1"], ["b0"], ["b1"], ["c0"], ["c1"], ["d0"], ["d1"]])
    ours = neighbours_of_halves(halves, 4)  # two heads of four features
    assert ours[:, 0].tolist() == ["a0", "b0", "a1", "b1", "c0", "d0", "c1", "d1"]
    assert np.array_equal(halves_of_neighbours(ours, 4), halves)


def test_turning_neighbours_is_turning_halves():
    rng = np.random.default_rng(3)
    q, k = rng.standard_normal((2, 5, 6))  # (T, K)
    angles = np.arange(5)[:, None] / 10_000 ** (np.arange(3) / 3)  # (T, K/2)
    cosine, sine = (np.tile(f(angles), 2) for f in (np.cos, np.sin))

    def turned_halves(x):  # as the released program of Llama has it
        return x * cosine + np.concatenate([-x[:, 3:], x[:, :3]], axis=1) * sine

    turn = RotaryPositions(5, 6)
    mine = [turn(Tensor(neighbours_of_halves(x.T, 6).T)).data for x in (q, k)]
    assert np.allclose(mine[0] @ mine[1].T, turned_halves(q) @ turned_halves(k).T, atol=1e-12)


@given(
    st.booleans(),
    st.integers(1, 3),
    st.booleans(),
    st.integers(1, 3),
    st.integers(1, 4),
    st.integers(1, 5),
)
def test_what_is_written_is_read_again(transposed, parts, halves, heads, half, inputs):
    halves = halves and parts == 1
    rng = np.random.default_rng(0)
    places = [
        Place("x", transposed=transposed, part=i, parts=parts, halves=halves) for i in range(parts)
    ]
    ours = [rng.standard_normal((heads * 2 * half, inputs)) for _ in places]
    published = places[0].write(ours, 2 * half)
    assert published.shape == places[0].shape_of(ours[0].shape)
    assert published.flags.c_contiguous
    for place, array in zip(places, ours, strict=True):
        assert np.array_equal(place.read(published, 2 * half), array)


def test_a_part_is_a_view_and_no_copy():
    published = np.arange(18.0).reshape(3, 6)
    ours = Place("x", transposed=True, part=1, parts=3).read(published, 2)
    assert ours.tolist() == [[2, 8, 14], [3, 9, 15]]
    assert np.shares_memory(ours, published)


@pytest.mark.parametrize(
    ("ours", "published"),
    [
        ("blocks.11.attention.query.weight", "h.11.q.weight"),
        ("norm.bias", "last.bias"),
        ("bias", "top.bias"),
        ("blocks.1.other.weight", None),
    ],
)
def test_names(ours, published):
    table = {"blocks.#.attention.query": "h.#.q", "norm": Place("last"), "": "top"}
    found = place_of(ours, table)
    assert (found and found[0]) == published
