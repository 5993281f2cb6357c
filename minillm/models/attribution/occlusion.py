"""Occlusion: what a score loses with a token.

Letters: B texts, T positions.
"""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral

import numpy as np

from minillm.backend.ids import integer_array

ScoreOfIds = Callable[[np.ndarray], np.ndarray]  # ids (B, T) -> a number for each text, (B,)


def occlusion(score: ScoreOfIds, ids: np.ndarray, *, neutral: int) -> np.ndarray:
    """What each token adds to the score, by putting a neutral one in its place::

        a_t = F(x) - F(x with x_t = neutral)

    It asks the model itself, T + 1 times.  A token that another one can stand in for has no share.

    Shapes: ``ids (B, T) -> (B, T)``, in the unit of the score.

    Raises:
        ValueError: as ``checked_texts``; scores that are not ``(B,)``.
        TypeError: as ``checked_texts``.
    Source: Li, Monroe & Jurafsky 2016, "Understanding Neural Networks through Representation
        Erasure", arXiv:1612.08220.
    Guide: 8.1.4, 8.2.4 (G52).
    """
    ids = checked_texts("occlusion", ids, neutral)
    whole = np.asarray(score(ids))
    if whole.shape != (len(ids),):
        raise ValueError(
            f"occlusion: score must give one number for each of {len(ids)} texts, got {whole.shape}"
        )
    shares = []
    for t in range(ids.shape[1]):
        without = ids.copy()
        without[:, t] = neutral
        shares.append(whole - score(without))
    return np.stack(shares, axis=1)


def checked_texts(name: str, ids: np.ndarray, neutral: int) -> np.ndarray:
    """Texts as an array of ids, once they and the neutral token are known to be some.

    Raises:
        ValueError: they are not ``(B, T)``, or there are no texts or tokens.
        TypeError: ids that are not integers, or such a ``neutral``: 1.5 would be cut to 1.
    """
    ids = integer_array(ids)
    if ids.ndim != 2 or 0 in ids.shape:
        raise ValueError(f"{name}: ids must be (texts, tokens), none of them 0, got {ids.shape}")
    if not isinstance(neutral, Integral):
        raise TypeError(f"{name}: neutral must be a token id, got {neutral!r}")
    return ids
