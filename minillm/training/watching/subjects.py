"""What may be watched, and how its parameters are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from minillm.autograd import Parameter
from minillm.nn import Module
from minillm.optim import Optimizer
from minillm.training.watching.findings import Finding
from minillm.training.watching.trends import told


def names_of(model: Module, optimizer: Optimizer) -> list[str]:
    """The parameters of an optimiser by their names in the model, those of others by number."""
    names = {id(p): name for name, p in model.named_parameters()}
    return [names.get(id(p), f"parameter {i}") for i, p in enumerate(optimizer.parameters)]


def forgotten(used: Mapping[str, Parameter], optimizers: Sequence[Optimizer]) -> Finding | None:
    """Parameters that ops have used, that are not frozen, and that no optimiser has."""
    held = {id(p) for optimizer in optimizers for p in optimizer.parameters}
    found = [name for name, p in used.items() if p.requires_grad and id(p) not in held]
    if not found:
        return None
    said = f"no optimizer has {told(found)}, which the loss depends on: give it, or freeze() it"
    return Finding("forgotten by the optimiser", found[0], said, count=len(found))


def check(model: Any, optimizers: Sequence[Any]) -> None:
    """Refuse to watch nothing.

    Raises:
        TypeError, ValueError: as ``Watch``.
    """
    if not isinstance(model, Module):
        raise TypeError(f"watched: model must be a Module, got a {type(model).__name__}")
    if not model.parameters():
        raise ValueError(f"watched: {type(model).__name__} has no parameters: nothing is trained")
    if not optimizers:
        raise ValueError("watched: give the optimizer too, whose steps are watched")
    for optimizer in optimizers:
        if not isinstance(optimizer, Optimizer):
            kind = type(optimizer).__name__
            raise TypeError(f"watched: an optimizer must be an Optimizer, got a {kind}")
