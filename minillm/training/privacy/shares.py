"""Each example's share of a weight's gradient: the rules of four ops, not yet added up.

The gradient of a weight is a sum over all positions of all examples.  Here it is taken over the
positions of one example alone, for all examples at once.

Letters: B examples, T positions of one (none, or several axes), I and O features, V rows, D width.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from minillm.backend import Array, array_module, scatter_add

# the arriving gradient g of an op's output -> a share for each of its weights, (B, ...)
Shares = Callable[[Array], tuple[Array, ...]]


def linear_shares(x: Array, weight: Array, bias: Array | None = None) -> Shares:
    """Of ``y = x Wᵀ + b``::

        dL_i/dW = g_iᵀ x_i,   dL_i/db = sum of g_i over the positions of example i

    Shapes: ``x (B, T, I), g (B, T, O) -> (B, O, I), (B, O)``.
    """
    n, positions = len(x), math.prod(x.shape[1:-1])
    rows = x.reshape(n, positions, x.shape[-1])

    def shares(g: Array) -> tuple[Array, ...]:
        of_rows = g.reshape(n, positions, g.shape[-1])
        of_weight = of_rows.swapaxes(1, 2) @ rows
        return (of_weight,) if bias is None else (of_weight, of_rows.sum(axis=1))

    return shares


def embedding_shares(table: Array, *, ids: Array, padding_idx: int | None = None) -> Shares:
    """Of ``y = table[ids]``: ``dL_i/dtable[v] = sum of g_i[t] over all t with ids[i, t] = v``.

    Shapes: ``ids (B, T), g (B, T, D) -> (B, V, D)``; it is one table of B V rows.
    """
    n, (size, width) = len(ids), table.shape
    xp = array_module(table)
    start = size * xp.arange(n).reshape(n, *[1] * (ids.ndim - 1))

    def shares(g: Array) -> tuple[Array, ...]:
        found = scatter_add((n * size, width), ids + start, g).reshape(n, size, width)
        if padding_idx is not None:
            found[:, padding_idx] = 0.0
        return (found,)

    return shares


def layer_norm_shares(x: Array, gain: Array, bias: Array, *, eps: float = 1e-5) -> Shares:
    """Of ``y = gain * z + bias``: ``dL_i/dgain = sum of g_i * z_i``, ``dL_i/dbias = sum of g_i``.

    Shapes: ``x, g (B, T, D) -> (B, D), (B, D)``.
    """
    middle = x - x.mean(axis=-1, keepdims=True)
    z = middle / ((middle**2).mean(axis=-1, keepdims=True) + eps) ** 0.5
    return lambda g: (over_positions(g * z), over_positions(g))


def rms_norm_shares(x: Array, gain: Array, *, eps: float = 1e-6) -> Shares:
    """Of ``y = gain * z``: ``dL_i/dgain = sum of g_i * z_i``.

    Shapes: ``x, g (B, T, D) -> (B, D)``.
    """
    z = x / ((x**2).mean(axis=-1, keepdims=True) + eps) ** 0.5
    return lambda g: (over_positions(g * z),)


def over_positions(g: Array) -> Array:
    """The sum over all axes but the first and the last, (B, T, D) -> (B, D)."""
    return g.sum(axis=tuple(range(1, g.ndim - 1)))
