"""Parameters that are to be treated differently from the others."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from numbers import Real

from minillm.autograd import Parameter, Tensor
from minillm.autograd.check import HasParameters


@dataclass(frozen=True, eq=False)  # == of tensors compares their elements
class ParameterGroup:
    """Parameters with a learning rate and a weight decay of their own.

    ``lr_scale`` multiplies the optimiser's rate, so that one schedule serves all groups; without
    ``weight_decay``, the optimiser's own counts.

    Raises:
        ValueError: a scale or weight decay that is negative or not finite.
        TypeError: ``parameters`` is not a list.
    """

    parameters: Sequence[Parameter]
    lr_scale: float = 1.0
    weight_decay: float | None = None

    def __post_init__(self) -> None:
        check_list(self.parameters)
        checked_number("lr_scale", self.lr_scale)
        if self.weight_decay is not None:
            checked_number("weight_decay", self.weight_decay)


def decay_groups(module: HasParameters) -> list[ParameterGroup]:
    """The matrices of a module, which decay, and its vectors and numbers, which do not.

    Frozen parameters are in neither.

    Decay keeps a layer's answer from hanging on a few large weights.  A bias moves the answer
    without weighing any input, and a normalization's gain would be pulled from its natural 1
    towards 0.  Tables of embeddings are matrices.

    Source: Radford et al. 2018, "Improving Language Understanding by Generative Pre-Training",
        section 4.1.
    Guide: 1.4.2, 9.3.3 (G24).
    """
    parameters = [p for _, p in module.named_parameters() if p.requires_grad]
    matrices = [p for p in parameters if p.ndim >= 2]
    rest = [p for p in parameters if p.ndim < 2]
    return [ParameterGroup(matrices), ParameterGroup(rest, weight_decay=0.0)]


def as_groups(parameters: Iterable[Parameter | ParameterGroup]) -> list[ParameterGroup]:
    """Groups as they are, and each single parameter as a group of its own.

    Raises:
        TypeError: as ``check_list``.
    """
    check_list(parameters)
    return [p if isinstance(p, ParameterGroup) else ParameterGroup([p]) for p in parameters]


def check_list(parameters: object) -> None:
    """Refuse what is not a list of parameters: a model, or one parameter, which has rows.

    Raises:
        TypeError: saying what to write.
    """
    if isinstance(parameters, Tensor) or not isinstance(parameters, Iterable):
        kind = type(parameters).__name__
        raise TypeError(f"parameters must be a list, as model.parameters() is, got a {kind}")


def checked_number(name: str, value: float, *, below: float = math.inf) -> float:
    """``value`` as a plain float: a NumPy float64 would make float32 weights float64.

    Raises:
        ValueError: it is not a number, negative, or not less than ``below``.
    """
    if not (isinstance(value, Real) and 0 <= value < below):
        wanted = "a number >= 0" if below == math.inf else f"in [0, {below:g})"
        raise ValueError(f"{name} must be {wanted}, got {value!r}")
    return float(value)
