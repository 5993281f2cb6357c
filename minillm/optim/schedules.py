"""Learning rates as functions of the step."""

from __future__ import annotations

import math
from collections.abc import Callable


def linear_with_warmup(*, peak: float, warmup: int, total: int) -> Callable[[int], float]:
    """Up to ``peak`` in ``warmup`` steps, then down to 0 at step ``total``, both in straight lines.

        lr(t) = peak (t + 1) / warmup                      for t < warmup
        lr(t) = peak (total - t) / (total - warmup)        for t >= warmup, and 0 from total on

    Steps count from 0; the first one already moves.

    Raises:
        ValueError: not ``0 <= warmup < total``, or a ``peak`` that is negative or not finite.
    Source: Devlin et al. 2019, "BERT", appendix A.2.
    """
    check_schedule(peak=peak, warmup=warmup, total=total)

    def rate(step: int) -> float:
        if step < warmup:
            return peak * (step + 1) / warmup
        return peak * max(total - step, 0) / (total - warmup)

    return rate


def cosine_with_warmup(
    *, peak: float, warmup: int, total: int, lowest: float = 0.0
) -> Callable[[int], float]:
    """Up to ``peak`` in ``warmup`` steps, then down to ``lowest`` on half a cosine.

        lr(t) = peak (t + 1) / warmup                                          for t < warmup
        lr(t) = lowest + (peak - lowest) (1 + cos(π s)) / 2                    for t >= warmup
        s = (t - warmup) / (total - warmup),  and 1 from total on

    Flat at both ends: it stays long near the peak and comes to rest at ``lowest``.

    Raises:
        ValueError: as ``linear_with_warmup``, or not ``0 <= lowest <= peak``.
    Source: Loshchilov & Hutter 2017, "SGDR: Stochastic Gradient Descent with Warm Restarts",
        eq. 5, without the restarts; Radford et al. 2018, section 4.1, for the warm-up.
    """
    check_schedule(peak=peak, warmup=warmup, total=total)
    if not 0 <= lowest <= peak:
        raise ValueError(f"lowest must be between 0 and the peak {peak}, got {lowest}")

    def rate(step: int) -> float:
        if step < warmup:
            return peak * (step + 1) / warmup
        if step >= total:
            return lowest  # the cosine of π is -1 only to within rounding
        share = (step - warmup) / (total - warmup)
        return lowest + (peak - lowest) * 0.5 * (1.0 + math.cos(math.pi * share))

    return rate


def check_schedule(*, peak: float, warmup: int, total: int) -> None:
    """Refuse a schedule that would leave no step after its warm-up, or has no number for a peak.

    Raises:
        ValueError: naming the values.
    """
    if not 0 <= warmup < total:
        raise ValueError(f"needs 0 <= warmup < total, got warmup {warmup} and total {total}")
    if not 0 <= peak < math.inf:
        raise ValueError(f"peak must be a finite number >= 0, got {peak}")
