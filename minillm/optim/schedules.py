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
    if not 0 <= warmup < total:
        raise ValueError(f"needs 0 <= warmup < total, got warmup {warmup} and total {total}")
    if not 0 <= peak < math.inf:
        raise ValueError(f"peak must be a finite number >= 0, got {peak}")

    def rate(step: int) -> float:
        if step < warmup:
            return peak * (step + 1) / warmup
        return peak * max(total - step, 0) / (total - warmup)

    return rate
