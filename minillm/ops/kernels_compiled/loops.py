"""The compiled loops in which an exponential stands: GELU, softmax, cross-entropy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minillm.backend.compilation import (
    FLAG,
    NUMBER,
    PLACE,
    filled,
    given,
    loop,
    part_of_a_loop,
    single,
)

ZERO, HALF, ONE, TWO, FAR = single(0.0, 0.5, 1.0, 2.0, 40.0)

# exp(x) = 2^n exp(r).  Adding 1.5 2^23 rounds to an integer, which then stands in the last bits.
# ln 2 in two parts, the first with few bits, so that n times it is exact; then the coefficients of
# exp(r) for |r| <= ln(2) / 2, the first two being 1.
LEAST, PER_LN_2, ROUNDING, LN_2, LN_2_REST = single(
    -87.3, 1.0 / math.log(2.0), 1.5 * 2.0**23, 0.693359375, -2.12194440e-4
)
E2, E3, E4, E5, E6 = single(0.5, 1.0 / 6.0, 4.1665795894e-2, 8.3334519073e-3, 1.3981999507e-3)
BIAS, FRACTION = np.int32(127), np.int32(23)  # of float32: what is added to n, and n's place


@part_of_a_loop
def exp(x: Any) -> Any:
    """``exp`` of a float32 number up to 88, 0 where float32 has no ordinary number for it."""
    z = LEAST if x < LEAST else x  # NaN stays
    shifted = z * PER_LN_2 + ROUNDING
    n = shifted - ROUNDING
    r = (z - n * LN_2) - n * LN_2_REST
    p = ((((E6 * r + E5) * r + E4) * r + E3) * r + E2) * r * r + r + ONE
    bits = (np.float32(shifted).view(np.int32) + BIAS) << FRACTION
    return ZERO if x < LEAST else p * np.int32(bits).view(np.float32)


# Φ(-a) = exp(-a² / 2) t M(t) with t = 1 / (1 + P a): the largest relative error of the fit, for
# 0 <= a <= 13.5, was made as small as it gets, 1.3e-7 (least squares, weights raised where the
# error is largest, until it is the same everywhere).
P, PHI_OF_0 = single(0.3, 1.0 / math.sqrt(2.0 * math.pi))
M0, M1, M2, M3, M4, M5, M6, M7 = single(
    0.119626395, 0.120798283, 0.0996379483, 0.129467754,
    -0.0553912218, 0.20820388, -0.158274495, 0.0359313934,
)  # fmt: skip


@part_of_a_loop
def normal(x: Any) -> Any:
    """``Φ(x)``, and ``exp(-x² / 2)``."""
    a = abs(x)
    e = exp(-HALF * a * a)
    t = ONE / (ONE + P * a)
    m = ((((((M7 * t + M6) * t + M5) * t + M4) * t + M3) * t + M2) * t + M1) * t + M0
    tail = e * t * m
    return (tail if x < ZERO else ONE - tail), e


@part_of_a_loop
def near(x: Any) -> Any:
    """``x``, or what is as good in a formula in which infinity is not; NaN stays."""
    z = -FAR if x < -FAR else x
    return FAR if z > FAR else z


@loop(given(1), filled(1))
def gelu_values(x: Any, y: Any) -> None:
    """``y = x Φ(x)``."""
    for i in range(x.size):
        z = near(x[i])
        below, _ = normal(z)
        y[i] = (x[i] if x[i] > ZERO else z) * below


@loop(given(1), filled(1), filled(1))
def gelu_and_slope(x: Any, y: Any, slope: Any) -> None:
    """``y = x Φ(x)`` and ``slope = Φ(x) + x φ(x)``."""
    for i in range(x.size):
        z = near(x[i])
        below, e = normal(z)
        y[i] = (x[i] if x[i] > ZERO else z) * below
        slope[i] = below + z * e * PHI_OF_0


A, AB, THREE_AB = single(*(math.sqrt(2.0 / math.pi) * b for b in (1.0, 0.044715, 3 * 0.044715)))


@part_of_a_loop
def sigmoid_of_twice(u: Any) -> Any:
    """``(1 + tanh(u)) / 2``."""
    e = exp(-TWO * abs(u))
    share = ONE / (ONE + e)
    return e * share if u < ZERO else share


@loop(given(1), filled(1))
def gelu_tanh_values(x: Any, y: Any) -> None:
    """``y = x (1 + t) / 2`` with ``t = tanh(a x + a b x³)``."""
    for i in range(x.size):
        z = near(x[i])
        y[i] = (x[i] if x[i] > ZERO else z) * sigmoid_of_twice(z * (A + AB * z * z))


@loop(given(1), filled(1), filled(1))
def gelu_tanh_and_slope(x: Any, y: Any, slope: Any) -> None:
    """``y``, and with ``s = (1 + t) / 2`` the slope ``s + 2 s (1 - s) x (a + 3 a b x²)``."""
    for i in range(x.size):
        z = near(x[i])
        s = sigmoid_of_twice(z * (A + AB * z * z))
        y[i] = (x[i] if x[i] > ZERO else z) * s
        slope[i] = s + TWO * s * (ONE - s) * z * (A + THREE_AB * z * z)


SIGN, OTHERS = np.int32(31), np.int32(0x7FFFFFFF)  # of 32 bits: the place of one, and the rest
INFINITY = np.float32(np.inf)


@part_of_a_loop
def order(x: Any) -> Any:
    """The bits of a float32 number as an integer, in the order of the numbers.

    The largest integer is found several at a time, the largest float is not, because of NaN.
    """
    bits = np.float32(x).view(np.int32)
    return np.int32(bits ^ ((bits >> SIGN) & OTHERS))


@part_of_a_loop
def number(place: Any) -> Any:
    """The number that has this place in the order."""
    return np.int32(place ^ ((place >> SIGN) & OTHERS)).view(np.float32)


@loop(filled(4), given(4, FLAG), NUMBER, returns=FLAG, sums=True)
def softmax_of_scores(p: Any, mask: Any, c: Any) -> bool:
    """``p = softmax(c p)`` over the last axis, 0 where the mask is; not if a score is not finite.

    The first two axes of the mask may be 1.
    """
    for b in range(p.shape[0]):
        for h in range(p.shape[1]):
            mb, mh = min(b, mask.shape[0] - 1), min(h, mask.shape[1] - 1)
            for t in range(p.shape[2]):
                highest = order(-INFINITY)
                for s in range(p.shape[3]):
                    score = c * p[b, h, t, s] if mask[mb, mh, t, s] else -INFINITY
                    p[b, h, t, s] = score
                    highest = max(highest, order(score))
                top = number(highest)
                top = ZERO if top == -INFINITY else top
                total = ZERO
                for s in range(p.shape[3]):
                    e = exp(p[b, h, t, s] - top)
                    p[b, h, t, s] = e
                    total += e
                if not total < INFINITY:
                    return False
                share = ZERO if total == ZERO else ONE / total
                for s in range(p.shape[3]):
                    p[b, h, t, s] *= share
    return True


@loop(filled(2), given(2), NUMBER, sums=True)
def through_softmax(h: Any, p: Any, c: Any) -> None:
    """``h = c p (h - sum_j h_j p_j)``, row by row."""
    for i in range(h.shape[0]):
        mean = ZERO
        for j in range(h.shape[1]):
            mean += h[i, j] * p[i, j]
        for j in range(h.shape[1]):
            h[i, j] = c * p[i, j] * (h[i, j] - mean)


@loop(given(2), given(1, PLACE), given(1), filled(2), filled(1), returns=FLAG, sums=True)
def cross_entropy_rows(x: Any, chosen: Any, share: Any, grad: Any, cost: Any) -> bool:
    """Cost and gradient of each row of logits; not if a logit that counts is NaN or infinite.

    A row with the share 0 does not count.  Gradients that there is no row for are made all in the
    last one, one over the other.
    """
    for i in range(x.shape[0]):
        k = min(i, grad.shape[0] - 1)
        if share[i] == ZERO:
            for j in range(x.shape[1]):
                grad[k, j] = ZERO
            cost[i] = ZERO
            continue
        highest = order(x[i, 0])
        for j in range(x.shape[1]):
            highest = max(highest, order(x[i, j]))
        top, total = number(highest), ZERO
        for j in range(x.shape[1]):
            e = exp(x[i, j] - top)
            grad[k, j] = e
            total += e
        if not total < INFINITY:
            return False
        part = share[i] / total
        for j in range(x.shape[1]):
            grad[k, j] *= part
        grad[k, chosen[i]] -= share[i]
        cost[i] = np.log(total) - (x[i, chosen[i]] - top)
    return True
