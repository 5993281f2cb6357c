"""How far a planted secret, a canary, has come to the front of all that it could have been."""

from __future__ import annotations

import math
from numbers import Integral

import numpy as np


def exposure(losses: np.ndarray, secret: int) -> float:
    """In bits, how much of the search a model has saved whoever looks for the secret::

        exposure = log2 |R| - log2 rank(secret)        R all candidates, by loss, the lowest first

    Who never saw it has one near ``expected_exposure``; it is ``log2 |R|`` where nothing is more
    likely than the secret.  Of equal losses the middle rank is taken: to find all alike tells
    nothing.

    Shapes: ``losses (R,)`` are those of all candidates, ``secret`` is the place of the true one.

    Raises:
        ValueError: the losses are not a row, one is NaN, or there are fewer than two.
        IndexError: there is no such candidate.
        TypeError: ``secret`` is not a whole number.
    Source: Carlini, Liu, Erlingsson, Kos & Song 2019, "The Secret Sharer: Evaluating and Testing
        Unintended Memorization in Neural Networks", arXiv:1802.08232, section 4.
    Guide: 8.2.2 (G54).
    """
    row = np.asarray(losses, dtype=np.float64)
    if row.ndim != 1 or row.size < 2 or np.isnan(row).any():
        raise ValueError(
            "exposure: losses must be a row of two or more without NaN, got shape "
            f"{row.shape}, {int(np.isnan(row).sum())} of them NaN"
        )
    if not isinstance(secret, Integral):
        raise TypeError(f"exposure: secret must be the place of a candidate, got {secret!r}")
    if not 0 <= secret < row.size:
        raise IndexError(f"exposure: secret {secret} is none of {row.size} candidates")
    lower, equal = (row < row[secret]).sum(), (row == row[secret]).sum()
    return math.log2(row.size) - math.log2(lower + (equal + 1) / 2)


def expected_exposure(candidates: int) -> float:
    """The mean exposure of a secret that nobody told, of which every rank is as likely::

        log2 n - (log2 n!) / n  ->  log2 e = 1.44 bits  for many candidates

    Raises:
        ValueError: there are fewer than two.
    Guide: 8.2.2 (G54).
    """
    if not 2 <= candidates < math.inf:
        raise ValueError(f"expected_exposure: needs two candidates or more, got {candidates}")
    return math.log2(candidates) - math.lgamma(candidates + 1) / math.log(2) / candidates
