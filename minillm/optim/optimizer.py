"""What every optimiser shares: its parameters, its learning rate, its state."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from numbers import Real

import numpy as np

from minillm.autograd import Parameter
from minillm.backend import Array, array_module, to_numpy


class Optimizer:
    """Holds parameters and the arrays that an update rule carries from step to step.

    Raises:
        ValueError: no parameters, one given twice, or a learning rate that is negative or not
            finite.
    """

    _lr: float

    def __init__(self, parameters: Iterable[Parameter], *, lr: float, slots: Sequence[str] = ()):
        self.parameters = list(parameters)
        if not self.parameters:
            raise ValueError(
                f"{type(self).__name__}: there are no parameters (a used-up iterator?)"
            )
        if len({id(p) for p in self.parameters}) != len(self.parameters):
            raise ValueError(f"{type(self).__name__}: a parameter was given twice")
        self.lr = lr
        self.steps = 0
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
        if not (isinstance(rate, Real) and math.isfinite(rate) and rate >= 0):
            raise ValueError(f"learning rate must be a number >= 0, got {rate!r}")
        self._lr = float(rate)  # a NumPy float64 would make float32 weights float64

    def step(self, gradients: Sequence[Array | None]) -> None:
        """Change every parameter that has a gradient; every optimiser writes its own."""
        raise NotImplementedError(f"{type(self).__name__} has no step")

    def checked(self, gradients: Sequence[Array | None]) -> Sequence[Array | None]:
        """``gradients`` themselves, once all are known to fit: a step happens whole or not at all.

        Raises:
            ValueError: not one per parameter, or one of another shape or dtype than its own.
        """
        if len(gradients) != len(self.parameters):
            raise ValueError(
                f"step: {len(gradients)} gradients for {len(self.parameters)} parameters"
            )
        for i, (p, g) in enumerate(zip(self.parameters, gradients, strict=True)):
            if g is not None and (g.shape != p.shape or g.dtype != p.dtype):
                raise ValueError(
                    f"step: gradient {i} is {g.shape} {g.dtype}, its parameter {p.shape} {p.dtype}"
                )
        return gradients

    def state_dict(self) -> dict[str, np.ndarray]:
        """Host copies of the state: ``steps`` and one array per slot and parameter."""
        arrays = {
            f"{slot}.{i}": to_numpy(array).copy()
            for slot, slots in self.state.items()
            for i, array in enumerate(slots)
        }
        return {"steps": np.array(self.steps, dtype=np.int64), **arrays}

    def load_state_dict(self, state: Mapping[str, np.ndarray]) -> None:
        """Take over a state of the same kind.

        Raises:
            ValueError: other names or shapes; nothing was changed.
        """
        mine = self.state_dict()
        problems = sorted(mine.keys() ^ state.keys())
        problems += [n for n in mine.keys() & state.keys() if mine[n].shape != state[n].shape]
        if problems:
            raise ValueError(
                f"{type(self).__name__}: the state is of another optimiser; it differs in "
                + ", ".join(problems[:6])
            )
        self.steps = int(state["steps"])
        for slot, arrays in self.state.items():
            for i, array in enumerate(arrays):
                arrays[i] = array_module(array).array(state[f"{slot}.{i}"], dtype=array.dtype)
