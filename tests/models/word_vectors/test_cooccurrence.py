"""Counts of words that stand near each other, against a loop over all pairs of places."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.models.word_vectors import Cooccurrences, Window, count_cooccurrences

texts = st.lists(st.lists(st.integers(0, 4), max_size=7), min_size=1, max_size=6).filter(
    lambda rows: max(map(len, rows)) > 1
)
windows = st.builds(Window, st.integers(1, 9), st.booleans(), st.booleans())


def by_loops(sentences, size, window):
    x = np.zeros((size, size))
    for row in sentences:
        for s, i in enumerate(row):
            for t, j in enumerate(row):
                ahead = t - s if not window.symmetric else abs(s - t)
                if 0 < ahead <= window.size:
                    x[i, j] += 1 / ahead if window.by_distance else 1
    return x


@pytest.mark.guide("G10")
@given(texts, windows, st.sampled_from([1, 3, 1000]))
def test_counts_are_those_of_a_loop_in_chunks_of_any_size(sentences, window, chunk):
    found = count_cooccurrences(sentences, 6, window, chunk=chunk)
    np.testing.assert_allclose(found.dense(), by_loops(sentences, 6, window), atol=1e-12)
    keys = found.rows * 6 + found.columns
    assert np.all(np.diff(keys) > 0) and np.all(found.counts > 0)
    assert len(keys) == np.count_nonzero(found.dense())


def test_a_small_text_by_hand():
    """a b c | b a: beside each other 1, two apart 1/2, and nothing across the border."""
    x = count_cooccurrences([[0, 1, 2], [1, 0]], 3).dense()
    assert x.tolist() == [[0, 2, 0.5], [2, 0, 1], [0.5, 1, 0]]
    x = count_cooccurrences([[0, 1, 2], [1, 0]], 3, Window(symmetric=False)).dense()
    assert x.tolist() == [[0, 1, 0.5], [1, 0, 1], [0, 0, 0]]
    x = count_cooccurrences([[0, 0, 0]], 1, Window(1, by_distance=False)).dense()
    assert x.tolist() == [[4]]  # of three places two have one neighbour and one has two


def test_a_table_becomes_its_cells(rng):
    table = rng.poisson(0.7, (5, 5)).astype(float)
    np.testing.assert_array_equal(Cooccurrences.of_dense(table).dense(), table)
    for wrong, message in (
        (np.ones((2, 3)), "square table"),
        (np.zeros((2, 2)), "not all 0"),
        (-np.ones((2, 2)), "not negative"),
        (np.full((2, 2), np.nan), "finite"),
    ):
        with pytest.raises(ValueError, match=message):
            Cooccurrences.of_dense(wrong)


@pytest.mark.parametrize(
    ("sentences", "size", "error", "message"),
    [
        ([], 3, ValueError, "no sentence has two words"),
        ([[1], [], [2]], 3, ValueError, "no sentence has two words"),
        ([[1, 2]], 0, ValueError, "must be at least 1, got 0"),
        ([[0, 1], [0, 3]], 3, IndexError, r"sentence 1: token id 3 at position \(1,\)"),
        ([[0, -1]], 3, IndexError, "sentence 0: token id -1"),
        ([[0.0, 1.0]], 3, TypeError, "sentence 0: token ids must be integers"),
        ([[[0, 1]]], 3, ValueError, r"sentence 0 must be a row of ids, got shape \(1, 2\)"),
    ],
)
def test_what_cannot_be_counted_is_refused(sentences, size, error, message):
    with pytest.raises(error, match=message):
        count_cooccurrences(sentences, size)


@pytest.mark.parametrize("size", [0, -1, 2.5, True])
def test_a_window_has_at_least_one_place(size):
    with pytest.raises((ValueError, TypeError), match=r"size must be (an integer|at least 1)"):
        Window(size)
