"""Power laws with a floor: L = E + A N^-a, fitted to a few sizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

EXPONENTS = np.geomspace(0.01, 5.0, 500)  # tried first; between the best and its neighbours after


@dataclass(frozen=True)
class PowerLaw:
    """``L(N) = E + A N^-a``: floor E, scale A, exponent a.

    ``remark`` says why the numbers are not to be trusted, where the points tell that; else it is
    empty.
    """

    floor: float
    scale: float
    exponent: float
    remark: str = ""

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
    foretell those.  Losses that do not fall, one below a known floor, and an exponent or a floor at
    an end of what is searched get a ``remark``.

    Raises:
        ValueError: fewer than three different sizes; lists of two lengths; sizes not above 0,
            losses or a floor below 0, or numbers that are not finite, or too large to be squared.
    Source: Hoffmann et al. 2022, "Training Compute-Optimal Large Language Models",
        arXiv:2203.15556, eq. 2, its part for sizes.
    Guide: 8.1.1 (G49).
    """
    n, losses_ = np.asarray(sizes, dtype=np.float64), np.asarray(losses, dtype=np.float64)
    check_points(n, losses_, floor)
    unit = np.exp(np.log(n).mean())  # N^-a of numbers near 1 loses no digits

    def fitted(exponent: float) -> tuple[float, float, float]:
        with np.errstate(over="ignore"):
            x = (n / unit) ** -exponent
        return line(x, losses_, floor)

    tried = [fitted(exponent)[0] for exponent in EXPONENTS]
    best = int(np.argmin(tried))
    if not np.isfinite(tried[best]):
        raise ValueError("fit_power_law: sizes or losses are too large to be squared")
    low = EXPONENTS[max(best - 1, 0)]
    high = EXPONENTS[min(best + 1, len(EXPONENTS) - 1)]
    for _ in range(60):  # a third of the interval goes each time
        first, second = low + (high - low) / 3, high - (high - low) / 3
        low, high = (low, second) if fitted(first)[0] <= fitted(second)[0] else (first, high)
    exponent = float((low + high) / 2)
    _, e, a = fitted(exponent)
    with np.errstate(over="ignore"):
        scale = float(a * unit**exponent)
    if not np.isfinite(scale):
        raise ValueError(
            f"fit_power_law: A = {a:g} times {unit:g} to the power of {exponent:g} is beyond all "
            "floats; give the sizes in a larger unit"
        )
    return PowerLaw(e, scale, exponent, remark_on(n, losses_, floor, e, scale, best))


def remark_on(
    n: np.ndarray, losses: np.ndarray, known: float | None, e: float, scale: float, best: int
) -> str:
    """What the points tell against a law of floor e, whose exponent lies near number ``best``."""
    order = np.argsort(n, kind="stable")
    if scale == 0.0 or np.ptp(losses) <= 1e-9 * losses.max():
        first, last = losses[order[[0, -1]]]
        return f"the losses do not fall, {first:g} to {last:g}: the exponent means nothing"
    if known is not None and losses.min() < known:
        return f"the loss {losses.min():g} is below the floor {known:g}"
    if best in (0, len(EXPONENTS) - 1):
        return f"the exponent is at an end of what is searched, {EXPONENTS[best]:g}"
    if known is None and e == 0.0:
        return "the floor is 0, at the end of what is searched: a lower one would fit better"
    return ""


def line(x: np.ndarray, y: np.ndarray, floor: float | None) -> tuple[float, float, float]:
    """The squared error, E and A of ``y = E + A x`` with neither below 0.

    Of an ``x`` that is too large to be squared the error is infinite.
    """
    with np.errstate(over="ignore"):
        if not np.isfinite(x @ x * max(float(y @ y), 1.0)):
            return np.inf, 0.0, 0.0
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
