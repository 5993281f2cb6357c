"""Words that stand in the place of others so that a text's loss rises.

Which words may stand for which is given, ``alike (V, V)``: true where the text's class stays the
same.  A gain is what a swap adds to the score that is to rise, -inf where it is not allowed; a word
may always stay, for a gain of 0.

Letters: B texts, T positions, D width of a vector, V words, K turns.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from minillm.models.adversarial.steps import check_gradient

ScoreOfIds = Callable[[np.ndarray], np.ndarray]  # ids (B, T) -> a number for each text, (B,)
Gains = Callable[[np.ndarray], np.ndarray]  # ids (B, T) -> of every swap, (B, T, V)


def first_order_gains(
    gradient: np.ndarray, ids: np.ndarray, table: np.ndarray, alike: np.ndarray
) -> np.ndarray:
    """What every swap adds to the score, as far as the score is linear::

        gain_tw = g_t · (E_w - E_{x_t})

    One gradient judges all T V swaps; each is a step as long as the words lie apart, so that the
    true gain is another one where the score bends.

    Shapes: ``gradient (B, T, D), ids (B, T), table E (V, D), alike (V, V) -> (B, T, V)``.

    Raises:
        ValueError: shapes that do not fit, no text or no word; ``alike`` is not a table of
            booleans; the gradient has a number that is infinite or NaN, or a gain is NaN.
        IndexError: an id beyond the table.
    Source: Ebrahimi, Rao, Lowd & Dou 2018, "HotFlip: White-Box Adversarial Examples for Text
        Classification", arXiv:1712.06751, whose flips of characters it takes for words.
    Guide: 7.3.1, 10 (G56).
    """
    check_swaps("first_order_gains", ids, alike)
    if gradient.shape != (*ids.shape, table.shape[1]) or len(table) != len(alike):
        raise ValueError(
            f"first_order_gains: ids {ids.shape}, gradient {gradient.shape}, table {table.shape} "
            f"and alike {alike.shape} must be (B, T), (B, T, D), (V, D) and (V, V)"
        )
    check_gradient("first_order_gains", gradient)
    with np.errstate(all="ignore"):  # what is not finite shows in the gains
        risen = gradient @ table.T  # (B, T, V)
        own = np.take_along_axis(risen, ids[..., None], axis=2)
        found = risen - own
    return allowed("first_order_gains", found, ids, alike)


def exhaustive_gains(score: ScoreOfIds, ids: np.ndarray, alike: np.ndarray) -> np.ndarray:
    """What every swap adds to the score, by trying each: ``gain_tw = F(x with x_t = w) - F(x)``.

    It asks the model about every text that one allowed swap makes, up to B T V of them.

    Shapes: ``ids (B, T), alike (V, V) -> (B, T, V)``.

    Raises:
        ValueError, IndexError: as ``first_order_gains``; the score is not one number for each
            text.
    Guide: 7.3.1, 10 (G56).
    """
    check_swaps("exhaustive_gains", ids, alike)
    before = score(ids)
    if np.shape(before) != (len(ids),):
        raise ValueError(
            f"exhaustive_gains: score must give one number for each of {len(ids)} texts, "
            f"got {np.shape(before)}"
        )
    found = np.zeros((*ids.shape, len(alike)))
    for t in range(ids.shape[1]):
        rows, words = np.nonzero(alike[ids[:, t]])
        tried = ids[rows]
        tried[:, t] = words
        found[rows, t, words] = score(tried) - before[rows] if len(rows) else 0.0
    return allowed("exhaustive_gains", found, ids, alike)


def random_gains(ids: np.ndarray, alike: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Gains that know nothing: the best of them is a random other word at a random place.

    First a place is drawn among those that have other words, then the word, so that a place does
    not come more often for having many.

    Shapes: ``ids (B, T), alike (V, V) -> (B, T, V)``, from 0 to 2.

    Raises:
        ValueError, IndexError: as ``first_order_gains``.
    Guide: 7.3.1, 10 (G56).
    """
    check_swaps("random_gains", ids, alike)
    places = rng.permuted(np.tile(np.arange(ids.shape[1]), (len(ids), 1)), axis=1)
    drawn = rng.random((*ids.shape, len(alike))) + 1e-9  # any other word before the own
    return allowed("random_gains", 2.0 * places[..., None] + drawn, ids, alike)


