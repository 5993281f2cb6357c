"""From Rényi differential privacy at one order to (epsilon, delta): two bounds, both true.

A training M is (α, r)-Rényi private if, for texts that differ by one example, the two outcomes
have a Rényi divergence of order α of at most r.
"""

from __future__ import annotations

import math


def epsilon_2017(order: float, divergence: float, delta: float) -> float:
    """The first bound::

        ε = r + ln(1/δ) / (α - 1)

    Raises:
        ValueError: an order that is not above 1 and finite, a divergence below 0, or ``delta``
            outside (0, 1).
    Source: Mironov 2017, "Rényi Differential Privacy", arXiv:1702.07476, proposition 3.
    Guide: 8.2.2 (G54).
    """
    check_order("epsilon_2017", order, divergence, delta)
    return divergence - math.log(delta) / (order - 1)


def epsilon_2020(order: float, divergence: float, delta: float) -> float:
    """The tighter bound: the first one, less ln(α)/(α - 1) - ln((α - 1)/α), which is above 0::

        ε = r + ln((α - 1)/α) - (ln δ + ln α) / (α - 1)

    It may come out below 0, which says no more than 0.

    Raises:
        ValueError: as ``epsilon_2017``.
    Source: Canonne, Kamath & Steinke 2020, "The Discrete Gaussian for Differential Privacy",
        arXiv:2004.00010, proposition 12.
    Guide: 8.2.2 (G54).
    """
    check_order("epsilon_2020", order, divergence, delta)
    gain = math.log1p(-1 / order) - math.log(order) / (order - 1)
    return divergence + gain - math.log(delta) / (order - 1)


def check_order(name: str, order: float, divergence: float, delta: float) -> None:
    """Refuse what has no bound.

    Raises:
        ValueError: as ``epsilon_2017``; the message names the bound.
    """
    if not 1 < order < math.inf:
        raise ValueError(f"{name}: order must be above 1 and finite, got {order}")
    if not divergence >= 0:
        raise ValueError(f"{name}: divergence must be at least 0, got {divergence}")
    check_delta(name, delta)


def check_delta(name: str, delta: float) -> None:
    """Refuse a probability of failure that promises nothing, or is none.

    Raises:
        ValueError: ``delta`` is not between 0 and 1.
    """
    if not 0 < delta < 1:
        raise ValueError(f"{name}: delta must be between 0 and 1, got {delta}")
