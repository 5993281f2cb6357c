"""Occlusion: what a planted score loses with each token."""

import numpy as np
import pytest

from minillm.models.attribution import occlusion

IDS = np.array([[1, 5, 2], [5, 5, 1]])


@pytest.mark.guide("G52")
def test_a_token_has_what_the_score_loses_without_it_and_a_double_has_nothing():
    """The score says whether a 5 stands somewhere: of two of them each can stand in."""
    found = occlusion(lambda ids: (ids == 5).any(axis=1).astype(float), IDS, neutral=0)
    np.testing.assert_array_equal(found, [[0, 1, 0], [0, 0, 0]])
    np.testing.assert_array_equal(IDS, [[1, 5, 2], [5, 5, 1]])


def test_of_a_sum_each_token_has_its_own_part():
    found = occlusion(lambda ids: ids.sum(axis=1).astype(float), IDS, neutral=3)
    np.testing.assert_array_equal(found, IDS - 3.0)


@pytest.mark.parametrize("shape", [(3,), (0, 3), (2, 0)])
def test_empty_texts_have_nothing_to_lose(shape):
    with pytest.raises(ValueError, match=r"occlusion: ids must be \(texts, tokens\)"):
        occlusion(lambda ids: ids, np.zeros(shape, dtype=int), neutral=0)


def test_a_score_must_be_one_number_for_each_text():
    with pytest.raises(ValueError, match=r"one number for each of 2 texts, got \(2, 3\)"):
        occlusion(lambda ids: ids, IDS, neutral=0)


def test_a_neutral_token_that_is_none_is_not_cut_to_one():
    for neutral in (1.5, 1.0, "1"):
        with pytest.raises(TypeError, match="occlusion: neutral must be a token id, got"):
            occlusion(lambda ids: ids[:, 0], IDS, neutral=neutral)


def test_lists_are_texts_too():
    def score(ids):
        return ids.sum(axis=1)

    np.testing.assert_array_equal(occlusion(score, IDS.tolist(), neutral=0), IDS)
    with pytest.raises(TypeError, match="token ids must be integers"):
        occlusion(score, IDS * 1.0, neutral=0)
