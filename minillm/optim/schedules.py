"""Learning rates as functions of the step."""

from __future__ import annotations

import math
from collections.abc import Callable
from numbers import Integral, Real

from minillm.optim.groups import checked_number


def linear_with_warmup(*, peak: float, warmup: int, total: int) -> Callable[[int], float]:
    """Up to ``peak`` in ``warmup`` steps, then down to 0 at step ``total``, in straight lines::

        lr(t) = peak (t + 1) / warmup                      for t < warmup
        lr(t) = peak (total - t) / (total - warmup)        for t >= warmup, and 0 from total on

    Steps count from 0; the first one already moves.

    Raises:
        ValueError: not ``0 <= warmup < total``, or a ``peak`` that is negative or not finite.
        TypeError: ``warmup`` or ``total`` is not an integer.
    Source: Devlin et al. 2019, "BERT", appendix A.2.
    """
    peak, warmup, total = checked_schedule(peak=peak, warmup=warmup, total=total)

    def rate(step: int) -> float:
        if step < warmup:
            return peak * (step + 1) / warmup
        return peak * max(total - step, 0) / (total - warmup)

    return rate


def cosine_with_warmup(
    *, peak: float, warmup: int, total: int, lowest: float = 0.0
) -> Callable[[int], float]:
    """Up to ``peak`` in ``warmup`` steps, then down to ``lowest`` on half a cosine::

        lr(t) = peak (t + 1) / warmup                                          for t < warmup
        lr(t) = lowest + (peak - lowest) (1 + cos(π s)) / 2                    for t >= warmup
        s = (t - warmup) / (total - warmup),  and 1 from total on

    Flat at both ends: it stays long near the peak and comes to rest at ``lowest``.

    Raises:
        ValueError, TypeError: as ``linear_with_warmup``, or not ``0 <= lowest <= peak``.
    Source: Loshchilov & Hutter 2017, "SGDR: Stochastic Gradient Descent with Warm Restarts",
        eq. 5, without the restarts; Radford et al. 2018, section 4.1, for the warm-up.
    """
    peak, warmup, total = checked_schedule(peak=peak, warmup=warmup, total=total)
    if not (isinstance(lowest, Real) and 0 <= lowest <= peak):
        raise ValueError(f"lowest must be between 0 and the peak {peak}, got {lowest!r}")
    lowest = float(lowest)

    def rate(step: int) -> float:
        if step < warmup:
            return peak * (step + 1) / warmup
        if step >= total:
            return lowest  # the cosine of π is -1 only to within rounding
        share = (step - warmup) / (total - warmup)
        return lowest + (peak - lowest) * 0.5 * (1.0 + math.cos(math.pi * share))

    return rate


def inverse_square_root_with_warmup(*, peak: float, warmup: int) -> Callable[[int], float]:
    """Up to ``peak`` in ``warmup`` steps, then down with the square root of the step's number::

        lr(t) = peak min((t + 1) / warmup, sqrt(warmup / (t + 1)))

    It has no end: training may go on for as long as it pays, with no total to be chosen before.
    The first Transformer has the peak 1 / sqrt(D warmup), with D the model width.

    Raises:
        ValueError: ``warmup`` is below 1, or a ``peak`` that is negative or not finite.
        TypeError: ``warmup`` is not an integer.
    Source: Vaswani et al. 2017, "Attention Is All You Need", section 5.3, eq. 3.
    """
    if isinstance(warmup, Integral) and warmup < 1:
        raise ValueError(f"warmup must be at least 1 step, got {warmup}")
    peak, warmup, _ = checked_schedule(peak=peak, warmup=warmup, total=warmup + 1)

    def rate(step: int) -> float:
        return peak * min((step + 1) / warmup, math.sqrt(warmup / (step + 1)))

    return rate


def checked_schedule(*, peak: float, warmup: int, total: int) -> tuple[float, int, int]:
    """The three as plain numbers: those of NumPy would wrap round in uint8, or round in float32.

    Raises:
        TypeError: ``warmup`` or ``total`` is not an integer.
        ValueError: no step would be left after the warm-up, or the peak is not a number.
    """
    for name, steps in (("warmup", warmup), ("total", total)):
        if not isinstance(steps, Integral):
            raise TypeError(f"{name} must be a whole number of steps, got {steps!r}")
    if not 0 <= warmup < total:
        raise ValueError(f"needs 0 <= warmup < total, got warmup {warmup} and total {total}")
    return checked_number("peak", peak), int(warmup), int(total)
