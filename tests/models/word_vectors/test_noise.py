"""Negatives come as often as their counts to the power say; frequent words are thinned out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.models.word_vectors.noise import Noise, noise_probabilities
from minillm.models.word_vectors.subsampling import keep_probabilities

COUNTS = np.array([100, 0, 1, 16, 81, 0])  # to the power 3/4: 31.6, 1, 8 and 27


@pytest.mark.guide("G9")
@pytest.mark.errata("A44")
def test_probabilities_are_counts_to_the_power_three_quarters():
    found = noise_probabilities(COUNTS)
    assert found.sum() == pytest.approx(1, abs=1e-15)
    np.testing.assert_allclose(found[[2, 3, 4]] / found[2], [1, 8, 27], rtol=1e-14)
    assert found[0] / found[2] == pytest.approx(31.6, abs=0.03)
    assert found[[1, 5]].tolist() == [0, 0]
    np.testing.assert_allclose(noise_probabilities(COUNTS, 1.0), COUNTS / 198, rtol=1e-14)
    assert noise_probabilities(COUNTS, 0.0)[[0, 2]] == pytest.approx([0.25, 0.25])


def chi_square(drawn, expected):
    """Sum of (O - E)² / E, which has the mean and twice the variance of its degrees of freedom."""
    return ((drawn - expected) ** 2 / expected).sum()


@pytest.mark.guide("G9")
@pytest.mark.parametrize("power", [0.75, 1.0])
def test_drawn_words_have_these_frequencies_by_chi_square(power):
    """With 199 degrees of freedom χ² is beyond 260 in one of 400 runs; of another power far off."""
    counts = np.arange(1, 201) ** 2
    n = 200_000
    drawn = Noise(counts, power).draw((n // 5, 5), np.random.default_rng(0))
    assert drawn.shape == (n // 5, 5)
    seen = np.bincount(drawn.ravel(), minlength=200)
    assert chi_square(seen, n * noise_probabilities(counts, power)) < 260
    other = 1.0 if power == 0.75 else 0.75
    assert chi_square(seen, n * noise_probabilities(counts, other)) > 5000


@pytest.mark.guide("G9")
def test_neighbouring_draws_do_not_depend_on_each_other():
    pairs = Noise(np.ones(4, int)).draw((40_000, 2), np.random.default_rng(1))
    seen = np.bincount(pairs[:, 0] * 4 + pairs[:, 1], minlength=16)
    assert chi_square(seen, np.full(16, 2500.0)) < 38  # 15 degrees of freedom


def test_words_that_do_not_occur_are_never_drawn_also_at_the_ends():
    drawn = Noise(np.array([0, 0, 3, 0, 5, 0])).draw((10_000,), np.random.default_rng(0))
    assert np.unique(drawn).tolist() == [2, 4]

    class Extreme:
        def random(self, shape):
            return np.array([0.0, np.nextafter(1.0, 0.0)])

    assert Noise(np.array([0, 7, 1, 1, 0])).draw((2,), Extreme()).tolist() == [1, 3]


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ([5], "at least two words that occur, got 1 of 1"),
        ([], "at least two words that occur, got 0 of 0"),
        ([0, 9, 0], "at least two words that occur, got 1 of 3"),
        ([3, -1], "numbers of at least 0"),
        ([[1, 2]], "numbers of at least 0"),
    ],
)
def test_counts_that_no_noise_can_be_made_of_are_refused(counts, message):
    with pytest.raises(ValueError, match=message):
        Noise(counts)


def test_other_bad_input_is_refused():
    with pytest.raises(TypeError, match="counts must be integers"):
        Noise([0.5, 0.5])
    with pytest.raises(ValueError, match="noise_power must be a number"):
        Noise([1, 2], np.nan)


@pytest.mark.guide("G9")
def test_frequent_words_are_kept_by_the_root_of_threshold_over_frequency():
    counts = np.array([9000, 900, 99, 1, 0])
    found = keep_probabilities(counts, 1e-2)
    np.testing.assert_allclose(found, [0.9**-0.5 / 10, 0.09**-0.5 / 10, 1, 1, 1], rtol=1e-12)
    assert keep_probabilities(counts, None).tolist() == [1] * 5


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=9), st.floats(1e-9, 10.0))
def test_what_is_kept_is_a_probability_that_falls_with_the_frequency(counts, threshold):
    counts = np.sort(counts)
    found = keep_probabilities(counts, threshold)
    assert (found > 0).all() and (found <= 1).all() and (np.diff(found) <= 0).all()


@pytest.mark.parametrize("threshold", [0.0, -1e-3, np.nan, np.inf])
def test_a_threshold_that_is_none_is_refused(threshold):
    with pytest.raises(ValueError, match="subsample must be a number above 0"):
        keep_probabilities(np.array([1]), threshold)
