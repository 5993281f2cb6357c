"""The classifier two-sample test: exact probabilities, its level, and its power."""

import math
from collections import Counter

import numpy as np
import pytest

from minillm.tasks.shift import by_words, two_sample_test
from minillm.tasks.shift.two_sample import at_least


def by_frequency(items, sets):
    """Says of a number the set in which it was seen more often."""
    counts = Counter()
    for item, number in zip(items, sets, strict=True):
        counts[item] += 2 * int(number) - 1
    return lambda asked: np.array([int(counts[item] > 0) for item in asked])


def test_the_tail_of_the_binomial_distribution_by_hand():
    assert at_least(0, 5) == 1.0 and at_least(5, 5) == 1 / 32
    assert at_least(3, 4) == pytest.approx(5 / 16)
    assert at_least(6, 10) + at_least(5, 10) == pytest.approx(1.0)  # P(K >= 6) = P(K <= 4)
    assert 0 < at_least(1000, 1000) < 1e-300
    with pytest.raises(ValueError, match="k must be from 0 to n, got 3 of 2"):
        at_least(3, 2)


def test_without_a_shift_it_is_said_as_rarely_as_the_level_allows(rng):
    """An exact test: of 2000 draws at most alpha are below alpha, but for chance."""
    found = [
        two_sample_test(
            rng.integers(20, size=60).tolist(), rng.integers(20, size=60).tolist(), by_frequency,
            rng=rng,
        )
        for _ in range(2000)
    ]  # fmt: skip
    p = np.array([one.p_value for one in found])
    for level in (0.01, 0.05, 0.2):
        assert (p <= level).mean() < level + 3 * (level * (1 - level) / 2000) ** 0.5
    assert (p <= 0.05).mean() > 0.02  # 60 tosses have a level of 0.046 there
    assert np.mean([one.accuracy for one in found]) == pytest.approx(0.5, abs=0.01)


def test_a_shift_is_found_and_grows_with_it(rng):
    def found(step):
        source, target = rng.integers(20, size=400), rng.integers(20, size=400) + step
        return two_sample_test(source.tolist(), target.tolist(), by_frequency, rng=rng)

    small, large = found(8), found(20)
    assert small.p_value < 1e-3 and 0.6 < small.accuracy < large.accuracy == 1.0
    assert large.tested == 400 and large.p_value == 2.0**-400


def test_a_bag_of_words_tells_texts_of_other_words_apart_and_the_same_ones_not(rng):
    def texts(words):
        return [[words[int(i)] for i in rng.integers(len(words), size=3)] for _ in range(100)]

    learn = by_words(0.01)
    apart = two_sample_test(texts("abcd"), texts("cdef"), learn, rng=rng)
    alike = two_sample_test(texts("abcd"), texts("abcd"), learn, rng=rng)
    assert apart.accuracy > 0.9 and apart.p_value < 1e-6
    assert 0.35 < alike.accuracy < 0.65


def test_nothing_is_asked_that_was_learned_and_the_sets_are_even(rng):
    seen = {}

    def learn(items, sets):
        seen["learned"] = dict(zip(items, sets.tolist(), strict=True))
        return lambda asked: seen.update(asked=asked) or np.zeros(len(asked), int)

    source, target = [*range(9)], [*range(100, 150)]
    found = two_sample_test(source, target, learn, rng=rng)
    assert not {*seen["learned"]} & {*seen["asked"]} and found.tested == len(seen["asked"]) == 10
    assert sorted(seen["learned"].values()) == [0] * 4 + [1] * 4
    assert all((item >= 100) == number for item, number in seen["learned"].items())
    assert found.accuracy == 0.5 and found.p_value > 0.5


def test_what_cannot_be_tested_is_refused(rng):
    with pytest.raises(ValueError, match="at least 2 items of each set, got 1 and 5"):
        two_sample_test([1], [*range(5)], by_frequency, rng=rng)
    with pytest.raises(ValueError, match="must say 0 or 1 of 4 items"):
        two_sample_test([1, 2, 3, 4], [5, 6, 7, 8], lambda *_: lambda x: [2] * len(x), rng=rng)
    with pytest.raises(ValueError, match="must say 0 or 1 of 4 items"):
        two_sample_test([1, 2, 3, 4], [5, 6, 7, 8], lambda *_: lambda x: [1], rng=rng)


@pytest.mark.parametrize("n", [1, 2, 5, 12])
@pytest.mark.parametrize("q", [0.0, 0.1, 0.37, 0.5, 1.0])
def test_a_classifier_that_prefers_a_set_is_not_called_right_too_often(n, q):
    """From one source it says one set with q: right are B(n, q) and B(n, 1 - q), n of each."""
    one, other = (
        [math.comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(n + 1)] for p in (q, 1 - q)
    )
    right = np.convolve(one, other)
    for k in range(n + 1, 2 * n + 1):
        assert right[k:].sum() <= at_least(k, 2 * n) + 1e-12
        if q == 0.5:
            assert right[k:].sum() == pytest.approx(at_least(k, 2 * n))
