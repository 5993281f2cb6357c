"""What paired differences over seeds say: a remedy helps, harms, does nothing, or is undecided."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minillm.labs.statistics import student_t

LEAST = 0.05  # an effect that is worth speaking of
ERROR = 0.05  # of all verdicts of a lab together
SAME = 1e-9  # differences closer than this are equal
HELPS, HARMS, NOTHING, UNDECIDED = "helps", "harms", "no effect worth 0.05", "undecided"


@dataclass(frozen=True)
class Interval:
    """The mean of paired differences, half its interval, and the bound of the plain 95 % one.

    ``bound`` is the larger end in size.  Where all differences are ``equal`` they have no spread,
    and half the interval is one item.
    """

    mean: float
    half: float
    bound: float
    equal: bool


@dataclass(frozen=True)
class Verdict(Interval):
    """An interval and what it says; ``word`` is one of helps, harms, no effect, undecided."""

    word: str

    def __str__(self) -> str:
        """The word, with the bound where the effect is undecided."""
        says = f"{self.word}, at most {self.bound:.2f}" if self.word == UNDECIDED else self.word
        return f"{says} (all equal: half-width one item)" if self.equal else says


def interval(differences: np.ndarray, *, items: int, level: float = 1.0 - ERROR) -> Interval:
    """The mean of N differences and its t interval at a level::

        mean ± t_{n-1} s / sqrt(n),    bound = max |mean ± t_{n-1, 0.95} s / sqrt(n)|

    Where all differences are equal, 1 / ``items`` stands for both half-widths.

    Shapes: ``differences (N,)`` with at least 2 seeds N.

    Raises:
        ValueError: fewer than 2 differences, one that is not finite, or no items.
    Source: Student 1908, "The Probable Error of a Mean".
    """
    d = np.asarray(differences, dtype=np.float64)
    if d.ndim != 1 or len(d) < 2 or not np.isfinite(d).all():
        raise ValueError(f"interval: differences must be at least 2 finite numbers, got {d}")
    if items < 1:
        raise ValueError(f"interval: items must be at least 1, got {items}")
    mean, equal = float(d.mean()), bool(np.ptp(d) <= SAME)
    error = float(d.std(ddof=1)) / len(d) ** 0.5
    half, plain = (student_t(len(d) - 1, at) * error for at in (level, 1.0 - ERROR))
    if equal:
        half = plain = 1.0 / items
    return Interval(mean, half, abs(mean) + plain, equal)


def verdict(differences: np.ndarray, *, good: int, items: int, comparisons: int) -> Verdict:
    """What differences, remedy minus baseline of the same seed, say about a remedy::

        helps or harms:          |mean| >= 0.05, and the interval at 1 - 0.05 / m excludes 0
        no effect worth 0.05:    else, if the bound of the 95 % interval is at most 0.05
        undecided:               else

    m is ``comparisons``: all that the lab makes.  ``good`` is 1 where more is better, else -1.

    Raises:
        ValueError: as ``interval``; no comparisons, or another ``good``.
    Source: Dunn 1961, "Multiple Comparisons Among Means" (the level).
    """
    if comparisons < 1 or good not in (1, -1):
        raise ValueError(
            "verdict: comparisons must be at least 1 and good 1 or -1, "
            f"got {comparisons} and {good}"
        )
    found = interval(differences, items=items, level=1.0 - ERROR / comparisons)
    size = abs(found.mean)
    if size >= LEAST - SAME and size > found.half:
        word = HELPS if found.mean * good > 0 else HARMS
    else:
        word = NOTHING if found.bound <= LEAST + SAME else UNDECIDED
    return Verdict(found.mean, found.half, found.bound, found.equal, word)
