"""The guide's worked example of word vectors (section 4.2.1), step by step as it can be done."""

from __future__ import annotations

import math

import numpy as np

COUNTS = np.array([[0.0, 10.0], [10.0, 0.0]])  # rows and columns: apple, banana
PRINTED_PRODUCT = math.exp(-1.0)  # 0.367879, what the guide finds for apple · banana


def term(product: float, frequencies: tuple[float, float]) -> float:
    """The guide's term for a pair of words::

        ln σ(x / sqrt(f(i) + f(j))),      x = V[i] · V[j]

    It is below 0 and comes as near to 0 as one likes, the larger x is: no value of it is the
    right one, and -1, where the guide sets it, is none in particular.

    Raises:
        ValueError: frequencies whose sum is not above 0.
    Guide: 4.2.1 (G12).
    """
    z = product / root_of(frequencies)
    return min(z, 0.0) - math.log1p(math.exp(-abs(z)))


def product_for(value: float, frequencies: tuple[float, float]) -> float:
    """The product x at which the term has this value::

        ln σ(x / r) = value  =>  x = r ln(p / (1 - p)),    p = exp(value),  r = sqrt(f(i) + f(j))

        value -1:    x = -r ln(e - 1) = -1.711819 with the guide's r = sqrt(10 + 0)
                                        -2.420878 with r = sqrt(10 + 10), as both words occur

    The guide drops σ and r and has exp(-1) = 0.367879, at which the term is -0.636671.

    Raises:
        ValueError: a value that is not below 0; frequencies as in ``term``.
    Guide: 4.2.1 (G12).
    """
    if not value < 0:
        raise ValueError(f"product_for: the logarithm of σ is below 0, got {value}")
    return root_of(frequencies) * (value - math.log(-math.expm1(value)))


def root_of(frequencies: tuple[float, float]) -> float:
    """``sqrt(f(i) + f(j))``.

    Raises:
        ValueError: the sum is not a number above 0.
    """
    total = sum(frequencies)
    if not 0 < total < math.inf:
        raise ValueError(f"frequencies must add up to a number above 0, got {frequencies}")
    return math.sqrt(total)


def vector_with_product(
    product: float, other: np.ndarray, sideways: np.ndarray | None = None
) -> np.ndarray:
    """One of all vectors u that have a given product c with a vector v::

        u · v = c    <=>    u = c v / |v|² + z    with  z · v = 0

    ``sideways`` is any vector; its part along v is taken off, and what is left is z.  Without it
    u is the shortest one.  In D dimensions the z form a space of D - 1: one number does not
    determine a vector.  The guide's ``c / V[banana]`` does not exist; divided entry by entry,
    it would have the product D c.

    Shapes: ``other (D,), sideways (D,) -> (D,)``.

    Raises:
        ValueError: ``other`` is 0, so that it has no other product than 0; shapes that differ.
    Guide: 4.2.1 (G12).
    """
    v = np.asarray(other, dtype=float)
    square = float(v @ v) if v.ndim == 1 else 0.0
    if not 0 < square < math.inf:
        raise ValueError(f"vector_with_product: needs a vector other than 0, got {v.shape}")
    z = np.zeros_like(v) if sideways is None else np.asarray(sideways, dtype=float)
    if z.shape != v.shape:
        raise ValueError(f"vector_with_product: sideways must be {v.shape}, got {z.shape}")
    found: np.ndarray = (product - z @ v) / square * v + z
    return found


def constraint_rank(apple: np.ndarray, banana: np.ndarray) -> int:
    """How many of the guide's two equations for two vectors say something of their own::

        apple · banana = c  and  banana · apple = c      have the slopes (banana, apple), twice

    The rank of that matrix is 1: of 2 D unknown numbers 2 D - 1 stay free.

    Shapes: ``apple (D,), banana (D,)``.

    Guide: 4.2.1 (G12).
    """
    slopes = np.concatenate([banana, apple])
    return int(np.linalg.matrix_rank(np.stack([slopes, slopes])))
