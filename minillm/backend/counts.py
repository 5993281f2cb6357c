"""Whole numbers out of shares that are written as decimals."""

from __future__ import annotations

import math

ROUNDING = 1e-12  # of the number: what a few products of decimals are off by, and far more


def least_count(x: float) -> int:
    """The least whole number that is not below x, ``ceil(x)`` of what was meant::

        0.07 * 100 is 7.000000000000001 in floats, and 7 are meant: ceil would be 8

    A number within 1e-12 of itself of a whole one counts as that one.
    """
    near = round(x)
    return near if abs(x - near) <= ROUNDING * abs(x) else math.ceil(x)