def best_swaps(ids: np.ndarray, gains: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The place and the word of the largest gain of each text; of equals the first.

    Shapes: ``ids (B, T), gains (B, T, V) -> (B,), (B,)``.

    Raises:
        ValueError: the shapes do not fit, one of them is 0; a gain is NaN.
    """
    check_gains("best_swaps", ids, gains)
    flat = gains.reshape(len(ids), -1).argmax(axis=1)
    return flat // gains.shape[2], flat % gains.shape[2]


def swapped_in_turn(ids: np.ndarray, gains: Gains, turns: int) -> list[np.ndarray]:
    """The texts after 0, 1, ..., K turns; each makes the swap of the largest gain at a new place.

    Gains are asked for anew in each turn.  A text whose largest gain is 0 or less stays as it is.

    Shapes: ``ids (B, T) -> 1 + K times (B, T)``.

    Raises:
        ValueError: turns below 0; as ``best_swaps``.
    """
    if turns < 0:
        raise ValueError(f"swapped_in_turn: turns must be at least 0, got {turns}")
    found, taken = [ids], np.zeros(ids.shape, dtype=bool)
    rows = np.arange(len(ids))
    for _ in range(turns):
        texts = found[-1].copy()
        offered = gains(texts)
        check_gains("swapped_in_turn", texts, offered)
        offered = np.where(taken[..., None], -np.inf, offered)
        places, words = best_swaps(texts, offered)
        (better,) = np.nonzero(offered[rows, places, words] > 0.0)
        texts[better, places[better]] = words[better]
        taken[better, places[better]] = True
        found.append(texts)
    return found


def allowed(name: str, gains: np.ndarray, ids: np.ndarray, alike: np.ndarray) -> np.ndarray:
    """The gains, with -inf where a word may not stand and 0 where it stands already.

    Raises:
        ValueError: as ``check_gains``.
    """
    found: np.ndarray = np.where(alike[ids], gains, -np.inf)
    check_gains(name, ids, found)
    np.put_along_axis(found, ids[..., None], 0.0, axis=2)
    return found


def check_gains(name: str, ids: np.ndarray, gains: np.ndarray) -> None:
    """Refuse gains of which none is the largest: where one is NaN, no swap would seem to help.

    Raises:
        ValueError: see ``best_swaps``.
    """
    if ids.ndim != 2 or gains.ndim != 3 or gains.shape[:2] != ids.shape or 0 in gains.shape:
        raise ValueError(
            f"{name}: ids {ids.shape} and gains {gains.shape} do not fit: they must be (B, T) and "
            "(B, T, V), none of them 0"
        )
    wrong = np.isnan(gains)
    if wrong.any():
        raise ValueError(
            f"{name}: {wrong.sum()} of {gains.size} gains are NaN, the first in text "
            f"{np.argwhere(wrong)[0][0]}: are the gradient, the table and the scores finite?"
        )


def check_swaps(name: str, ids: np.ndarray, alike: np.ndarray) -> None:
    """Refuse texts and tables that do not fit.

    Raises:
        ValueError, IndexError: see ``first_order_gains``.
    """
    if ids.ndim != 2 or ids.dtype.kind not in "iu" or not ids.size:
        raise ValueError(
            f"{name}: ids must be integers (texts, words), at least one of each, got "
            f"{ids.dtype} {ids.shape}"
        )
    if alike.dtype != bool or alike.ndim != 2 or alike.shape[0] != alike.shape[1]:
        raise ValueError(
            f"{name}: alike must be booleans (words, words), got {alike.dtype} {alike.shape}"
        )
    if not (ids.min() >= 0 and ids.max() < len(alike)):
        raise IndexError(
            f"{name}: ids must be from 0 to {len(alike) - 1}, got {ids.min()} to {ids.max()}"
        )
