"""What every optimiser shares: its parameters, its learning rate, its state, and a step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from minillm.autograd import Parameter, Tensor
from minillm.backend import Array, array_module, is_array, to_numpy, where_or_0
from minillm.optim.groups import ParameterGroup, as_groups, checked_number

SWEEP = 64  # steps from one look for tiny numbers in the state to the next


class Optimizer:
    """Holds parameters and the arrays that an update rule carries from step to step.

    ``parameters`` may be groups: ``lr_scales`` and ``weight_decays`` have one number per
    parameter.  ``steps`` counts the calls of ``step``, which is what a schedule is asked for;
    ``updates`` counts the gradients that each parameter has seen.

    An update rule is one method, ``updated``.

    Raises:
        ValueError: no parameters, one given twice, one that is frozen, or a learning rate or
            weight decay that is negative or not finite.
        TypeError: something other than parameters, or weights in float16.
    """

    _lr: float

    def __init__(
        self,
        parameters: Iterable[Parameter | ParameterGroup],
        *,
        lr: float,
        weight_decay: float = 0.0,
        slots: Sequence[str] = (),
    ):
        members = [(p, group) for group in as_groups(parameters) for p in group.parameters]
        self.parameters = [p for p, _ in members]
        check_parameters(type(self).__name__, self.parameters)
        self.lr = lr
        self.weight_decay = checked_number("weight_decay", weight_decay)
        self.lr_scales = [float(group.lr_scale) for _, group in members]
        self.weight_decays = [
            self.weight_decay if group.weight_decay is None else float(group.weight_decay)
            for _, group in members
        ]
        self.steps = 0
        self.updates = [0] * len(members)
        self.state: dict[str, list[Array]] = {
            slot: [array_module(p.data).zeros_like(p.data) for p in self.parameters]
            for slot in slots
        }

    @property
    def lr(self) -> float:
        """The learning rate of the next step; a schedule assigns it anew before each.

        Raises:
            ValueError: on assignment, it is negative or not finite.
        """
        return self._lr

    @lr.setter
    def lr(self, rate: float) -> None:
        self._lr = checked_number("learning rate", rate)

    def step(self, gradients: Iterable[Array | None] | None = None) -> None:
        """Change every parameter that has a gradient.

        ``gradients`` has one per parameter, and ``None`` for one that is left alone.  Without
        it, each parameter's own ``grad`` counts, which ``backward`` fills and ``zero_grad``
        empties.  A step happens whole or not at all.

        Raises:
            RuntimeError: no ``gradients`` were given, and no parameter has a ``grad``.
            ValueError, TypeError: the gradients do not fit the parameters.
        """
        if gradients is None:
            gradients = [p.grad for p in self.parameters]
            if all(g is None for g in gradients):
                raise RuntimeError("step: no parameter has a gradient; call loss.backward() first")
        gradients = list(gradients)
        self.check_gradients(gradients)
        self.steps += 1
        present = [i for i, g in enumerate(gradients) if g is not None]
        for i in present:
            self.updates[i] += 1
        self.update(present, gradients)
        if self.steps % SWEEP == 0:
            self.forget_tiny()

    def update(self, present: Sequence[int], gradients: Sequence[Array | None]) -> None:
        """Change the parameters whose places are ``present``, one after another."""
        for i in present:
            p = self.parameters[i]
            p.data = self.updated(i, p.data, gradients[i])

    def forget_tiny(self) -> None:
        """Set to 0 what is left in the state of gradients of long ago.

        A moment of a weight that gets no gradient any more, as in the row of a rare word, shrinks
        at every step.  After about 800 it is denormal, below the ordinary numbers, where a
        processor takes thirty times as long; and long before it has stopped to move the weight.
        """
        for slot, arrays in self.state.items():
            self.state[slot] = [without_tiny(x) for x in arrays]

    def updated(self, i: int, w: Array, g: Array) -> Array:
        """The new values of parameter ``i``, whose values are ``w`` and whose gradient is ``g``.

        A new array: nothing is written into ``w`` or ``g``.  ``updates[i]`` counts this update.
        """
        raise NotImplementedError(f"{type(self).__name__} has no update rule")

    def decay(self, i: int, w: Array) -> Array | float:
        """``weight_decay w``, and plainly 0 without one: 0 times a weight of -inf is NaN."""
        return self.weight_decays[i] * w if self.weight_decays[i] else 0.0

    def zero_grad(self) -> None:
        """Forget every parameter's ``grad``, so that the next ``backward`` begins anew."""
        for p in self.parameters:
            if p.grad is not None:
                p.grad = None

    def check_gradients(self, gradients: Sequence[Array | None]) -> None:
        """Refuse what does not fit before anything is changed.

        Raises:
            ValueError: not one per parameter, or one of another shape or dtype than its own.
            TypeError: a gradient is not an array, or is one of another library.
        """
        if len(gradients) != len(self.parameters):
            raise ValueError(
                f"step: {len(gradients)} gradients for {len(self.parameters)} parameters"
            )
        for i, (p, g) in enumerate(zip(self.parameters, gradients, strict=True)):
            if g is None:
                continue
            if not (is_array(g) or isinstance(g, np.generic)):
                raise TypeError(f"step: gradient {i} must be an array, got a {type(g).__name__}")
            if g.shape != p.shape or g.dtype != p.dtype:
                raise ValueError(
                    f"step: gradient {i} is {g.shape} {g.dtype}, its parameter {p.shape} {p.dtype}"
                )
            array_module(p.data, g)

    def state_dict(self, *, copy: bool = True) -> dict[str, np.ndarray]:
        """Host copies of the state: both counts, and one array per slot and parameter.

        Without ``copy`` they are the arrays themselves, to be read before the next update.
        """
        arrays = {
            f"{slot}.{i}": to_numpy(array).copy() if copy else to_numpy(array)
            for slot, slots in self.state.items()
            for i, array in enumerate(slots)
        }
        counts = {"steps": self.steps, "updates": self.updates}
        return {name: np.array(n, dtype=np.int64) for name, n in counts.items()} | arrays

    def load_state_dict(self, state: Mapping[str, np.ndarray]) -> None:
        """Take over a state of the same kind.

        Raises:
            ValueError: other names or shapes, or counts below 0 or not whole; nothing was changed.
        """
        mine = self.state_dict()
        problems = sorted(mine.keys() ^ state.keys())
        problems += [n for n in mine.keys() & state.keys() if mine[n].shape != state[n].shape]
        if problems:
            raise ValueError(
                f"{type(self).__name__}: the state belongs to another optimiser; it differs in "
                + ", ".join(problems[:6])
            )
        for name in ("steps", "updates"):
            if state[name].dtype.kind not in "iu" or (state[name] < 0).any():
                raise ValueError(f"{type(self).__name__}: {name} must be counts >= 0")
        arrays = {  # all of them before the first is taken over
            slot: [
                array_module(array).array(state[f"{slot}.{i}"], dtype=array.dtype)
                for i, array in enumerate(held)
            ]
            for slot, held in self.state.items()
        }
        self.steps, self.updates = int(state["steps"]), state["updates"].tolist()
        self.state = arrays


