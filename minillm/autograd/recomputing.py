"""Keep what enters a block, and compute what is inside again when the backward pass gets there.

Letters: L blocks, I bytes of what enters one, A bytes that its tape holds.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from minillm.autograd.grad_mode import is_recording, mode
from minillm.autograd.tape import Node, Onward, ticks
from minillm.autograd.tensor import Tensor
from minillm.backend import Array, array_module

T = TypeVar("T")


class Draws(threading.local):
    """How this thread comes by what a block draws."""

    source: Callable[[Callable[[], Any]], Any] | None = None  # None: it draws


draws = Draws()


def recompute(block: Callable[..., Any], *inputs: Any, **settings: Any) -> Any:
    """``block(*inputs, **settings)``, whose inside is not kept but computed once more::

        forward     y = f(x)                          no tape: x is kept, and what f draws
        backward    y = f(x) with a tape,  then       dL/dx, dL/dw of it by the chain rule

    L blocks one after another hold ``L I + A`` bytes and not ``L A``, and a step takes one more
    forward pass through them.  Groups of k blocks hold ``(L / k) I + k A``: least at
    k = √(L I / A), where that is 2 √(L I A), of the order of √L.

    Loss and gradients are those without it, to the bit: the same ops in the same order, dropout
    with the same masks, and shares that are added in the same order.  ``block`` is any function of
    tensors that gives one or a tuple of them; what it draws, it draws by ``once``.

    Where nothing is recorded it is just called.

    Raises:
        TypeError: ``block`` gives something else than tensors.
        RuntimeError: in the backward pass, a block that draws more, fewer, or gives other shapes
            than before; a parameter or input that was changed since.
    Source: Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost", arXiv:1604.06174,
        section 4; Griewank & Walther 2008, "Evaluating Derivatives", chapter 12.
    Guide: 8.2.1 (G53).
    """
    if not is_recording():
        return block(*inputs, **settings)
    drawn: list[Any] = []
    with unrecorded(drawn) as met:
        answer = block(*inputs, **settings)
    outputs = checked_outputs(answer)
    if not met:  # constants in, constants out
        return answer

    def again() -> tuple[Tensor, ...]:
        with recorded_again(drawn):
            return checked_outputs(block(*inputs, **settings))

    made = joined(outputs, tuple(met), again)
    return made[0] if isinstance(answer, Tensor) else type(answer)(made)


def in_forward_of_recompute() -> bool:
    """Whether a block is being computed now that will be computed again, with a tape."""
    return mode.met is not None


def once(draw: Callable[[], T]) -> T:
    """``draw()``; inside ``recompute`` what it gave in the forward pass, also in the backward one.

    For what must not be drawn or counted twice: the number of a mask, a sample.
    """
    found: T = draw() if draws.source is None else draws.source(draw)
    return found


@contextmanager
def unrecorded(drawn: list[Any]) -> Iterator[dict[Node, None]]:
    """Compute without a tape; ``drawn`` gets what is drawn, and the nodes that ops meet are given.

    A block inside such a block is computed here as any other function.
    """
    before, met = draws.source, dict[Node, None]()

    def noted(draw: Callable[[], Any]) -> Any:
        drawn.append(draw() if before is None else before(draw))
        return drawn[-1]

    with set_to(recording=False, met=met, source=noted):
        yield met


@contextmanager
def recorded_again(drawn: list[Any]) -> Iterator[None]:
    """Compute with a tape what draws as it did before.

    Raises:
        RuntimeError: it draws more or less often.
    """
    left = iter(drawn)

    def repeated(_: Callable[[], Any]) -> Any:
        for value in left:
            return value
        raise RuntimeError(f"recompute: the block drew {len(drawn)} times, and now once more")

    with set_to(recording=True, met=None, source=repeated):
        yield
    if unused := sum(1 for _ in left):
        raise RuntimeError(
            f"recompute: the block drew {len(drawn)} times, and now {len(drawn) - unused}"
        )


@contextmanager
def set_to(*, recording: bool, met: dict[Any, None] | None, source: Any) -> Iterator[None]:
    """The thread's grad mode and source of draws, within the block."""
    before = mode.recording, mode.met, draws.source
    mode.recording, mode.met, draws.source = recording, met, source
    try:
        yield
    finally:
        mode.recording, mode.met, draws.source = before


def joined(
    outputs: tuple[Tensor, ...], parents: tuple[Node, ...], again: Callable[[], tuple[Tensor, ...]]
) -> tuple[Tensor, ...]:
    """The outputs with one node below them all, which waits for the gradients of every one.

    The gradients do not pass through that node: the walk goes on in the tape made anew.
    """
    arrived: dict[tuple[int, int], Array] = {}  # by thread and by output

    def arriving_at(i: int) -> Callable[[Array], tuple[Array]]:
        def vjp(g: Array) -> tuple[Array]:
            arrived[threading.get_ident(), i] = g
            return (nothing_like(g),)

        return vjp

    def vjp(_: Array) -> Onward:
        since, thread = next(ticks), threading.get_ident()
        pairs = [(y, arrived.pop((thread, i), None)) for i, y in enumerate(again())]
        gradients: dict[Node, Array] = {}
        for y, g in pairs:
            if g is not None and y.node is not None:
                check_same(y, g)
                gradients[y.node] = gradients[y.node] + g if y.node in gradients else g
        return Onward(gradients, since)

    below = Node("recompute", nothing_like(outputs[0].data), parents, vjp)
    return tuple(  # an input that is handed on has its node already
        Tensor(y.data, node=y.node or Node("recompute", y.data, (below,), arriving_at(i)))
        for i, y in enumerate(outputs)
    )


def nothing_like(x: Array) -> Array:
    """What is passed on in the place of a gradient: an array without axes."""
    return array_module(x).zeros((), x.dtype)


def check_same(y: Tensor, g: Array) -> None:
    """Refuse an output that has another form than in the forward pass.

    Raises:
        RuntimeError: names both.
    """
    if y.shape != g.shape or y.dtype != g.dtype:
        raise RuntimeError(
            f"recompute: the block gave {g.shape} {g.dtype}, and now {y.shape} {y.dtype}"
        )


def checked_outputs(answer: Any) -> tuple[Tensor, ...]:
    """What a block gave, as a tuple.

    Raises:
        TypeError: it is neither a tensor nor a tuple or list of them.
    """
    several = isinstance(answer, tuple | list)
    outputs = tuple(answer) if several else (answer,)
    if outputs and all(isinstance(y, Tensor) for y in outputs):
        return outputs
    raise TypeError(
        f"recompute: the block must give a Tensor or a tuple of them, got a {type(answer).__name__}"
    )
