"""The gradient of every example of a batch by itself, by one pass over all of them.

A kernel has the meaning of its rule.  Those that are put in force here have it, too; only they
keep, before it is added up, each example's share of a weight's gradient.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from minillm.autograd import VJP, Op, Parameter, Tensor, gradients_of
from minillm.autograd.recording import Rule, takes_wanted
from minillm.autograd.tape import Node, reverse_topological
from minillm.backend import Array, array_module
from minillm.ops import embedding, layer_norm, linear, rms_norm
from minillm.training.privacy.shares import (
    Shares,
    embedding_shares,
    layer_norm_shares,
    linear_shares,
    rms_norm_shares,
)

# op -> where its weights begin among the operands, and how their shares are found
SHARED: dict[Op, tuple[int, Callable[..., Shares]]] = {
    linear: (1, linear_shares),
    embedding: (0, embedding_shares),
    layer_norm: (1, layer_norm_shares),
    rms_norm: (1, rms_norm_shares),
}
ONE_AT_A_TIME = threading.RLock()  # kernels are in force for the whole process


def per_example_gradients(
    losses_of: Callable[[Any], Tensor],
    batch: Any,
    parameters: Sequence[Parameter],
    *,
    allow_unused: bool = False,
) -> tuple[Array, list[Array]]:
    """The losses of all examples, and each one's gradient, without a loop over examples::

        G_p[i] = d L_i / d p,     sum_i G_p[i] = d (sum_i L_i) / d p

    ``losses_of(batch)`` gives one loss for each example, ``(B,)``.  Examples must not meet: no
    output of one may depend on another, as in batch normalization.  Every parameter must enter
    through ``linear``, ``embedding``, ``layer_norm`` or ``rms_norm`` with the examples as the first
    axis.  A ``Gpt`` with rotary positions does; a table of positions, added to all examples alike,
    does not.

    Shapes: ``(B,)``, and for each parameter ``(B, *its own)``: B times the memory of the model.
    With ``allow_unused`` a parameter that does not influence the loss has zeros, frozen ones too.

    Raises:
        TypeError: the losses are not a Tensor.
        ValueError: they are not a row; a parameter enters another way, which is named.
        RuntimeError: a parameter does not influence the loss, unless ``allow_unused``.
    Source: Goodfellow 2015, "Efficient Per-Example Gradient Computations", arXiv:1510.01799, for
        linear layers.
    Guide: 8.2.2 (G54).
    """
    kept: list[tuple[Array, Array]] = []  # a weight's array, and the shares of one use of it
    with shares_kept(kept, array_module(*(p.data for p in parameters))):
        losses = losses_of(batch)
        if not isinstance(losses, Tensor):
            kind = type(losses).__name__
            raise TypeError(f"per_example_gradients: losses_of must return a Tensor, got {kind}")
        if losses.ndim != 1 or not losses.size:
            raise ValueError(
                "per_example_gradients: losses_of must give one loss for each example, (B,), "
                f"got {losses.shape}"
            )
        check_uses(losses, parameters)
        found = gradients_of(losses.sum(), parameters, allow_unused=allow_unused)
    n = len(losses.data)
    return losses.data, [
        array_module(p.data).zeros((n, *p.shape), dtype=p.dtype)
        if of_all is None
        else collected(p, kept, n)
        for p, of_all in zip(parameters, found, strict=True)
    ]


def collected(parameter: Parameter, kept: Sequence[tuple[Array, Array]], n: int) -> Array:
    """The sum over all uses of a parameter, as of a table that is the output layer, too.

    Raises:
        ValueError: a use had another first axis than that of the examples.
    """
    total: Array | None = None
    for weight, shares in kept:
        if weight is parameter.data:
            if len(shares) != n:
                raise ValueError(
                    f"per_example_gradients: {n} losses, but a parameter of shape "
                    f"{parameter.shape} was used on {len(shares)} examples; the first axis must "
                    "be that of the examples"
                )
            total = shares if total is None else total + shares
    if total is None:
        raise ValueError(
            f"per_example_gradients: nothing was kept of a parameter of shape {parameter.shape}"
        )
    return total


def check_uses(losses: Tensor, parameters: Sequence[Parameter]) -> None:
    """Refuse parameters that enter through an op whose shares are not known.

    Raises:
        ValueError: naming the op, and the parameter by its place and shape.
    """
    if losses.node is None:
        return  # gradients_of says so
    places: dict[Node | None, int] = {p.node: i for i, p in enumerate(parameters)}
    known = {op.__name__ for op in SHARED}
    for node in reverse_topological(losses.node):
        for parent in node.parents:
            if parent in places and parent is not None and node.name not in known:
                i = places[parent]
                raise ValueError(
                    f"per_example_gradients: parameter {i} of shape {parameters[i].shape} enters "
                    f"through {node.name}; only {', '.join(sorted(known))} are known by example "
                    "(learned positions have no axis of examples; rotary ones learn nothing)"
                )


@contextmanager
def shares_kept(kept: list[tuple[Array, Array]], library: ModuleType) -> Iterator[None]:
    """Within the block, what this thread computes leaves its shares in ``kept``.

    Another thread gets the kernels that there were before.
    """
    with ONE_AT_A_TIME:
        before = {op: op.kernels.get(library) for op in SHARED}
        for op in SHARED:
            op.kernels[library] = keeping(op, before[op] or op.rule, kept)
        try:
            yield
        finally:
            for op, kernel in before.items():
                if kernel is None:
                    del op.kernels[library]
                else:
                    op.kernels[library] = kernel


def keeping(op: Op, plain: Rule, kept: list[tuple[Array, Array]]) -> Rule:
    """A kernel that answers what ``plain`` does, and keeps the shares of the weights' gradients.

    The gradient of a weight is then their sum.
    """
    first, shares_of = SHARED[op]
    mine, asks = threading.get_ident(), takes_wanted(plain)

    def kernel(*operands: Array, wanted: tuple[bool, ...], **settings: Any) -> tuple[Array, VJP]:
        ours = threading.get_ident() == mine and any(wanted[first:])
        told = {"wanted": of_inputs(wanted, first) if ours else wanted} if asks else {}
        y, plain_vjp = plain(*operands, **settings, **told)
        if not ours:
            return y, plain_vjp
        shares = shares_of(*operands, **settings)

        def vjp(g: Array) -> tuple[Array | None, ...]:
            found = shares(g)
            kept.extend(zip(operands[first:], found, strict=True))
            inputs = plain_vjp(g)[:first] if first else ()
            return *inputs, *(one.sum(axis=0) for one in found)

        return y, vjp

    return kernel


def of_inputs(wanted: tuple[bool, ...], first: int) -> tuple[bool, ...]:
    """The same wishes, without the weights, whose gradients are made of their shares."""
    return (*wanted[:first], *(False for _ in wanted[first:]))
