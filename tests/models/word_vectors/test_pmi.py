"""Where no dimension limits the scores, negative sampling ends at PMI - ln k."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.models.word_vectors import Sentences
from minillm.models.word_vectors.pmi import expected_loss, pmi
from minillm.models.word_vectors.windows import expected_pairs
from minillm.optim import minimize

pytestmark = pytest.mark.guide("G9")
WORDS = 5


def all_pairs(seed=0):
    """The pairs of a small text in which every two words stand beside each other."""
    ids = np.random.default_rng(seed).integers(WORDS, size=(40, 9))
    counts = expected_pairs(Sentences.of_ids(list(ids), WORDS), window=2)
    assert counts.min() > 0
    return counts


def test_pmi_by_hand():
    counts = np.array([[3.0, 1.0], [1.0, 3.0]])  # chance would have made each 2
    np.testing.assert_allclose(pmi(counts), np.log([[1.5, 0.5], [0.5, 1.5]]), rtol=1e-14)
    assert pmi(np.eye(2)).tolist() == [[np.log(2), -np.inf], [-np.inf, np.log(2)]]


@given(st.integers(0, 99))
def test_of_words_that_do_not_care_pmi_is_0(seed):
    rows, columns = np.random.default_rng(seed).random((2, 4)) + 0.1
    np.testing.assert_allclose(pmi(np.outer(rows, columns)), 0, atol=1e-12)


@given(st.integers(0, 99), st.integers(1, 9))
def test_the_slope_of_the_expected_loss_is_that_of_finite_differences(seed, k):
    rng = np.random.default_rng(seed)
    s, counts = rng.standard_normal((3, 4)), rng.random((3, 4)) + 0.1
    slope = expected_loss(s, counts, k)[1]
    for place in np.ndindex(s.shape):
        step = np.zeros_like(s)
        step[place] = 1e-5
        values = [expected_loss(s + sign * step, counts, k)[0] for sign in (1, -1)]
        assert (values[0] - values[1]) / 2e-5 == pytest.approx(slope[place], abs=1e-7)


@pytest.mark.errata("A45")
@pytest.mark.parametrize("negatives", [1, 5])
def test_tables_of_full_rank_end_at_pmi_minus_the_logarithm_of_k(negatives):
    """As many dimensions as words; found by descent from a random start, not put in."""
    counts, shape = all_pairs(), (2, WORDS, WORDS)

    def loss(flat):
        v, u = flat.reshape(shape)
        value, slope = expected_loss(v @ u.T, counts, negatives)
        return value, np.stack([slope @ u, slope.T @ v]).ravel()

    start = np.random.default_rng(1).standard_normal(2 * WORDS**2)
    v, u = minimize(loss, start, tolerance=1e-6, max_steps=5000).reshape(shape)
    wanted = pmi(counts) - np.log(negatives)
    np.testing.assert_allclose(v @ u.T, wanted, atol=1e-6)
    assert np.abs(expected_loss(wanted, counts, negatives)[1]).max() < 1e-12
    if negatives > 1:
        assert np.abs(v @ u.T - pmi(counts)).max() > 1.5  # the shift is there


@pytest.mark.errata("A45")
def test_two_dimensions_are_in_its_way():
    counts, shape = all_pairs(), (2, WORDS, 2)

    def loss(flat):
        v, u = flat.reshape(shape)
        value, slope = expected_loss(v @ u.T, counts, 5)
        return value, np.stack([slope @ u, slope.T @ v]).ravel()

    start = np.random.default_rng(1).standard_normal(4 * WORDS)
    v, u = minimize(loss, start, tolerance=1e-5, max_steps=3000).reshape(shape)
    assert np.abs(v @ u.T - (pmi(counts) - np.log(5))).max() > 0.01


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ([[1.0, -1.0]], "numbers of at least 0"),
        ([[1.0, np.nan]], "numbers of at least 0"),
        ([1.0, 2.0], r"must be \(V, C\)"),
        ([[1.0, 0.0], [1.0, 0.0]], "a word that is in no pair"),
    ],
)
def test_counts_without_a_pmi_are_refused(counts, message):
    with pytest.raises(ValueError, match=message):
        pmi(np.array(counts))
