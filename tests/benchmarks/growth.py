"""How a cost grows with a size: the exponent ``e`` of ``cost = c size^e``."""

from __future__ import annotations

import math
from collections.abc import Sequence


def last_exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """From the two largest sizes: what is constant disturbs it least there."""
    return math.log(costs[-1] / costs[-2]) / math.log(sizes[-1] / sizes[-2])


def fitted_exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """Least squares through all points, in logarithms."""
    x, y = ([math.log(value) for value in values] for values in (sizes, costs))
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    above = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    return above / sum((a - mean_x) ** 2 for a in x)
