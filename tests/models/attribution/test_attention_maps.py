"""Attention maps: rolled out by paths, and read where the classifier reads."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.models.attribution import looked_at, mean_attention, rollout
from tests.models.small_bert import IDS, MASK, small_bert


def weights(seed, layers=3, length=3):
    rng = np.random.default_rng(seed)
    return [rng.dirichlet(np.ones(length), size=(2, 2, length)) for _ in range(layers)]


@pytest.mark.guide("G52")
@given(st.integers(0, 99))
def test_rollout_is_the_sum_over_all_paths(seed):
    """By enumeration: a step of a path stays with 1/2, or goes where a mean head looks."""
    given_weights = weights(seed)
    found = rollout(given_weights)
    np.testing.assert_allclose(found.sum(axis=-1), 1.0)
    for end, start in itertools.product(range(3), repeat=2):
        total = 0.0
        for a, b in itertools.product(range(3), repeat=2):
            steps = zip(given_weights, (start, a, b), (a, b, end), strict=True)
            total += np.prod([w[0, :, to, at].mean() / 2 + (at == to) / 2 for w, at, to in steps])
        assert found[0, end, start] == pytest.approx(total)


def test_heads_that_look_only_at_themselves_move_nothing():
    stay = [np.broadcast_to(np.eye(4), (1, 2, 4, 4))] * 5
    np.testing.assert_array_equal(rollout(stay)[0], np.eye(4))


def test_what_a_bert_looks_at_is_read_at_its_first_real_token_and_not_at_padding():
    maps = mean_attention([*small_bert().eval().attention_weights(IDS, MASK)])
    row = looked_at(maps, MASK)
    np.testing.assert_array_equal(row, maps[:, 0])
    np.testing.assert_array_equal(row[1, 3:], 0.0)
    np.testing.assert_allclose(looked_at(maps, MASK, "mean")[1], maps[1, :3].mean(axis=0))
    np.testing.assert_array_equal(looked_at(maps, MASK, "last")[1], maps[1, 2])


def test_what_are_no_maps_is_refused():
    with pytest.raises(
        ValueError, match=r"rollout: weights must be .* at least one layer, got \[\]"
    ):
        rollout([])
    with pytest.raises(ValueError, match="mean_attention: weights must be"):
        mean_attention([np.zeros((1, 2, 3, 4))])
    with pytest.raises(ValueError, match="rollout: weights must be"):
        rollout([*weights(0), *weights(0, length=4)])
    with pytest.raises(ValueError, match=r"mask \(texts, T\), got \(2, 3, 3\) and \(2, 4\)"):
        looked_at(np.zeros((2, 3, 3)), np.ones((2, 4), dtype=bool))
    with pytest.raises(ValueError, match="pooling must be one of"):
        looked_at(np.zeros((2, 3, 3)), np.ones((2, 3), dtype=bool), "max")
