"""How much privacy a training with noise has spent: the Rényi accountant of sampled Gaussians."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from minillm.training.privacy.conversions import check_delta, epsilon_2017, epsilon_2020

CONVERSIONS: Mapping[str, Callable[[float, float, float], float]] = {
    "2017": epsilon_2017,
    "2020": epsilon_2020,
}
ORDERS = (*(1 + i / 10 for i in range(1, 100)), *range(11, 64), 128, 256, 512)
STEPS_OF_SIGMA = 64  # points of the integral in each standard deviation
LEAST, MOST = 0.05, 1e5  # of the noise that ``noise_for`` looks at
LARGEST = 710.0  # exp of it is beyond all floats


def renyi_of_gaussian(order: float, noise: float) -> float:
    """Rényi divergence of two Gaussians of deviation σ whose means are 1 apart: ``α / (2σ²)``.

    Raises:
        ValueError: an order that is not above 1 and finite, or such a noise that is not above 0.
    Source: Mironov 2017, "Rényi Differential Privacy", arXiv:1702.07476, proposition 7.
    Guide: 8.2.2 (G54).
    """
    check_mechanism("renyi_of_gaussian", 1.0, noise)
    check_alpha("renyi_of_gaussian", order)
    spread = 2 * noise**2
    return order / spread if spread else math.inf


def renyi_of_sampled_gaussian(order: float, rate: float, noise: float) -> float:
    """What one step spends at order α where each example takes part with probability q::

        A = sum_k C(α, k) (1 - q)^(α - k) q^k exp((k² - k) / (2σ²)),   k = 0 ... α
        r = ln(A) / (α - 1)

    σ is the noise in units of the clipping norm.  Orders between the integers are integrated, as
    ``excess_by_integral``.  Of k = 0 and 1 the sum is that of the binomial alone: A - 1 is summed.

    Raises:
        ValueError: an order not above 1 or not finite, ``rate`` outside [0, 1], noise that is not
            above 0 and finite.
    Source: Mironov, Talwar & Zhang 2019, "Rényi Differential Privacy of the Sampled Gaussian
        Mechanism", arXiv:1908.10530, section 3.3.
    Guide: 8.2.2 (G54).
    """
    check_mechanism("renyi_of_sampled_gaussian", rate, noise)
    check_alpha("renyi_of_sampled_gaussian", order)
    if rate == 0:
        return 0.0
    if rate == 1 or noise**2 == 0:
        return renyi_of_gaussian(order, noise)
    if order != int(order):
        return math.log1p(excess_by_integral(order, rate, noise)) / (order - 1)
    logs = [
        log_binomial(int(order), k)
        + (order - k) * math.log1p(-rate)
        + k * math.log(rate)
        + log_expm1((k * k - k) / (2 * noise**2))
        for k in range(2, int(order) + 1)
    ]
    return float(np.logaddexp(0.0, np.logaddexp.reduce(logs))) / (order - 1)


def excess_by_integral(order: float, rate: float, noise: float) -> float:
    """A - 1 as it is defined, for any order, by the trapezoidal rule::

        A = E[(1 + u)^α],   u = q (exp((2z - 1) / (2σ²)) - 1),   z from N(0, σ²),   E[u] = 0

    What is integrated is (1 + u)^α - 1 - αu, which is never below 0.  Where A is beyond all
    floats it is infinite, and the order of no use; so it is where q^α exp((α² - α) / (2σ²)), which
    is less than A, is so large, and no point need be looked at.

    Source: Mironov, Talwar & Zhang 2019, arXiv:1908.10530, section 3.1.
    """
    if order * math.log(rate) + (order * order - order) / (2 * noise**2) > LARGEST:
        return math.inf
    far = 12 * noise
    z = np.arange(-far, order + far, noise / STEPS_OF_SIGMA)
    with np.errstate(over="ignore", invalid="ignore"):
        u = rate * np.expm1((2 * z - 1) / (2 * noise**2))
        weight = np.exp(-(z**2) / (2 * noise**2))
        grown = np.exp(order * np.log1p(u) - z**2 / (2 * noise**2))
        total = (grown - (1 + order * u) * weight).sum()
    excess = total / (STEPS_OF_SIGMA * math.sqrt(2 * math.pi))
    return max(float(excess), 0.0) if math.isfinite(excess) else math.inf


def log_binomial(n: int, k: int) -> float:
    """ln C(n, k)."""
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def log_expm1(x: float) -> float:
    """ln(exp(x) - 1) for x above 0, where exp(x) may be beyond all floats."""
    return x + math.log1p(-math.exp(-x)) if x > 1 else math.log(math.expm1(x))


@dataclass(frozen=True)
class Budget:
    """What a training promises: (ε, δ), the order at which it was found and the bound it is by."""

    epsilon: float
    delta: float
    order: float
    conversion: str


def epsilon_spent(
    *,
    rate: float,
    noise: float,
    steps: int,
    delta: float,
    conversion: str = "2020",
    orders: Sequence[float] = ORDERS,
) -> Budget:
    """(ε, δ) of ``steps`` steps; the divergences of one order add up, and the best order counts::

        ε = min over α of conversion(α, T r(α), δ)

    ``conversion`` names the bound: "2017" (Mironov) or "2020" (Canonne, Kamath & Steinke).  Of no
    step, or of steps in which nobody takes part, ε is 0 whatever the noise.

    Raises:
        ValueError: ``rate`` outside [0, 1], noise not above 0, steps that are not a whole number
            from 0 on, ``delta`` outside (0, 1), another conversion, no orders, or one that is not
            above 1 and finite.
    Source: Mironov 2017, arXiv:1702.07476, proposition 1, on the sum.
    Guide: 8.2.2 (G54).
    """
    check_mechanism("epsilon_spent", rate, noise)
    check_delta("epsilon_spent", delta)
    if not 0 <= steps < math.inf or steps != int(steps):
        raise ValueError(f"epsilon_spent: steps must be a whole number from 0 on, got {steps}")
    if conversion not in CONVERSIONS:
        raise ValueError(
            f"epsilon_spent: conversion must be one of {[*CONVERSIONS]}, got {conversion!r}"
        )
    if len(orders) == 0:
        raise ValueError("epsilon_spent: needs at least one order, got none")
    bound = CONVERSIONS[conversion]

    def spent(order: float) -> float:
        of_step = renyi_of_sampled_gaussian(order, rate, noise)
        return steps * of_step if steps else 0.0  # 0 times infinity is no number

    epsilon, order = min((bound(a, spent(a), delta), a) for a in orders)
    return Budget(max(epsilon, 0.0) if steps and rate else 0.0, delta, order, conversion)


def noise_for(
    *, epsilon: float, delta: float, rate: float, steps: int, conversion: str = "2020"
) -> float:
    """The least noise, in units of the clipping norm, with which so many steps cost at most ε.

    Found by halving between 0.05 and 1e5, to one part in 10,000: ε falls as noise grows.  Where
    even less than 0.05 would do, it is 0.05.

    Raises:
        ValueError: ``epsilon`` is not a finite number above 0, or needs noise beyond all bounds;
            as ``epsilon_spent``.
    Guide: 8.2.2 (G54).
    """
    if not 0 < epsilon < math.inf:
        raise ValueError(f"noise_for: epsilon must be above 0 and finite, got {epsilon}")

    def spent(noise: float) -> float:
        return epsilon_spent(
            rate=rate, noise=noise, steps=steps, delta=delta, conversion=conversion
        ).epsilon

    low, high = LEAST, 1.0
    while spent(high) > epsilon:
        low, high = high, 2 * high
        if high > MOST:
            raise ValueError(f"noise_for: no noise up to {MOST:g} gives an epsilon of {epsilon}")
    if spent(LEAST) <= epsilon:
        return LEAST
    while high - low > 1e-4 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if spent(middle) > epsilon else (low, middle)
    return high


def check_mechanism(name: str, rate: float, noise: float) -> None:
    """Refuse what is no sampling rate or no noise.

    Raises:
        ValueError: naming the function, the argument and what was given.
    """
    if not 0 <= rate <= 1:
        raise ValueError(f"{name}: rate must be a probability from 0 to 1, got {rate}")
    if not 0 < noise < math.inf:
        raise ValueError(f"{name}: noise must be above 0 and finite, got {noise}")


def check_alpha(name: str, order: float) -> None:
    """Refuse an order of which there is no divergence.

    Raises:
        ValueError: it is not above 1 and finite.
    """
    if not 1 < order < math.inf:
        raise ValueError(f"{name}: order must be above 1 and finite, got {order}")
