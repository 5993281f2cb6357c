"""Intervals of shares by known values and by how often they cover, and those of drawing again."""

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.tasks.metrics import (
    Shares,
    bootstrap_interval,
    newcombe_interval,
    wilson_interval,
)


def test_the_ends_solve_the_equation_of_the_score_test():
    """Independent truth: at both ends |k/n - p| is z standard deviations of p itself."""
    k, n = np.array([0, 1, 7, 20]), np.array([10, 10, 21, 20])
    found = wilson_interval(k, n, level=0.95)
    for end in (found.low, found.high):
        inside = (end > 0) & (end < 1)
        distance = (k / n - end)[inside] ** 2 * n[inside] / (end * (1 - end))[inside]
        np.testing.assert_allclose(distance, 1.959964**2, rtol=1e-5)
    np.testing.assert_allclose(found.value, k / n)
    assert found.low[0] == 0 and found.high[3] == 1
    assert found.high[0] == pytest.approx(0.27753, abs=1e-5)  # z² / (n + z²)


def test_it_covers_about_as_often_as_it_says():
    """Independent truth: all outcomes with their binomial probabilities."""
    n, p = 30, 0.2
    found = wilson_interval(np.arange(n + 1), np.full(n + 1, n), level=0.9)
    chance = np.array([comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)])
    assert chance[(found.low <= p) & (p <= found.high)].sum() == pytest.approx(0.9, abs=0.04)


def test_a_share_of_nothing_is_no_number_and_may_be_any():
    found = wilson_interval(np.array([0]), np.array([0]), level=0.95)
    assert np.isnan(found.value[0]) and (found.low[0], found.high[0]) == (0, 1)


@given(st.integers(1, 40), st.integers(1, 40), st.data())
def test_the_interval_of_a_difference_turns_with_it_and_has_it_inside(n, m, data):
    k = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
    shares = wilson_interval(np.array(k), np.array([n, m]), level=0.95)
    low, high = newcombe_interval(shares)
    assert -1 - 1e-9 <= low <= k[0] / n - k[1] / m <= high <= 1 + 1e-9
    assert high - low > 0.1  # never of width 0
    turned = newcombe_interval(Shares(*(part[::-1] for part in shares)))
    np.testing.assert_allclose(turned, (-high, -low), atol=1e-12)


def test_the_example_of_the_source():
    """56 of 70 and 48 of 80: method 10 of Newcombe gives 0.0524 to 0.3339."""
    shares = wilson_interval(np.array([56, 48]), np.array([70, 80]), level=0.95)
    np.testing.assert_allclose(newcombe_interval(shares), (0.0524, 0.3339), atol=5e-5)


def test_drawn_again_the_mean_spreads_as_its_standard_error_says(rng):
    values = np.concatenate([rng.standard_normal(400), 5 + 2 * rng.standard_normal(100)])
    strata = np.repeat([0, 1], [400, 100])
    low, high = bootstrap_interval(
        lambda places: values[places][strata[places] == 1].mean(),
        strata,
        draws=2000,
        level=0.95,
        rng=rng,
    )
    of_stratum = values[strata == 1]
    half = 1.96 * of_stratum.std() / 10
    np.testing.assert_allclose((low, high), of_stratum.mean() + half * np.array([-1, 1]), atol=0.06)


def test_each_stratum_is_drawn_as_often_as_it_is_there(rng):
    strata = np.array([3, 1, 3, 1, 1])
    seen = []
    bootstrap_interval(
        lambda places: seen.append(np.sort(strata[places]).tolist()) or 0.0,
        strata,
        draws=20,
        level=0.5,
        rng=rng,
    )
    assert seen == [[1, 1, 1, 3, 3]] * 20


@pytest.mark.parametrize(
    ("hits", "n", "level", "says"),
    [
        ([3], [2], 0.95, r"from 0 to n, got \[3\.\] of \[2\.\]"),
        ([-1], [2], 0.95, "from 0 to n"),
        ([1, 1], [2], 0.95, "must be \\(G,\\)"),
        ([1], [2], 1.0, r"level must be between 0 and 1, got 1\.0"),
    ],
)
def test_what_is_no_share_is_refused(hits, n, level, says):
    with pytest.raises(ValueError, match=f"wilson_interval: .*{says}"):
        wilson_interval(np.array(hits), np.array(n), level=level)


def test_what_cannot_be_drawn_again_or_compared_is_refused(rng):
    for strata, draws in (([0, 0, 1], 9), ([], 9), ([0, 0], 1), ([[0, 0]], 9)):
        with pytest.raises(ValueError, match="bootstrap_interval: needs a row of strata"):
            bootstrap_interval(np.mean, np.array(strata), draws=draws, level=0.9, rng=rng)
    with pytest.raises(ValueError, match="bootstrap_interval: level"):
        bootstrap_interval(np.mean, np.array([0, 0]), draws=9, level=95, rng=rng)
    with pytest.raises(ValueError, match="newcombe_interval: needs two shares"):
        newcombe_interval(wilson_interval(np.array([1, 0]), np.array([2, 0]), level=0.9))


@pytest.mark.parametrize(("hits", "n"), [([1.5], [3]), ([1], [2.5]), ([1], [np.inf])])
def test_shares_of_what_is_not_whole_are_refused(hits, n):
    with pytest.raises(ValueError, match="wilson_interval: hits and n must be whole"):
        wilson_interval(np.array(hits), np.array(n), level=0.95)


def test_a_statistic_without_a_number_and_a_generator_that_is_none_are_refused(rng):
    """Two of four draws or so miss a place, and the statistic then has no number."""

    def lost(places):
        return np.nan if 0 not in places else 1.0

    with pytest.raises(ValueError, match=r"bootstrap_interval: the statistic .* NaN of \d+ of 50"):
        bootstrap_interval(lost, [0, 0, 0], draws=50, level=0.9, rng=rng)
    with pytest.raises(TypeError, match="rng must be a"):
        bootstrap_interval(len, np.zeros(3), draws=5, level=0.9, rng=None)
