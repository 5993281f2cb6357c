"""Named axes and angles again, one combination of elements after the other."""

import itertools
import math

import numpy as np


def einsum(*operands: np.ndarray, subscripts: str) -> np.ndarray:
    left, arrow, result = subscripts.replace(" ", "").partition("->")
    names = left.split(",")
    if not arrow:
        result = "".join(sorted(c for c in set(left) - {","} if left.count(c) == 1))
    sizes = {
        c: n
        for name, x in zip(names, operands, strict=True)
        for c, n in zip(name, x.shape, strict=True)
    }
    y = np.zeros([sizes[c] for c in result])
    for numbers in itertools.product(*map(range, sizes.values())):
        at = dict(zip(sizes, numbers, strict=True))
        factors = [
            float(x[tuple(at[c] for c in name)]) for name, x in zip(names, operands, strict=True)
        ]
        y[tuple(at[c] for c in result)] += math.prod(factors)
    return y


def cosine_similarity(
    a: np.ndarray, b: np.ndarray, *, axis: int = -1, eps: float = 1e-8
) -> np.ndarray:
    rows = np.broadcast_arrays(np.moveaxis(a, axis, -1), np.moveaxis(b, axis, -1))
    y = np.zeros(rows[0].shape[:-1])
    for place in np.ndindex(*y.shape):
        u, v = (row[place].tolist() for row in rows)
        lengths = [max(math.hypot(*vector), float(eps)) for vector in (u, v)]
        y[place] = math.fsum(p / lengths[0] * (q / lengths[1]) for p, q in zip(u, v, strict=True))
    return y
