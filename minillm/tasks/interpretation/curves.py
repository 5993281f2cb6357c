"""Deletion and insertion curves: does a ranking put first what a model's answer hangs on?

Letters: B texts, T positions, R ranked positions of a text.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from minillm.backend.ids import integer_array
from minillm.models.attribution.occlusion import checked_texts


def ranking(attributions: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Positions from the largest attribution in size to the smallest, equal ones at random.

    Shapes: ``(B, R) -> (B, R)``.

    Raises:
        ValueError: attributions that are not ``(B, R)``, of no text or token, or not finite.
    """
    a = np.abs(attributions)
    if a.ndim != 2 or 0 in a.shape or not np.isfinite(a).all():
        raise ValueError(
            f"ranking: attributions must be (texts, tokens), finite and some, got {a.shape}"
        )
    return np.lexsort((rng.random(a.shape), -a), axis=1)


def deletion_curve(
    score: Callable[[np.ndarray], np.ndarray], ids: np.ndarray, order: np.ndarray, *, neutral: int
) -> np.ndarray:
    """The scores of texts whose first k tokens of a ranking are neutral, for k from 0 to R::

        c_k = F(x with x_t = neutral for t in order[:k])

    Of a good ranking it falls early.  It is the model that is asked: where texts with neutral
    tokens are unlike all it has learned, its answers on them say little.

    Shapes: ``ids (B, T), order (B, R) -> (B, R + 1)``.

    Raises:
        ValueError: as ``checked_texts``; an order that has not a row of different positions for
            each text.
        TypeError: as ``checked_texts``; positions that are not integers.
    Source: Petsiuk, Das & Saenko 2018, "RISE: Randomized Input Sampling for Explanation of
        Black-box Models", arXiv:1806.07421.
    Guide: 8.1.4, 8.2.4 (G52).
    """
    ids = checked_texts("deletion_curve", ids, neutral)
    changed, rows = np.array(ids), np.arange(len(ids))
    curve = [score(changed)]
    for place in checked_order("deletion_curve", ids, order).T:
        changed = changed.copy()
        changed[rows, place] = neutral
        curve.append(score(changed))
    return np.stack(curve, axis=1)


def insertion_curve(
    score: Callable[[np.ndarray], np.ndarray], ids: np.ndarray, order: np.ndarray, *, neutral: int
) -> np.ndarray:
    """The scores of texts of which only the first k tokens of a ranking stand, for k from 0 to R.

    All other ranked positions are neutral.  Of a good ranking it rises early.

    Shapes, Raises, Source: as ``deletion_curve``.

    Guide: 8.1.4, 8.2.4 (G52).
    """
    ids = checked_texts("insertion_curve", ids, neutral)
    order = checked_order("insertion_curve", ids, order)
    return deletion_curve(score, ids, order[:, ::-1], neutral=neutral)[:, ::-1]


def area(curves: np.ndarray) -> np.ndarray:
    """The mean height of each curve, by trapezia: ``1/R sum_k (c_k + c_{k+1}) / 2``.

    Shapes: ``(B, R + 1) -> (B,)``.

    Raises:
        ValueError: curves that are not ``(B, R + 1)`` with R of at least 1.
    """
    curves = np.asarray(curves)
    if curves.ndim != 2 or curves.shape[1] < 2:
        raise ValueError(f"area: curves must be (texts, at least 2 points), got {curves.shape}")
    found: np.ndarray = ((curves[:, 1:] + curves[:, :-1]) / 2).mean(axis=1)
    return found


def checked_order(name: str, ids: np.ndarray, order: np.ndarray) -> np.ndarray:
    """An order, once it is known to fit the texts.

    Raises:
        ValueError: it does not.
        TypeError: positions that are not integers.
    """
    order = integer_array(order, name=f"{name}: position")
    fits = order.ndim == 2 and len(order) == len(ids) and 0 < order.shape[1] <= ids.shape[1]
    if not fits or order.min() < 0 or order.max() >= ids.shape[1]:
        raise ValueError(
            f"{name}: order must have a row of positions below {ids.shape[1]} for each of "
            f"{len(ids)} texts, got {order.shape}"
        )
    if (np.diff(np.sort(order, axis=1), axis=1) == 0).any():
        raise ValueError(f"{name}: order must name a position of a text once, one stands twice")
    return order
