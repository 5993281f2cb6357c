"""``with watched(model, optimizer):`` a fault ends training, by the name of what began it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

from minillm.autograd import VJP, Op, Parameter
from minillm.autograd.grad_mode import is_recording
from minillm.autograd.observing import observed
from minillm.backend import Array
from minillm.nn import Module
from minillm.optim import Optimizer
from minillm.training.loop import DivergenceError, Step
from minillm.training.profile_parts import ITSELF, LOSS
from minillm.training.profiling import layers_of, watched_layers
from minillm.training.watching.findings import FaultFound, Finding
from minillm.training.watching.limits import WatchLimits
from minillm.training.watching.origins import Origins, Place, is_finite
from minillm.training.watching.sizes import Activations, Updates
from minillm.training.watching.subjects import check, forgotten, names_of
from minillm.training.watching.trends import Trends, told
from minillm.training.watching.units import Units


class Watch:
    """Looks at every op and every update of a training while ``looking()``.

    * a NaN or infinity that reaches the loss or a gradient: the op, layer and direction in which
      it arose, or the parameter or input that had it;
    * gradients that explode, are missing, or are nothing but zeros;
    * parameters that the loss depends on and no optimiser changes, though they are not frozen;
    * updates and activations far too large, updates that rounding swallows, a loss that rises;
    * units behind a relu or gelu that are never active.

    Only ops of this thread are seen.  What is computed is the same as without a watch.

    Raises:
        TypeError: ``model`` is not a module, or an optimiser is something else.
        ValueError: a model without parameters, or no optimiser.
        FaultFound: when an update is about to be made, or was made and is undone.
    Guide: 7.2.2 (G58).
    """

    def __init__(self, model: Module, *optimizers: Optimizer, limits: WatchLimits | None = None):
        check(model, optimizers)
        self.model, self.optimizers = model, optimizers
        limits = limits or WatchLimits()
        self.layers = layers_of(model)
        self.named = dict(model.named_parameters())
        self.of = {
            id(one): (Trends(names, limits), Updates(names, limits))
            for one, names in ((one, names_of(model, one)) for one in optimizers)
        }
        self.units, self.activations = Units(limits), Activations(limits)
        self.origins = Origins(self.names)
        self.working: list[str] = []  # the layers at work, the innermost last
        self.inside = False  # of an op, which may run others
        self.first = True
        self.begin()

    def begin(self) -> None:
        """A new update."""
        self.ids: dict[int, str] = {}
        self.used: set[str] = set()
        self.loss: float | None = None
        self.walking = False  # back along the tape
        self.origins.forget()

    def names(self) -> Mapping[int, str]:
        """The parameters by the ids of their arrays, which are others after each update."""
        if not self.ids:
            self.ids = {id(p.data): name for name, p in self.named.items()}
        return self.ids

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Watch what is done in the block.

        Raises:
            ValueError: the model or an optimiser is watched already.
        """
        with ExitStack() as stack:
            stack.enter_context(watched_layers(self.layers, self))
            for optimizer in self.optimizers:
                stack.enter_context(self.stepping(optimizer))
            stack.enter_context(observed(self.observe))
            stack.enter_context(np.errstate(all="ignore"))  # the watch tells it better
            try:
                yield
            except FaultFound:
                raise
            except DivergenceError as error:
                origin = self.origins.verdict()
                if origin is None:
                    raise
                raise FaultFound(self.optimizers[0].steps, origin.finding()) from error

    @contextmanager
    def by(self, path: str, direction: str) -> Iterator[None]:
        """A layer is at work in the block."""
        self.working.append(path)
        try:
            yield
        finally:
            self.working.pop()

    def observe(
        self, op: Op, arrays: Sequence[Array], settings: Mapping[str, Any], run: Any
    ) -> tuple[Array, VJP]:
        """An op, looked at before and behind; one that another one's rule runs is a part of it."""
        if self.inside:
            return run()
        output, vjp = self.alone(run)
        layer = self.working[-1] if self.working else LOSS
        seen = self.origins.forward(Place(op.__name__, layer), arrays, output)
        self.walking = False
        if is_recording():
            parameters = [self.ids[id(arrays[i])] for i in seen.parameters]
            self.used.update(parameters)
            self.units.see(layer, op.__name__, output, parameters)
            if self.first and layer not in (ITSELF, LOSS):
                self.activations.see(layer, op.__name__, output)
        root = output if output.size == 1 else None

        def looked_at(g: Array) -> tuple[Array | None, ...]:
            if not self.walking and root is not None:
                self.add_loss(root)
            self.walking = True
            shares = self.alone(lambda: vjp(g))
            if isinstance(shares, tuple):  # else the tape refuses it
                self.origins.backward(seen, g, shares)
            return shares

        return output, looked_at

    def alone(self, run: Any) -> Any:
        """What an op or its VJP gives; ops that it runs are not looked at."""
        before, self.inside = self.inside, True
        try:
            return run()
        finally:
            self.inside = before

    def add_loss(self, root: Array) -> None:
        """A backward pass begins at ``root``; those of one update add up."""
        self.loss = (self.loss or 0.0) + float(root.reshape(()))
        self.origins.loss(root)

    @contextmanager
    def stepping(self, optimizer: Optimizer) -> Iterator[None]:
        """Look at every step of an optimiser, before and behind it."""
        if "step" in vars(optimizer):
            raise ValueError("watched: this optimizer is watched already; one watch is enough")
        make = optimizer.step

        def step(gradients: Any = None) -> None:
            own = gradients is None
            given = [p.grad for p in optimizer.parameters] if own else list(gradients)
            self.stop(optimizer.steps, self.before(optimizer, given))
            weights = [p.data for p in optimizer.parameters]
            make(None if own else given)
            finding = self.after(optimizer, weights)
            if finding is not None:
                for p, data in zip(optimizer.parameters, weights, strict=True):
                    p.data = data
                self.stop(optimizer.steps - 1, finding)
            self.first = False
            self.begin()

        vars(optimizer)["step"] = step
        try:
            yield
        finally:
            vars(optimizer).pop("step", None)

    def stop(self, step: int, finding: Finding | None) -> None:
        """Raise what was found, if anything was."""
        if finding is not None:
            raise FaultFound(step, finding)

    def before(self, optimizer: Optimizer, gradients: Sequence[Array | None]) -> Finding | None:
        """What is wrong before an update is made."""
        if len(gradients) != len(optimizer.parameters):
            return None  # the optimiser refuses them
        trends, _ = self.of[id(optimizer)]
        bad = [i for i, g in enumerate(gradients) if g is not None and not is_finite(g)]
        if bad or self.origins.of_loss is not None:
            origin = self.origins.verdict()
            if origin is not None:
                return origin.finding()
            said = f"the gradient of {trends.names[bad[0]]} is not finite, and no op has made it"
            return Finding("not finite", trends.names[bad[0]], said, direction="backward")
        used = {name: p for name, p in self.named.items() if name in self.used}
        found = trends.before_update(gradients, self.loss)
        if found is not None and found.kind == "no gradient":
            found = self.reason(found, used)
        return self.activations.found or forgotten(used, self.optimizers) or found

    def reason(self, missing: Finding, used: Mapping[str, Parameter]) -> Finding:
        """Why gradients are missing, where it can be seen: matrices of zeros, or units asleep."""
        zeros = [name for name, p in used.items() if p.ndim > 1 and not p.data.any()]
        if zeros:
            return replace(missing, said=f"{missing.said}; all numbers of {told(zeros)} are 0")
        return self.units.most(self.units.updates + 1) or missing

    def after(self, optimizer: Optimizer, weights: Sequence[Array]) -> Finding | None:
        """What is wrong with an update that was made."""
        trends, updates = self.of[id(optimizer)]
        new = [p.data for p in optimizer.parameters]
        found = updates.after_update(weights, new, trends.norm, optimizer.lr)
        return found or self.units.after_update()


@contextmanager
def watched(
    model: Module, *optimizers: Optimizer, limits: WatchLimits | None = None
) -> Iterator[Watch]:
    """``with watched(model, optimizer):`` train in the block; see ``Watch``.

    Raises:
        TypeError, ValueError, FaultFound: as ``Watch`` and ``Watch.looking``.
    Guide: 7.2.2 (G58).
    """
    watch = Watch(model, *optimizers, limits=limits)
    with watch.looking():
        yield watch


def watched_steps(steps: Iterator[Step], watch: Watch) -> Iterator[Step]:
    """The same steps, each of them watched while it is made, and not what the caller does then."""
    while True:
        with watch.looking():
            step = next(steps, None)
        if step is None:
            return
        yield step
