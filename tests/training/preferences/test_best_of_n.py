"""Best-of-n: its distribution and distance against counting everything out, and the bound."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.training.preferences import best_of_n, best_of_n_bound, best_of_n_kl

RANKS = st.lists(st.integers(0, 3), min_size=1, max_size=6)


def drawn(ranks, seed):
    """A random distribution over answers of these rewards, a few of them nearly impossible."""
    logits = 4 * np.random.default_rng(seed).standard_normal(len(ranks))
    p = np.exp(logits)
    return p / p.sum(), np.array(ranks, dtype=float)


def counted_out(p, rewards, n):
    """Every way of drawing n answers; among the best of them, one is kept by lot."""
    kept = np.zeros(len(p))
    for draws in itertools.product(range(len(p)), repeat=n):
        best = [a for a in draws if rewards[a] == rewards[list(draws)].max()]
        for a in best:
            kept[a] += np.prod(p[list(draws)]) / len(best)
    return kept


@given(RANKS, st.integers(0, 99), st.integers(1, 4))
def test_it_is_what_counting_out_says_with_ties(ranks, seed, n):
    p, rewards = drawn(ranks, seed)
    expected = counted_out(p, rewards, n)
    np.testing.assert_allclose(best_of_n(p, rewards, n), expected, rtol=1e-9, atol=1e-15)
    kl = np.sum(expected * np.log(expected / p))
    assert best_of_n_kl(p, rewards, n) == pytest.approx(kl, rel=1e-9, abs=1e-12)


@given(RANKS, st.integers(0, 99), st.integers(1, 100_000))
def test_the_distance_is_at_most_the_bound_and_at_most_that_of_the_best_answers(ranks, seed, n):
    p, rewards = drawn(ranks, seed)
    kl = best_of_n_kl(p, rewards, n)
    assert -1e-12 <= kl <= best_of_n_bound(n) + 1e-9
    assert kl <= -np.log(p[rewards == rewards.max()].sum()) + 1e-9
    assert best_of_n(p, rewards, n).sum() == pytest.approx(1.0, abs=1e-9)


def test_the_bound_is_reached_where_no_answer_is_drawn_twice_and_not_where_answers_are_few():
    many = np.full(1_000_000, 1e-6)
    assert best_of_n_kl(many, np.arange(1e6), 16) == pytest.approx(best_of_n_bound(16), abs=1e-3)
    few = best_of_n_kl(np.full(2, 0.5), np.arange(2.0), 16)
    assert few == pytest.approx(np.log(2), abs=1e-3) and best_of_n_bound(16) > 1.8


def test_one_draw_is_the_base_and_equal_rewards_change_nothing(rng):
    p, _ = drawn([0] * 5, 3)
    np.testing.assert_allclose(best_of_n(p, rng.standard_normal(5), 1), p, rtol=1e-12)
    np.testing.assert_allclose(best_of_n(p, np.ones(5), 1000), p, rtol=1e-9)
    assert best_of_n_kl(p, np.ones(5), 1000) == pytest.approx(0.0, abs=1e-9)
    assert best_of_n_bound(1) == 0.0


def test_the_mean_of_the_best_of_16_normals_is_known():
    """1.766: the expected largest of 16 standard normals."""
    rewards = np.random.default_rng(0).standard_normal(400_000)
    p = np.full(len(rewards), 1 / len(rewards))
    assert best_of_n(p, rewards, 16) @ rewards == pytest.approx(1.766, abs=0.01)


def test_a_large_n_keeps_the_best_answer_also_where_it_is_rare():
    p = np.array([1 - 1e-12, 1e-12])
    kept = best_of_n(p, np.array([0.0, 1.0]), 10**6)
    assert kept[1] == pytest.approx(1e-6, rel=1e-5)


def test_an_answer_without_probability_is_never_kept():
    p, rewards = np.array([0.0, 0.5, 0.0, 0.5, 0.0]), np.arange(5.0)
    np.testing.assert_allclose(best_of_n(p, rewards, 2), [0, 0.25, 0, 0.75, 0], rtol=1e-12)
    assert np.isfinite(best_of_n_kl(p, rewards, 2))


@pytest.mark.parametrize(
    ("p", "rewards", "n", "message"),
    [
        ([0.5, 0.5], [1.0, np.nan], 2, "reward nan at position \\(1,\\) is not a finite number"),
        ([0.5, 0.5], [np.inf, 0.0], 2, "reward inf at position \\(0,\\)"),
        ([0.5, 0.5], [1.0], 2, r"rewards are \(1,\), one for each of \(2,\)"),
        ([0.5, 0.6], [0.0, 1.0], 2, "sum to 1, got a least of 0.5 and a sum of 1.1"),
        ([-0.5, 1.5], [0.0, 1.0], 2, "at least 0 and sum to 1, got a least of -0.5"),
        ([[1.0]], [[0.0]], 2, r"must be \(A,\) with an answer at least"),
        ([0.5, 0.5], [0.0, 1.0], 0, "n must be at least 1, got 0"),
    ],
)
def test_what_cannot_be_drawn_from_is_refused(p, rewards, n, message):
    for function in (best_of_n, best_of_n_kl):
        with pytest.raises(ValueError, match=message):
            function(np.array(p), np.array(rewards), n)
