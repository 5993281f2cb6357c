"""Adam's step in pieces that stay in the cache: a kernel, with the meaning of ``AdamW.updated``.

The moments are changed where they are.  The weights become new arrays at each step, as with the
rule: whoever kept the old ones keeps what they were.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from minillm.backend import Array
from minillm.backend.arrays import lies_in_one_piece
from minillm.backend.scratch import aligned_empty, scratch
from minillm.ops.kernels_numpy.plain import chunks

if TYPE_CHECKING:
    from minillm.optim.adam import AdamW

CHUNK = 1 << 15  # numbers; six such pieces are worked on at once
SMALL = 1 << 15  # numbers; smaller parameters are laid end to end, for one call costs as they do


class Rate(NamedTuple):
    """What parameters must have in common to be changed together."""

    updates: int
    lr: float
    weight_decay: float


def adam_in_chunks(
    optimizer: AdamW, present: Sequence[int], gradients: Sequence[Array]
) -> list[int]:
    """Change the parameters that are plain arrays; the places of the others, for the rule."""
    together: dict[tuple[Rate, np.dtype], list[int]] = {}
    rest = []
    for i in present:
        p, g = optimizer.parameters[i], gradients[i]
        if not all(is_plain(x) for x in (p.data, g, *moments(optimizer, i))):
            rest.append(i)
        elif p.size < SMALL:
            together.setdefault((rate_of(optimizer, i), p.dtype), []).append(i)
        else:
            step_alone(optimizer, i, g)
    for (rate, _), places in together.items():
        step_together(optimizer, rate, places, gradients)
    return rest


def is_plain(x: Array) -> bool:
    """Whether an array lies in one piece, in a dtype that the processor has."""
    return lies_in_one_piece(x) and x.dtype.itemsize in (4, 8) and x.size > 0


def moments(optimizer: AdamW, i: int) -> tuple[Array, Array]:
    """Those of parameter ``i``."""
    return optimizer.state["m"][i], optimizer.state["v"][i]


def rate_of(optimizer: AdamW, i: int) -> Rate:
    """How parameter ``i`` is to be changed."""
    return Rate(
        optimizer.updates[i], optimizer.lr * optimizer.lr_scales[i], optimizer.weight_decays[i]
    )


def step_alone(optimizer: AdamW, i: int, g: Array) -> None:
    """Change one parameter; its old numbers are free when this is over."""
    p = optimizer.parameters[i]
    new = aligned_empty(p.shape, p.dtype)
    arrays = (p.data, g, *moments(optimizer, i), new)
    step(optimizer, rate_of(optimizer, i), *(x.reshape(-1) for x in arrays))
    p.data = new


def step_together(
    optimizer: AdamW, rate: Rate, places: list[int], gradients: Sequence[Array]
) -> None:
    """Change small parameters as if they were one."""
    parameters = [optimizer.parameters[i] for i in places]
    ends = np.cumsum([p.size for p in parameters])
    pairs = [moments(optimizer, i) for i in places]
    w, g, m, v = (
        np.concatenate([x.reshape(-1) for x in arrays])
        for arrays in (
            [p.data for p in parameters],
            [gradients[i] for i in places],
            [m for m, _ in pairs],
            [v for _, v in pairs],
        )
    )
    step(optimizer, rate, w, g, m, v, w)
    for p, (old_m, old_v), end in zip(parameters, pairs, ends, strict=True):
        part = slice(end - p.size, end)
        p.data = w[part].reshape(p.shape)
        old_m[...] = m[part].reshape(p.shape)
        old_v[...] = v[part].reshape(p.shape)


def step(optimizer: AdamW, rate: Rate, w: Array, g: Array, m: Array, v: Array, new: Array) -> None:
    """Adam's formula on one-dimensional arrays: ``m`` and ``v`` change, ``new`` is filled."""
    (b1, b2), t = optimizer.betas, rate.updates
    root = (1 - b2**t) ** 0.5  # sqrt(v^) = sqrt(v) / root: it is taken out of the fraction
    eps, size = optimizer.eps * root, rate.lr * root / (1 - b1**t)
    for part in chunks(w.size, CHUNK):
        some_m, some_v = m[part], v[part]
        a = scratch("adam.a", some_m.shape, m.dtype)
        some_m *= b1
        some_m += np.multiply(g[part], 1 - b1, out=a)
        some_v *= b2
        np.multiply(g[part], g[part], out=a)
        a *= 1 - b2
        some_v += a
        np.sqrt(some_v, out=a)
        a += eps
        np.divide(some_m, a, out=a)
        a *= size
        if rate.weight_decay:  # not w (1 - lr decay): float32 has few digits for 1 - 1e-5
            a += np.multiply(
                w[part], rate.lr * rate.weight_decay, out=scratch("adam.b", a.shape, a.dtype)
            )
        np.subtract(w[part], a, out=new[part])
