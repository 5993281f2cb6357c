"""What every optimiser shares: its parameters, its learning rate, its state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from minillm.autograd import Parameter
from minillm.backend import Array, array_module, to_numpy
from minillm.optim.groups import ParameterGroup, as_groups, checked_number


class Optimizer:
    """Holds parameters and the arrays that an update rule carries from step to step.

    ``parameters`` may be groups: ``lr_scales`` and ``decays`` have one number per parameter.

    Raises:
        ValueError: no parameters, one given twice, or a learning rate or decay that is negative
            or not finite.
    """

    _lr: float

    def __init__(
        self,
        parameters: Iterable[Parameter | ParameterGroup],
        *,
        lr: float,
        decay: float = 0.0,
        slots: Sequence[str] = (),
    ):
        members = [(p, group) for group in as_groups(parameters) for p in group.parameters]
        self.parameters = [p for p, _ in members]
        if not self.parameters:
            raise ValueError(
                f"{type(self).__name__}: there are no parameters (a used-up iterator?)"
            )
        if len({id(p) for p in self.parameters}) != len(self.parameters):
            raise ValueError(f"{type(self).__name__}: a parameter was given twice")
        self.lr = lr
        self.decay = checked_number("decay", decay)
        self.lr_scales = [float(group.lr_scale) for _, group in members]
        self.decays = [self.decay if g.decay is None else float(g.decay) for _, g in members]
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
        self._lr = checked_number("learning rate", rate)

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
