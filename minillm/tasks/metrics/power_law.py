"""Power laws with a floor: L = E + A N^-a, fitted to a few sizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

EXPONENTS = np.geomspace(0.01, 5.0, 500)  # tried first; between the best and its neighbours after


@dataclass(frozen=True)
class PowerLaw:
    """``L(N) = E + A N^-a``: floor E, scale A, exponent a."""

    floor: float
    scale: float
    exponent: float

    def at(self, size: float) -> float:
        """The loss that it foretells for a size.

        Raises:
            ValueError: the size is not above 0.
        """
        if not size > 0:
            raise ValueError(f"PowerLaw: a size must be above 0, got {size!r}")
        return float(self.floor + self.scale * float(size) ** -self.exponent)


def fit_power_law(
    sizes: Sequence[float] | np.ndarray,
    losses: Sequence[float] | np.ndarray,
    *,
    floor: float | None = None,
) -> PowerLaw:
    """The floor, scale and exponent that come nearest to the losses, by least squares::

        min over E >= 0, A >= 0, a     sum_i (E + A N_i^-a - L_i)²

    For a given a, E and A are those of a straight line in ``N^-a``; a is searched between 0.01 and
    5.  A ``floor`` that is known is not fitted.

    Three sizes determine three numbers and leave no error to judge them by: hold sizes back, and
    foretell those.

    Raises:
        ValueError: fewer than three different sizes; lists of two lengths; sizes not above 0,
            losses or a floor below 0, or numbers that are not finite.
    Source: Hoffmann et al. 2022, "Training Compute-Optimal Large Language Models",
        arXiv:2203.15556, eq. 2, its part for sizes.
    Guide: 8.1.1 (G49).
    """
    n, losses_ = np.asarray(sizes, dtype=np.float64), np.asarray(losses, dtype=np.float64)
    check_points(n, losses_, floor)
    unit = np.exp(np.log(n).mean())  # N^-a of numbers near 1 loses no digits

    def fitted(exponent: float) -> tuple[float, float, float]:
        return line((n / unit) ** -exponent, losses_, floor)

    tried = [fitted(exponent)[0] for exponent in EXPONENTS]
    best = int(np.argmin(tried))
    low = EXPONENTS[max(best - 1, 0)]
    high = EXPONENTS[min(best + 1, len(EXPONENTS) - 1)]
    for _ in range(60):  # a third of the interval goes each time
        first, second = low + (high - low) / 3, high - (high - low) / 3
        low, high = (low, second) if fitted(first)[0] <= fitted(second)[0] else (first, high)
    exponent = float((low + high) / 2)
    _, e, a = fitted(exponent)
    return PowerLaw(e, float(a * unit**exponent), exponent)


def line(x: np.ndarray, y: np.ndarray, floor: float | None) -> tuple[float, float, float]:
    """The squared error, E and A of ``y = E + A x`` with neither below 0."""
    candidates = []
    if floor is None:
        centred = x - x.mean()
        slope = float(centred @ y / (centred @ centred)) if centred.any() else 0.0
        candidates.append((float(y.mean() - slope * x.mean()), slope))
        candidates.append((float(y.mean()), 0.0))
    known = 0.0 if floor is None else floor
    candidates.append((known, max(float(x @ (y - known) / (x @ x)), 0.0)))
    allowed = [(e, a) for e, a in candidates if e >= 0.0 and a >= 0.0]
    return min((float(((e + a * x - y) ** 2).sum()), e, a) for e, a in allowed)


def check_points(n: np.ndarray, losses: np.ndarray, floor: float | None) -> None:
    """Refuse what no law can be fitted to.

    Raises:
        ValueError: as ``fit_power_law``.
    """
    if n.shape != losses.shape or n.ndim != 1:
        raise ValueError(f"fit_power_law: {n.shape} sizes need as many losses, got {losses.shape}")
    if len(np.unique(n)) < 3:
        raise ValueError(
            f"fit_power_law: three numbers need three sizes at least, got {len(np.unique(n))}"
        )
    numbers = [*n, *losses, *([] if floor is None else [floor])]
    if not np.isfinite(numbers).all() or n.min() <= 0 or min(numbers) < 0:
        raise ValueError(
            "fit_power_law: sizes must be above 0, losses and floor at least 0, all finite"
        )
