"""Occlusion: what a score loses with a token.

Letters: B texts, T positions.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

ScoreOfIds = Callable[[np.ndarray], np.ndarray]  # ids (B, T) -> a number for each text, (B,)


def occlusion(score: ScoreOfIds, ids: np.ndarray, *, neutral: int) -> np.ndarray:
    """What each token adds to the score, by putting a neutral one in its place::

        a_t = F(x) - F(x with x_t = neutral)

    It asks the model itself, T + 1 times.  A token that another one can stand in for has no share.

    Shapes: ``ids (B, T) -> (B, T)``, in the unit of the score.

    Raises:
        ValueError: ids that are not ``(B, T)``, or of no text or token; scores that are not
            ``(B,)``.
    Source: Li, Monroe & Jurafsky 2016, "Understanding Neural Networks through Representation
        Erasure", arXiv:1612.08220.
    Guide: 8.1.4, 8.2.4 (G52).
    """
    if ids.ndim != 2 or 0 in ids.shape:
        raise ValueError(f"occlusion: ids must be (texts, tokens), none of them 0, got {ids.shape}")
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
