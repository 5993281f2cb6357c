"""The slope of a function along a line, by differences, and how far it can be trusted."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

STEP = 1e-5  # near the cube root of float64's rounding, where truncation and rounding balance
STEPS = 6  # at most; each is ten times as long as the one before
ROUNDINGS = 5  # by how many roundings of all values a difference may be wrong
TOLD = 0.1  # what share of the slope the doubt may be, so that the slope counts as known
BENT = 0.02  # a bend gives a tenth of the step a hundredth of the slope, a kink further off none


class Line(NamedTuple):
    """``f(x + t u)`` as a function of ``t``, weighted with ``v`` for a slope that is one number."""

    name: str
    along: Callable[[float], np.ndarray]
    v: np.ndarray
    here: np.ndarray  # along(0)

    def slope(self, h: float) -> float:
        """The central difference ``<v, f(x + h u) - f(x - h u)> / 2h``."""
        return inner(self.v, self.along(h) - self.along(-h)) / (2.0 * h)

    def rounding(self) -> float:
        """How wrong ``<v, f>`` may be, from its size: all values are rounded at least once."""
        values = self.v * self.here
        return ROUNDINGS * float(np.finfo(values.dtype).eps) * length(values)

    def measured_rounding(self) -> float:
        """The same, measured: so close together the values lie on a straight line but for it."""
        h = float(np.sqrt(np.finfo(np.float64).eps))
        bend = self.along(h) - 2.0 * self.here + self.along(-h)
        return max(self.rounding(), ROUNDINGS * length(self.v * bend))


def compare(line: Line, analytic: float, *, step: float = STEP, rtol: float = 1e-6) -> float:
    """The relative difference between the slope of a formula and the slope of the line.

    A difference over a step ``h`` is wrong by the *rounding* of the values over ``h``, and by what
    the line bends, which shows in the slope over another step.  The two together are the doubt;
    beyond ``rtol`` and the doubt the slopes disagree.  Where the doubt is as large as the slope,
    as for a function of 1 that changes by 1e-10, a longer step has less rounding in it.

    A slope of zero can be told as well: the formula's is within the rounding, and the values change
    by no more than that even if x is moved by its own size, or they change by bends only.

    Raises:
        AssertionError: the slopes disagree or are not finite; it cannot be told whether they
            agree; or the function has different values at every call.
    """
    rounding = line.rounding()
    numeric, doubt = line.slope(step), rounding / step
    if agree(analytic, numeric, rtol, doubt) and told(analytic, numeric, doubt):
        return error(analytic, numeric, rtol, doubt)
    if not np.array_equal(line.along(0.0), line.here, equal_nan=True):
        raise AssertionError(
            f"{line.name}: different values at every call; fix what is random in it"
        )
    rounding = line.measured_rounding()
    shorter = line.slope(step / 10.0)
    *_, longest = steps = [step * 10.0**k for k in range(STEPS)]
    for h in steps:
        with np.errstate(all="ignore"):  # a long step may leave the domain of the function
            numeric = line.slope(h)
        if h > step and not np.isfinite(numeric):
            break
        doubt = 10.0 * rounding / h + abs(numeric - shorter)  # the shorter step has that rounding
        if not agree(analytic, numeric, rtol, doubt):
            raise AssertionError(f"{line.name}: vjp {analytic:.9g}, numeric {numeric:.9g}")
        if told(analytic, numeric, doubt):
            return error(analytic, numeric, rtol, doubt)
        only_bent = abs(shorter) <= BENT * abs(numeric) and abs(numeric) * h > 100.0 * rounding
        unmoved = h == longest and abs(numeric) * h <= rounding
        if abs(analytic) <= rounding and (only_bent or unmoved):
            return 0.0
        shorter = numeric
    raise AssertionError(
        f"{line.name}: cannot tell whether vjp {analytic:.3g} is right: numeric {numeric:.3g}, "
        f"but rounding and bends hide {doubt:.3g}"
    )


def inner(a: np.ndarray, b: np.ndarray) -> float:
    """The sum of the products; of what is infinite or NaN without a warning, for it is refused."""
    with np.errstate(all="ignore"):
        return float(np.sum(a * b))


def length(x: np.ndarray) -> float:
    """The Euclidean length, also where the squares would overflow or vanish."""
    largest = float(np.max(np.abs(x), initial=0.0))
    return largest * float(np.linalg.norm(x / largest)) if 0.0 < largest < np.inf else largest


def agree(analytic: float, numeric: float, rtol: float, doubt: float) -> bool:
    """Whether two slopes are the same but for ``rtol`` and the doubt; NaN agrees with nothing."""
    scale = max(abs(analytic), abs(numeric))
    return bool(abs(analytic - numeric) <= rtol * scale + 1.1 * doubt and np.isfinite(scale))


def told(analytic: float, numeric: float, doubt: float) -> bool:
    """Whether the doubt is small beside the slopes."""
    scale = max(abs(analytic), abs(numeric))
    return scale > 0.0 and doubt <= TOLD * scale


def error(analytic: float, numeric: float, rtol: float, doubt: float) -> float:
    """The relative difference; what the doubt explains counts little."""
    scale = max(abs(analytic), abs(numeric))
    return abs(analytic - numeric) / (scale + doubt / rtol)
