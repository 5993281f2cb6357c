"""Adam's step as one compiled loop: every number is read once, and written once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minillm.backend import Array
from minillm.backend.compilation import FLAG, NUMBER, filled, given, loop, single
from minillm.optim.adam_in_chunks import adam_in_chunks, is_plain, moments, rate_of

if TYPE_CHECKING:
    from minillm.optim.adam import AdamW

ZERO, INFINITY = single(0.0, np.inf)


def adam_in_a_loop(
    optimizer: AdamW, present: Sequence[int], gradients: Sequence[Array]
) -> list[int]:
    """Change the parameters in float32; ``adam_in_chunks`` may have the others."""
    rest = []
    for i in present:
        p, g = optimizer.parameters[i], gradients[i]
        arrays = (p.data, g, *moments(optimizer, i))
        if not all(is_plain(x) and x.dtype.char == "f" and x.flags.aligned for x in arrays):
            rest.append(i)
            continue
        new = np.empty_like(p.data)
        flat = [x.reshape(-1) for x in (*arrays, new)]
        if not change(*flat, *coefficients(optimizer, i)):
            np.multiply(g, g)  # for NumPy's warning, or what the program has made of it
        p.data = new
    return adam_in_chunks(optimizer, rest, gradients) if rest else []


def coefficients(optimizer: AdamW, i: int) -> tuple[float, ...]:
    """The numbers of the formula for parameter ``i``, in the order in which the loop has them."""
    (b1, b2), rate = optimizer.betas, rate_of(optimizer, i)
    size, root = rate.lr / (1 - b1**rate.updates), (1 - b2**rate.updates) ** -0.5
    return b1, 1 - b1, b2, 1 - b2, size, root, optimizer.eps, rate.lr * rate.weight_decay


@loop(given(1), given(1), filled(1), filled(1), filled(1), *[NUMBER] * 8, returns=FLAG)
def change(
    w: Any, g: Any, m: Any, v: Any, new: Any,
    b1: Any, c1: Any, b2: Any, c2: Any, size: Any, root: Any, eps: Any, decay: Any,
) -> bool:  # fmt: skip
    """``m`` and ``v`` change, ``new`` is filled; whether all of ``v`` is finite."""
    finite = True
    for i in range(w.size):
        mean = b1 * m[i] + c1 * g[i]
        square = b2 * v[i] + c2 * (g[i] * g[i])
        m[i], v[i] = mean, square
        faded = ZERO if decay == ZERO else decay * w[i]  # 0 times infinity is NaN
        new[i] = w[i] - (size * mean / (np.sqrt(square) * root + eps) + faded)
        finite &= square < INFINITY
    return finite
