"""Scores of heads that look for what came before: of planted weights they are exact."""

import numpy as np
import pytest

from minillm.models.attribution import (
    gpt_attention_weights,
    induction_scores,
    previous_token_scores,
)
from tests.models.small_gpt import small_gpt

IDS = np.array([[7, 3, 5, 7, 3, 7]])


def looking(places):
    """One layer with one head that looks, at each position, at one place."""
    weights = np.zeros((1, 1, 6, 6))
    weights[0, 0, np.arange(6), places] = 1.0
    return [weights]


@pytest.mark.guide("G52")
def test_a_head_that_looks_behind_the_same_token_has_one_and_others_what_they_hit():
    """Positions 3, 4 and 5 stand at a token that stood before; behind 7 are 1 and 4."""
    assert induction_scores(looking([0, 0, 0, 1, 2, 4]), IDS).item() == 1.0
    assert induction_scores(looking([0, 0, 0, 1, 2, 1]), IDS).item() == 1.0
    assert induction_scores(looking([0, 0, 0, 0, 1, 3]), IDS).item() == 0.0  # at the same token
    assert induction_scores(looking([0, 0, 0, 1, 0, 0]), IDS).item() == pytest.approx(1 / 3)


def test_a_head_that_looks_at_the_token_before_has_one():
    assert previous_token_scores(looking([0, 0, 1, 2, 3, 4]), IDS).item() == 1.0
    assert previous_token_scores(looking([0, 0, 1, 2, 0, 0]), IDS).item() == pytest.approx(3 / 5)


@pytest.mark.parametrize("style", ["gpt2", "llama"])
def test_the_weights_of_a_gpt_are_causal_and_every_head_has_a_score(style):
    ids = np.array([[2, 7, 2, 7, 3]])
    maps = gpt_attention_weights(small_gpt(style).eval(), ids)
    assert [one.shape for one in maps] == [(1, 3, 5, 5)] * 2
    for one in maps:
        np.testing.assert_allclose(one.sum(axis=-1), 1.0)
        assert not one[..., np.triu(np.ones((5, 5), dtype=bool), 1)].any()
    expected = (maps[1][0, 2, 2, 1] + maps[1][0, 2, 3, 2]) / 2  # 2 stood at 0, and 7 at 1
    assert induction_scores(maps, ids)[1, 2] == pytest.approx(expected)


def test_texts_in_which_nothing_comes_again_have_no_score():
    weights = looking([0, 0, 1, 2, 3, 4])
    with pytest.raises(ValueError, match="no token of these texts stood before"):
        induction_scores(weights, np.arange(6)[None])
    with pytest.raises(ValueError, match=r"induction_scores: ids must be \(1, 6\)"):
        induction_scores(weights, IDS[:, :5])
    with pytest.raises(ValueError, match="previous_token_scores: weights must be"):
        previous_token_scores([], IDS)
    with pytest.raises(ValueError, match="needs texts of at least 2 tokens"):
        previous_token_scores([np.ones((1, 1, 1, 1))], np.zeros((1, 1), dtype=int))
