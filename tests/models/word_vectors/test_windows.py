"""Sentences and windows, against a loop over words."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.models.word_vectors import Sentences
from minillm.models.word_vectors.windows import drawn_windows, expected_pairs, neighbours, pairs
from minillm.text import Vocabulary

SOME = st.lists(st.lists(st.integers(0, 5), max_size=6), min_size=1, max_size=5).filter(
    lambda rows: max(map(len, rows)) >= 2
)


def by_loops(rows, reach):
    """Every pair (centre, context), place by place."""
    found, place = [], 0
    for row in rows:
        for t, word in enumerate(row):
            near = range(t - reach[place], t + reach[place] + 1)
            found += [(word, row[j]) for j in near if j != t and 0 <= j < len(row)]
            place += 1
    return found


@pytest.mark.guide("G9")
@given(SOME, st.integers(0, 99))
def test_pairs_are_those_of_a_loop_and_none_crosses_a_sentence(rows, seed):
    text = Sentences.of_ids(rows, 6)
    reach = np.random.default_rng(seed).integers(1, 4, size=len(text.ids))
    centres, contexts = pairs(text, reach)
    assert [*zip(centres.tolist(), contexts.tolist(), strict=True)] == by_loops(rows, reach)


def test_places_beside_a_place_by_hand():
    text = Sentences.of_ids([[5, 6, 7], [8, 9]], 10)
    places, there = neighbours(text, np.array([1, 2, 1, 2, 2]))
    seen = [row[mask].tolist() for row, mask in zip(places, there, strict=True)]
    assert seen == [[1], [0, 2], [1], [4], [3]]
    assert places.shape == there.shape == (5, 4)


@pytest.mark.guide("G9")
def test_a_window_is_drawn_from_1_to_its_size_with_equal_probability():
    drawn = drawn_windows(60_000, 4, np.random.default_rng(0))
    seen = np.bincount(drawn, minlength=6)
    assert seen[[0, 5]].tolist() == [0, 0]
    assert ((seen[1:5] - 15_000) ** 2 / 15_000).sum() < 16  # χ², 3 degrees of freedom


@given(SOME, st.integers(1, 3))
def test_expected_pairs_weigh_a_distance_by_how_often_it_is_seen(rows, window):
    wanted = np.zeros((6, 6))
    for row in rows:
        for t, word in enumerate(row):
            for j, other in enumerate(row):
                if 0 < abs(t - j) <= window:
                    wanted[word, other] += (window - abs(t - j) + 1) / window
    np.testing.assert_allclose(expected_pairs(Sentences.of_ids(rows, 6), window), wanted)


@pytest.mark.parametrize("reach", [[1, 0], [1], [1, 1, 1]])
def test_windows_of_nothing_are_refused(reach):
    with pytest.raises(ValueError, match="windows must be 2 numbers of at least 1"):
        pairs(Sentences.of_ids([[0, 1]], 2), np.array(reach))


def test_unknown_words_are_left_out_and_special_ones_are_never_meant():
    vocabulary = Vocabulary(["a", "b", "c"])
    words = [["a", "zebra", "b"], [], ["[MASK]", "c"], ["c", "c"]]
    text = Sentences.of_words(words, vocabulary)
    assert vocabulary.decode(text.ids) == ["a", "b", "c", "c", "c"]
    assert text.sentence.tolist() == [0, 0, 2, 3, 3]
    assert text.counts[vocabulary.encode(["a", "b", "c"])].tolist() == [1, 1, 3]
    assert text.vocabulary_size == len(vocabulary) == len(text.counts)
    with pytest.raises(TypeError, match="tokenize it first"):
        Sentences.of_words(["a text"], vocabulary)


@pytest.mark.parametrize(
    ("rows", "size", "error", "message"),
    [
        ([], 3, ValueError, "no sentence has two words, .* got 0 sentences, the longest of 0"),
        ([[1], [], [2]], 3, ValueError, "got 3 sentences, the longest of 1"),
        ([[0, 1]], 0, ValueError, "the vocabulary must have at least 1 word, got 0"),
        ([[0, 1], [1, 3]], 3, IndexError, r"sentence 1: token id 3 at position \(1,\)"),
        ([[0, -1]], 3, IndexError, "token id -1"),
        ([[0.5, 1.0]], 3, TypeError, "must be integers"),
        ([[[0, 1]]], 3, ValueError, r"sentence 0 must be a row of ids, got \(1, 2\)"),
    ],
)
def test_bad_sentences_are_refused(rows, size, error, message):
    with pytest.raises(error, match=message):
        Sentences.of_ids(rows, size)


def test_some_short_sentences_are_fine():
    text = Sentences.of_ids([[1], [0, 1], []], 2)
    assert text.ids.tolist() == [1, 0, 1] and text.sentence.tolist() == [0, 1, 1]
