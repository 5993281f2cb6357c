"""How weights changed: spaces, shares and ranks, against matrices made for it."""

import numpy as np
import pytest

from minillm.labs.few_examples import copy_of
from minillm.labs.small_gpt import GptSizes, new_gpt
from minillm.labs.weight_changes import columns, measures, share_inside, with_rank

NAMES = ("value", "outer")


@pytest.fixture
def pair(rng):
    """A GPT, and a copy whose values changed by rank 2 and whose outer layers by rank 1."""
    before = new_gpt(
        GptSizes(width=8, n_layers=2, n_heads=2), vocabulary_size=9, max_length=6, seed=0
    )
    after = copy_of(before, rng)
    for block in after.blocks:
        for layer, rank in ((block.attention.value, 2), (block.feed_forward.outer, 1)):
            n, m = layer.weight.shape
            u, v = (np.linalg.qr(rng.standard_normal((k, rank)))[0] for k in (n, m))
            layer.weight.data = layer.weight.data + (3.0 * u @ v.T).astype(np.float32)
        block.attention.query.weight.data = 2.0 * block.attention.query.weight.data
    return before, after


def test_the_column_space_holds_its_share_of_the_energy(rng):
    u, v = (np.linalg.qr(rng.standard_normal((9, 3)))[0] for _ in range(2))
    matrix = u * [3.0, 2.0, 1.0] @ v.T  # energies 9, 4 and 1 of 14
    for energy, size in ((0.6, 1), (0.7, 2), (0.95, 3)):
        basis = columns(matrix, energy)
        np.testing.assert_allclose(np.abs(basis.T @ u[:, :size]), np.eye(size), atol=1e-12)


def test_what_lies_inside_outside_and_by_chance(rng):
    w = np.zeros((8, 8))
    w[:2] = rng.standard_normal((2, 8))
    inside, across = np.zeros((8, 8)), np.zeros((8, 8))
    inside[0, 3], across[5, 3] = 2.0, 1.0
    assert share_inside(inside, w, 0.9999) == pytest.approx((1.0, 0.25))
    assert share_inside(across, w, 0.9999) == pytest.approx((0.0, 0.25))
    assert share_inside(inside + across, w, 0.9999)[0] == pytest.approx(0.8)
    drawn = [share_inside(rng.standard_normal((8, 8)), w, 0.9999)[0] for _ in range(400)]
    assert np.mean(drawn) == pytest.approx(0.25, abs=0.02)


def test_the_measures_of_planted_changes(pair):
    found = measures(*pair, NAMES, 0.9)
    assert found.shape == (4, 4)
    ranks = found[:, 0].tolist()
    assert sorted(ranks) == [1, 1, 2, 2]
    before, after = pair
    first = before.blocks[0].attention.value.weight.data
    change = after.blocks[0].attention.value.weight.data - first
    size = np.linalg.norm(change) / np.linalg.norm(first)
    np.testing.assert_allclose(found[0], [2, *share_inside(change, first, 0.9), size])
    with np.errstate(invalid="ignore"):
        assert np.isfinite(found).all()


def test_a_change_cut_to_its_rank_is_whole_and_below_it_the_best_there_is(pair):
    before, after = pair
    whole, none, one = (with_rank(before, after, NAMES, k) for k in (2, 0, 1))
    for i, block in enumerate(after.blocks):
        for cut, expected in ((whole, block), (none, before.blocks[i])):
            value = cut.blocks[i].attention.value.weight.data
            np.testing.assert_allclose(value, expected.attention.value.weight.data, atol=1e-5)
            query = cut.blocks[i].attention.query.weight.data  # is not named: as it is behind
            np.testing.assert_array_equal(query, block.attention.query.weight.data)
        left = one.blocks[i].attention.value.weight.data - block.attention.value.weight.data
        assert np.linalg.norm(left) == pytest.approx(3.0, rel=1e-4)
        outer = one.blocks[i].feed_forward.outer.weight.data
        np.testing.assert_allclose(outer, block.feed_forward.outer.weight.data, atol=1e-5)