def without_tiny(x: Array) -> Array:
    """``x`` with 0 for the numbers that are denormal or soon will be."""
    xp = array_module(x)
    least = float(np.finfo(x.dtype).tiny) * 1e4
    return where_or_0(~(xp.abs(x) < least), x)  # a NaN stays


def check_parameters(name: str, parameters: Sequence[Any]) -> None:
    """Refuse what an optimiser cannot train.

    float16 is for storage and for passing through a network.  Of a weight near 1 it keeps steps
    of 1/1024, so that smaller updates are rounded away; the square of a gradient below 0.0002
    is 0, and so is Adam's eps.

    Raises:
        ValueError, TypeError: naming the first parameter that is refused, and its place.
    """
    if not parameters:
        raise ValueError(f"{name}: there are no parameters (a used-up iterator?)")
    for i, p in enumerate(parameters):
        if not isinstance(p, Tensor):
            raise TypeError(
                f"{name}: parameter {i} must be a Parameter or stand in a ParameterGroup, "
                f"got a {type(p).__name__}"
            )
        if not (p.requires_grad and p.is_leaf):
            what = "the result of an op" if p.requires_grad else "frozen or a constant"
            raise ValueError(f"{name}: parameter {i} of shape {p.shape} is {what}; leave it out")
        if p.dtype.itemsize < 4:
            raise TypeError(
                f"{name}: parameter {i} is {p.dtype}, which loses small updates; keep the "
                "weights in float32, float16 is for storage"
            )
    if len({id(p) for p in parameters}) != len(parameters):
        raise ValueError(f"{name}: a parameter was given twice")
