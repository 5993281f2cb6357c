"""Swaps of words: by the first order, by trying all, and at random."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.models.adversarial import (
    best_swaps,
    exhaustive_gains,
    first_order_gains,
    random_gains,
    swapped_in_turn,
)

pytestmark = pytest.mark.guide("G56")
IDS = np.array([[0, 3, 4], [1, 1, 5]])
ALIKE = np.zeros((6, 6), dtype=bool)
ALIKE[:3, :3] = ALIKE[3:5, 3:5] = True  # 5 has only itself, and that is not said


@st.composite
def linear(draw):
    """Values of words, weights of places, texts, and which words are alike."""
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    kinds = rng.integers(3, size=7)
    return (
        rng.standard_normal((7, 2)),
        rng.standard_normal((3, 2)),
        rng.integers(7, size=(4, 3)),
        kinds[:, None] == kinds,
    )


@given(linear())
def test_of_a_linear_score_the_first_order_is_what_trying_all_finds(world):
    table, w, ids, alike = world

    def score(texts):
        return (table[texts] * w).sum(axis=(1, 2))

    gradient = np.broadcast_to(w, (*ids.shape, 2))
    foretold = first_order_gains(gradient, ids, table, alike)
    np.testing.assert_allclose(foretold, exhaustive_gains(score, ids, alike), atol=1e-12)


def test_trying_all_is_what_asking_about_every_text_finds():
    """Of a score that bends, and one swap after the other."""
    value = np.array([0.0, 1.0, -1.0, 0.5, 2.0, 9.0])

    def score(texts):
        return np.prod(value[texts] + 0.5, axis=1)

    def of_text(text):
        return max(
            score(np.array([[*text[:t], w, *text[t + 1 :]]]))[0]
            for t, w in itertools.product(range(3), range(6))
            if w == text[t] or ALIKE[text[t], w]
        )

    gains = exhaustive_gains(score, IDS, ALIKE)
    places, words = best_swaps(IDS, gains)
    best = IDS.copy()
    best[np.arange(2), places] = words
    assert score(best).tolist() == [of_text(text) for text in IDS.tolist()]
    np.testing.assert_allclose(
        gains[np.arange(2), places, words], score(best) - score(IDS), rtol=1e-12
    )


def test_a_bent_score_deceives_the_first_order():
    """F = -(e - 1)²: at e = 0 it rises with e, and at e = 4 it is lower than at 0."""
    table = np.array([[0.0], [1.0], [4.0]])
    ids, alike = np.array([[0]]), np.ones((3, 3), dtype=bool)

    def score(texts):
        return -((table[texts][..., 0] - 1.0) ** 2).sum(axis=1)

    foretold = first_order_gains(np.array([[[2.0]]]), ids, table, alike)
    assert foretold.ravel().tolist() == [0.0, 2.0, 8.0]
    assert exhaustive_gains(score, ids, alike).ravel().tolist() == [0.0, 1.0, -8.0]


def test_only_what_is_alike_may_stand_and_a_word_may_always_stay():
    gains = random_gains(IDS, ALIKE, np.random.default_rng(0))
    np.testing.assert_array_equal(np.isfinite(gains[0, 0]), [1, 1, 1, 0, 0, 0])
    np.testing.assert_array_equal(np.isfinite(gains[1, 2]), [0, 0, 0, 0, 0, 1])
    assert gains[0, 0, 0] == gains[1, 2, 5] == 0.0


def test_turns_swap_at_places_of_their_own_and_end_where_nothing_is_gained():
    value = np.array([0.0, 1.0, -1.0, 0.5, 2.0, 9.0])

    def score(texts):
        return value[texts].sum(axis=1)

    texts = swapped_in_turn(IDS, lambda ids: exhaustive_gains(score, ids, ALIKE), 3)
    assert [text[0].tolist() for text in texts] == [[0, 3, 4], [0, 4, 4], [1, 4, 4], [1, 4, 4]]
    assert all(text[1].tolist() == [1, 1, 5] for text in texts)  # the best from the start
    assert IDS.tolist() == [[0, 3, 4], [1, 1, 5]]


def test_random_swaps_change_one_more_word_in_each_turn_and_know_no_place():
    ids = np.tile(IDS[:1], (900, 1))
    rng = np.random.default_rng(1)
    texts = swapped_in_turn(ids, lambda one: random_gains(one, ALIKE, rng), 3)
    changed = [(text != ids).sum(axis=1) for text in texts]
    assert [sorted({*counts.tolist()}) for counts in changed] == [[0], [1], [2], [3]]
    np.testing.assert_allclose((texts[1] != ids).mean(axis=0), 1 / 3, atol=0.05)
    first = texts[1][texts[1][:, 0] != 0, 0]
    assert np.bincount(first, minlength=3)[1:].min() > 0.4 * len(first)


def test_where_no_word_has_another_no_text_changes():
    alone = np.eye(6, dtype=bool)
    rng = np.random.default_rng(2)
    after = swapped_in_turn(IDS, lambda one: random_gains(one, alone, rng), 2)[-1]
    np.testing.assert_array_equal(after, IDS)


def test_what_does_not_fit_is_refused():
    table, gradient = np.zeros((6, 2)), np.zeros((2, 3, 2))
    with pytest.raises(ValueError, match=r"first_order_gains: ids .* must be"):
        first_order_gains(gradient[:, :2], IDS, table, ALIKE)
    with pytest.raises(ValueError, match="alike must be booleans"):
        first_order_gains(gradient, IDS, table, ALIKE.astype(int))
    with pytest.raises(ValueError, match="ids must be integers"):
        random_gains(IDS.astype(float), ALIKE, np.random.default_rng(0))
    with pytest.raises(IndexError, match="ids must be from 0 to 5, got 0 to 6"):
        exhaustive_gains(lambda ids: ids[:, 0], np.array([[0, 6]]), ALIKE)
    with pytest.raises(ValueError, match="turns must be at least 0, got -1"):
        swapped_in_turn(IDS, lambda ids: np.zeros((2, 3, 6)), -1)
    with pytest.raises(ValueError, match="best_swaps"):
        best_swaps(IDS, np.zeros((2, 6)))


def test_where_a_gain_is_not_a_number_no_text_passes_as_robust():
    """NaN is larger than nothing, so that every text would stay as it is."""
    table, gradient = np.eye(6), np.ones((2, 3, 6))
    for wrong in (np.nan, np.inf):
        gradient[1, 2] = wrong
        with pytest.raises(ValueError, match="first_order_gains: the gradient has 6 numbers that"):
            first_order_gains(gradient, IDS, table, ALIKE)
    table[0, 0] = np.nan
    with pytest.raises(ValueError, match=r"first_order_gains: \d+ of 36 gains are NaN.* in text 0"):
        first_order_gains(np.ones((2, 3, 6)), IDS, table, ALIKE)
    gains = np.zeros((2, 3, 6))
    gains[1, 0, 2] = np.nan
    for name, ask in (
        ("best_swaps", lambda: best_swaps(IDS, gains)),
        ("swapped_in_turn", lambda: swapped_in_turn(IDS, lambda ids: gains, 1)),
    ):
        with pytest.raises(ValueError, match=f"{name}: 1 of 36 gains are NaN, the first in text 1"):
            ask()
    with pytest.raises(ValueError, match=r"exhaustive_gains: .* gains are NaN"):
        exhaustive_gains(lambda ids: np.where(ids[:, 0] == 2, np.nan, 0.0), IDS, ALIKE)
    gains[1, 0, 2] = -np.inf  # what may not stand
    assert best_swaps(IDS, gains)[0].tolist() == [0, 0]


def test_nothing_to_swap_is_refused_by_name():
    rng = np.random.default_rng(0)
    for shape in ((0, 3), (2, 0)):
        ids, gains = np.zeros(shape, int), np.zeros((*shape, 6))
        with pytest.raises(ValueError, match=r"first_order_gains: ids must be .* at least one of"):
            first_order_gains(np.zeros((*shape, 6)), ids, np.eye(6), ALIKE)
        with pytest.raises(ValueError, match=r"exhaustive_gains: ids must be .* at least one of"):
            exhaustive_gains(lambda ids: np.zeros(len(ids)), ids, ALIKE)
        with pytest.raises(ValueError, match=r"random_gains: ids must be .* at least one of"):
            random_gains(ids, ALIKE, rng)
        with pytest.raises(ValueError, match=r"best_swaps: .* none of them 0"):
            best_swaps(ids, gains)
        with pytest.raises(ValueError, match=r"swapped_in_turn: .* none of them 0"):
            swapped_in_turn(ids, lambda ids, gains=gains: gains, 1)
    with pytest.raises(ValueError, match=r"exhaustive_gains: score must give one .* \(2, 3\)"):
        exhaustive_gains(lambda ids: ids, IDS, ALIKE)
