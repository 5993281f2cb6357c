"""How many floating-point operations the products of a computation are, counted while it runs.

Letters: T queries, S keys, K width of a query and a key, V width of a value.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minillm.autograd.arithmetic import matmul
from minillm.autograd.observing import observed
from minillm.autograd.recording import Op
from minillm.autograd.tape import VJP
from minillm.backend import Array
from minillm.ops.attention import scaled_dot_product_attention
from minillm.ops.contraction import checked_names, einsum
from minillm.ops.projection import linear

Shares = tuple[Array | None, ...]
# forward, and how many backward for the gradients that a VJP gave
Cost = tuple[int, Callable[[Shares], int]]


@dataclass
class FlopCount:
    """Floating-point operations by op; a product added to a sum is two."""

    forward_of: Counter[str] = field(default_factory=Counter)
    backward_of: Counter[str] = field(default_factory=Counter)

    @property
    def forward(self) -> int:
        """Those of the ops."""
        return self.forward_of.total()

    @property
    def backward(self) -> int:
        """Those of their gradients."""
        return self.backward_of.total()

    @property
    def total(self) -> int:
        """Both."""
        return self.forward + self.backward


@contextmanager
def count_flops() -> Iterator[FlopCount]:
    """``with count_flops() as flops:`` the operations of every product that runs in the block::

        (m, n) @ (n, k)        2 m n k        m n k products, each added to a sum

    Counted are ``matmul``, ``linear``, ``einsum`` and attention, forward and, where the gradients
    are asked for inside the block, backward, by what their *rules* do: a kernel may leave out or
    repeat some, and a mask spares nothing.  Not counted are sums, ``exp`` and the like, which go
    element by element, biases among them: they are a share of about 1/width.  Ops of one's own
    count by the ops that they are made of.  Blocks may stand inside each other.

    Source: Kaplan et al. 2020, "Scaling Laws for Neural Language Models", arXiv:2001.08361,
        section 2.1, counts in the same way.
    Guide: 8.2.1 (G53).
    """
    count, open_now = FlopCount(), [True]

    def observer(
        op: Op, arrays: Sequence[Array], settings: Mapping[str, Any], run: Callable
    ) -> tuple[Array, VJP]:
        output, vjp = run()
        if op not in COSTS:
            return output, vjp
        forward, backward = COSTS[op](arrays, settings)
        count.forward_of[op.__name__] += forward

        def counted(g: Array) -> Shares:
            shares = vjp(g)
            if open_now:
                count.backward_of[op.__name__] += backward(shares)
            return shares

        return output, counted

    try:
        with observed(observer):
            yield count
    finally:
        open_now.clear()


def given(shares: Shares, *places: int) -> int:
    """How many of the gradients at these places were worked out."""
    return sum(shares[i] is not None for i in places if i < len(shares))


def cost_of_linear(arrays: Sequence[Array], settings: Mapping[str, Any]) -> Cost:
    """``x (n, I), W (O, I)``: 2 n I O forward, and as many for dx and for dW."""
    x, weight = arrays[:2]
    product = 2 * x.size * weight.shape[0]
    return product, lambda shares: product * given(shares, 0, 1)


def cost_of_matmul(arrays: Sequence[Array], settings: Mapping[str, Any]) -> Cost:
    """``(..., m, n) @ (..., n, k)``: 2 m n k forward for each pair, and as many for da and db."""
    a, b = arrays
    lead = lead_shape(a.shape[:-2], b.shape[:-2])
    rows, columns = (a.shape[-2:-1] or (1,))[0], b.shape[-1] if b.ndim > 1 else 1
    product = 2 * math.prod(lead) * rows * a.shape[-1] * columns
    return product, lambda shares: product * given(shares, 0, 1)


def cost_of_attention(arrays: Sequence[Array], settings: Mapping[str, Any]) -> Cost:
    """Forward q kᵀ and p v; backward g vᵀ where scores have a gradient, then dq, dk and dv."""
    q, k, v = arrays[:3]
    pairs = 2 * math.prod(lead_shape(q.shape[:-2], k.shape[:-2], v.shape[:-2]))
    pairs *= q.shape[-2] * k.shape[-2]
    scores, values = pairs * q.shape[-1], pairs * v.shape[-1]

    def backward(shares: Shares) -> int:
        through = values if given(shares, 0, 1, 3) else 0
        return through + scores * given(shares, 0, 1) + values * given(shares, 2)

    return scores + values, backward


def cost_of_einsum(arrays: Sequence[Array], settings: Mapping[str, Any]) -> Cost:
    """n operands: n - 1 products and an addition for every combination of the letters' sizes.

    One operand alone is a sum and costs none.  A gradient is the same with g in the place of its
    operand, without the letters that this operand alone has.
    """
    names, result = checked_names(settings["subscripts"], arrays)
    shapes = [x.shape for x in arrays]
    sizes = dict(zip("".join(names), itertools.chain.from_iterable(shapes), strict=True))
    n = len(names) if len(names) > 1 else 0

    def combinations(letters: str) -> int:
        return n * math.prod(sizes[letter] for letter in {*letters})

    def backward(shares: Shares) -> int:
        rest = ["".join([*names[:i], *names[i + 1 :], result]) for i in range(len(names))]
        return sum(combinations(rest[i]) for i, s in enumerate(shares) if s is not None)

    return combinations("".join(names)), backward


def lead_shape(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape to which leading axes stretch."""
    return np.broadcast_shapes(*shapes)


COSTS: dict[Op, Callable[[Sequence[Array], Mapping[str, Any]], Cost]] = {
    linear: cost_of_linear,
    matmul: cost_of_matmul,
    einsum: cost_of_einsum,
    scaled_dot_product_attention: cost_of_attention,
}
