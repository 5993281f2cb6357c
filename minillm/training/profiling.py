"""Where a training step spends its time, its operations and its memory: layer by layer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from minillm.autograd import VJP, Op, Tensor
from minillm.autograd.held import held_bytes
from minillm.autograd.observing import observed
from minillm.backend import Array
from minillm.nn import Module
from minillm.ops.flops import COSTS
from minillm.optim import Optimizer
from minillm.training.profile_parts import ITSELF, LOSS, TAPE, UPDATE, Profile, Spent


class Watch:
    """A clock whose time always belongs to somebody: the layer that is at work now.

    ``with watch.by(path, "forward"):`` the time is that layer's, until the block ends or another
    begins inside it.  Nothing is counted twice or left out, so that the layers sum to the total.
    """

    def __init__(self, clock: Callable[[], float]):
        self.clock = clock
        self.layers: dict[str, Spent] = {}
        self.working: list[tuple[str, str]] = []
        self.since = 0.0

    def of(self, path: str) -> Spent:
        """What a layer has spent so far."""
        return self.layers.setdefault(path, Spent())

    def charge(self) -> None:
        """Give the time since the last look to the layer at work."""
        now = self.clock()
        if self.working:
            path, direction = self.working[-1]
            spent, name = self.of(path), f"{direction}_s"
            setattr(spent, name, getattr(spent, name) + now - self.since)
        self.since = now

    @contextmanager
    def by(self, path: str, direction: str) -> Iterator[None]:
        """The time in the block is this layer's."""
        self.charge()
        self.working.append((path, direction))
        try:
            yield
        finally:
            self.charge()
            self.working.pop()

    def observe(
        self, op: Op, arrays: Sequence[Array], settings: Mapping[str, Any], run: Callable
    ) -> tuple[Array, VJP]:
        """An op of the layer at work: its operations, and later the time of its gradient."""
        output, vjp = run()
        path = self.working[-1][0] if self.working else ITSELF
        spent = self.of(path)
        forward, backward = COSTS[op](arrays, settings) if op in COSTS else (0, None)
        spent.forward_flops += forward

        def charged(g: Array) -> tuple[Array | None, ...]:
            with self.by(path, "backward"):
                shares = vjp(g)
            spent.backward_flops += backward(shares) if backward is not None else 0
            return shares

        charged.layer = path  # type: ignore[attr-defined]
        return output, charged


class KnowsLayers(Protocol):
    """What is told which layer is at work, in a block."""

    def by(self, path: str, direction: str) -> AbstractContextManager[None]: ...


Layers = Sequence[tuple[str, Module]]


def layers_of(model: Module) -> Layers:
    """All layers of a model, the model itself among them, by their paths."""
    return [(path or ITSELF, layer) for path, layer in model.named_modules()]


@contextmanager
def watched_layers(layers: Layers, watch: KnowsLayers) -> Iterator[None]:
    """Let every layer of a model tell the watch when it works, within the block.

    Raises:
        ValueError: another block does so already.
    """
    twice = [path for path, layer in layers if "forward" in vars(layer)]
    if twice:
        raise ValueError(f"{twice[0]} is watched already, or has a forward of its own: once is all")
    try:
        for path, layer in layers:
            vars(layer)["forward"] = telling(path, layer.forward, watch)
        yield
    finally:
        for _, layer in layers:
            vars(layer).pop("forward", None)


def telling(path: str, forward: Callable[..., Any], watch: KnowsLayers) -> Callable[..., Any]:
    """A layer's ``forward`` whose time is its own."""

    def told(*args: Any, **kwargs: Any) -> Any:
        with watch.by(path, "forward"):
            return forward(*args, **kwargs)

    return told


def profile_step(
    model: Module,
    loss_of: Callable[[], Tensor],
    optimizer: Optimizer,
    *,
    clock: Callable[[], float] = time.perf_counter,
) -> Profile:
    """Make one training step, and say what each layer of the model spent on it.

    A layer's own time is its forward pass without that of the layers inside it, and the VJPs of
    the ops that ran in it; its operations are those that ``count_flops`` counts, its memory what
    ``held_bytes`` finds.  What no layer does has a line in brackets: the model's own ops, the
    loss, the walk along the tape, the update.  All of these sum to the step, whose time is also
    read by itself; the watching is a part of both, and a step without it is faster.  On a GPU,
    which works on after a call has returned, the times would be those of the calls.

    Raises:
        RuntimeError: the loss depends on no parameter.
    Guide: 7.2.2 (G58).
    """
    watch = Watch(clock)
    with watched_layers(layers_of(model), watch), observed(watch.observe):
        start = clock()
        with watch.by(LOSS, "forward"):
            loss = loss_of()
        seconds = clock() - start
        for node, size in held_bytes(loss, apart_from=arrays_of(model)).items():
            if size:
                watch.of(getattr(node.vjp, "layer", ITSELF)).held_bytes += size
        start = clock()
        optimizer.zero_grad()
        with watch.by(TAPE, "backward"):
            loss.backward()
        with watch.by(UPDATE, "backward"):
            optimizer.step()
        seconds += clock() - start
    for name, parameter in model.named_parameters():
        watch.of(name.rpartition(".")[0] or ITSELF).parameters += parameter.size
    return Profile(in_order(watch.layers, model), seconds)


def arrays_of(model: Module) -> list[Array]:
    """The arrays of the parameters."""
    return [parameter.data for parameter in model.parameters()]


def in_order(layers: dict[str, Spent], model: Module) -> dict[str, Spent]:
    """The layers as the model has them, then what no layer does; what spent nothing is left out."""
    paths = [path for path, _ in model.named_modules() if path]
    names = [*paths, ITSELF, LOSS, TAPE, UPDATE]
    return {name: layers[name] for name in names if name in layers and layers[name] != Spent()}
