"""``Module``: a plain object whose attributes are parameters and other modules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Self

import numpy as np

from minillm.autograd import Parameter
from minillm.backend import array_module, to_device, to_numpy


class Module:
    """A layer or a model.  Names come from structure: ``blocks.0.attention.query.weight``.

    A subclass assigns parameters, modules, or lists of them to attributes and writes
    ``forward``.  Nothing is registered, and there is no ``super().__init__()`` to forget.
    """

    training = True  # read by Dropout alone; train() and eval() set it down the tree

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The computation; every subclass writes its own."""
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.forward(*args, **kwargs)

    def children(self) -> Iterator[tuple[str, Module | Parameter]]:
        """Direct children in order of assignment; a list contributes ``name.0``, ``name.1`` ...

        Raises:
            TypeError: a child is hidden where no name leads: in a dict, a set or a nested list.
        """
        for name, value in vars(self).items():
            if isinstance(value, Module | Parameter):
                yield name, value
            elif isinstance(value, list | tuple):
                for i, item in enumerate(value):
                    if isinstance(item, Module | Parameter):
                        yield f"{name}.{i}", item
                    else:
                        refuse_hidden_children(f"{type(self).__name__}.{name}[{i}]", item)
            else:
                refuse_hidden_children(f"{type(self).__name__}.{name}", value)

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module (under its prefix) and all modules below, in assignment order."""
        yield prefix.removesuffix("."), self
        for name, child in self.children():
            if isinstance(child, Module):
                yield from child.named_modules(f"{prefix}{name}.")

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """``("blocks.0.attention.query.weight", parameter)`` pairs, in assignment order.

        A parameter that is met under two names is listed once, under the first.
        """
        seen: set[int] = set()
        for path, module in self.named_modules():
            for name, child in module.children():
                if isinstance(child, Parameter) and id(child) not in seen:
                    seen.add(id(child))
                    yield f"{path}.{name}" if path else name, child

    def parameters(self) -> list[Parameter]:
        """All parameters, each once, in the order of ``named_parameters``."""
        return [parameter for _, parameter in self.named_parameters()]

    def parameter_count(self) -> int:
        """How many numbers training may change."""
        return sum(parameter.size for parameter in self.parameters())

    def train(self, mode: bool = True) -> Self:
        """Switch dropout on, here and below."""
        for _, module in self.named_modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Switch dropout off, here and below."""
        return self.train(False)

    def to_device(self, device: str) -> Self:
        """Move every parameter to ``"cpu"`` or ``"cuda"``; make the optimiser afterwards.

        Raises:
            DeviceError: there is no usable device; nothing was moved.
        """
        moved = [to_device(parameter.data, device) for parameter in self.parameters()]
        for parameter, data in zip(self.parameters(), moved, strict=True):
            parameter.data = data
        return self

    def to_dtype(self, dtype: type[np.floating]) -> Self:
        """Turn every parameter into ``dtype``: float64 is what a gradient check needs."""
        for parameter in self.parameters():
            Parameter.__init__(parameter, parameter.data.astype(dtype))
        return self

    def state_dict(self) -> dict[str, np.ndarray]:
        """A host copy of every parameter under its attribute path."""
        return {name: to_numpy(p.data).copy() for name, p in self.named_parameters()}

    def load_state_dict(self, state: Mapping[str, np.ndarray]) -> None:
        """Copy ``state`` in, in the dtype that is there.

        Raises:
            ValueError: names or shapes differ; all misfits are listed, and nothing was changed.
        """
        parameters = dict(self.named_parameters())
        problems = [f"missing {name}" for name in parameters.keys() - state.keys()]
        problems += [f"unexpected {name}" for name in state.keys() - parameters.keys()]
        problems += [
            f"{name}: have {parameters[name].shape}, given {state[name].shape}"
            for name in parameters.keys() & state.keys()
            if parameters[name].shape != state[name].shape
        ]
        if problems:
            raise ValueError(
                f"{type(self).__name__}: state does not fit\n  " + "\n  ".join(sorted(problems))
            )
        arrays = {  # all of them before the first is written: what cannot be turned changes nothing
            name: array_module(p.data).asarray(state[name], dtype=p.dtype)
            for name, p in parameters.items()
        }
        for name, parameter in parameters.items():
            data = parameter.data  # written into: an optimiser may hold views of this array
            data[...] = arrays[name]
            parameter.data = data  # marks it as changed


def refuse_hidden_children(place: str, value: Any) -> None:
    """Raise if ``value`` is a container with modules or parameters in it, at any depth.

    Raises:
        TypeError: naming the place.
    """
    if not isinstance(value, dict | list | tuple | set | frozenset):
        return
    for item in value.values() if isinstance(value, dict) else value:
        if isinstance(item, Module | Parameter):
            raise TypeError(
                f"{place} hides a {type(item).__name__}: keep modules and parameters in "
                "attributes or in a flat list, or they are neither trained nor saved"
            )
        refuse_hidden_children(place, item)
