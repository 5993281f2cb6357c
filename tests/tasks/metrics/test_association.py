"""WEAT on planted vectors, by a slow count of all divisions, and its conventions."""

import itertools

import numpy as np
import pytest

from minillm.tasks.metrics import weat


def cosine(v, w):
    return float(v @ w / np.linalg.norm(v) / np.linalg.norm(w))


def slow(x, y, a, b):
    """Effect and exact p-value, word by word and division by division."""

    def of(w):
        return np.mean([cosine(w, v) for v in a]) - np.mean([cosine(w, v) for v in b])

    words, n = [*x, *y], len(x)
    s = [of(w) for w in words]
    mean = sum(s) / (2 * n)
    deviation = (sum((v - mean) ** 2 for v in s) / (2 * n - 1)) ** 0.5
    effect = (np.mean(s[:n]) - np.mean(s[n:])) / deviation
    observed = sum(s[:n]) - sum(s[n:])
    hits = []
    for half in itertools.combinations(range(2 * n), n):
        inside = sum(s[i] for i in half)
        hits.append(inside - (sum(s) - inside) >= observed - 1e-9)
    return effect, np.mean(hits), np.mean(s[:n]) - np.mean(s[n:])


@pytest.mark.guide("G55")
@pytest.mark.parametrize("n", [2, 3, 5])
def test_it_is_what_a_slow_count_finds(n, rng):
    x, y, a, b = (rng.standard_normal((k, 4)) for k in (n, n, 3, 6))
    found = weat(x, y, a, b, rng=rng)
    np.testing.assert_allclose((found.effect, found.p_value, found.difference), slow(x, y, a, b))
    assert found.exact


def test_swapped_sets_turn_the_effect(rng):
    x, y, a, b = (rng.standard_normal((4, 5)) for _ in range(4))
    effect = weat(x, y, a, b, rng=rng).effect
    assert weat(y, x, a, b, rng=rng).effect == pytest.approx(-effect)
    assert weat(x, y, b, a, rng=rng).effect == pytest.approx(-effect)
    assert weat(3 * x, y, a, b / 2, rng=rng).effect == pytest.approx(effect)


def test_two_opposite_sets_have_the_largest_effect_and_the_smallest_p():
    """Sample deviation: 2 sqrt((2n - 1) / 2n); all ties count, and one division of C(2n, n)."""
    x, y = np.tile([1.0, 0.0], (4, 1)), np.tile([0.0, 1.0], (4, 1))
    found = weat(x, y, x[:1], y[:1], rng=np.random.default_rng(0))
    assert found.effect == pytest.approx(2 * (7 / 8) ** 0.5)
    assert found.p_value == pytest.approx(1 / 70)
    half = np.concatenate([x[:2], y[:2]])  # both sets alike: every division with 2 or more
    middle = weat(half, half, x[:1], y[:1], rng=np.random.default_rng(0))
    assert middle.effect == pytest.approx(0)
    assert middle.p_value == pytest.approx((36 + 16 + 1) / 70)


def test_random_divisions_say_nearly_the_same_and_never_zero(rng):
    x, y, a, b = (rng.standard_normal((5, 6)) + shift for shift in (0.2, 0, 0.5, -0.5))
    exact, drawn = weat(x, y, a, b, rng=rng), weat(x, y, a, b, rng=rng, draws=251)
    assert exact.exact and not drawn.exact and drawn.effect == exact.effect
    assert drawn.p_value == pytest.approx(exact.p_value, abs=0.1)
    far = [np.tile(row, (9, 1)) for row in np.eye(2)]
    assert weat(*far, far[0], far[1], rng=rng, draws=99).p_value == 1 / 100


@pytest.mark.guide("G55")
def test_where_nothing_is_planted_small_p_values_are_as_rare_as_they_say(rng):
    p = [weat(*rng.standard_normal((4, 4, 8)), rng=rng).p_value for _ in range(400)]
    assert np.mean(np.array(p) <= 0.1) == pytest.approx(0.1, abs=0.04)


@pytest.mark.parametrize(
    ("shapes", "says"),
    [
        (((2, 3), (3, 3), (1, 3), (1, 3)), "as many words as each other"),
        (((1, 3), (1, 3), (1, 3), (1, 3)), "2 at least"),
        (((2, 3), (2, 3), (1, 4), (1, 3)), "all sets one width"),
        (((2, 3), (2, 3), (0, 3), (1, 3)), r"a must be \(N, D\), one word at least, got \(0, 3\)"),
        (((2, 3), (3,), (1, 3), (1, 3)), r"y must be \(N, D\)"),
    ],
)
def test_sets_that_cannot_be_compared_are_refused(shapes, says, rng):
    with pytest.raises(ValueError, match=f"weat: .*{says}"):
        weat(*(rng.standard_normal(shape) for shape in shapes), rng=rng)


def test_vectors_without_a_direction_and_words_that_do_not_differ_are_refused(rng):
    x, y, a, b = rng.standard_normal((4, 2, 3))
    with pytest.raises(ValueError, match="a vector of b has no direction"):
        weat(x, y, a, b * 0, rng=rng)
    with pytest.raises(ValueError, match="a vector of x has no direction"):
        weat(x * np.nan, y, a, b, rng=rng)
    with pytest.raises(ValueError, match="all words of x and y lie equally"):
        weat(x, y, a, a, rng=rng)
    with pytest.raises(ValueError, match="draws be 1 at least"):
        weat(x, y, a, b, rng=rng, draws=0)
