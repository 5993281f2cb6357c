"""``Module``: a plain object whose attributes are parameters and other modules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Self

import numpy as np

from minillm.autograd import Parameter
from minillm.backend import to_device, to_numpy
from minillm.nn.hidden import refuse_class_attributes, refuse_hidden, refuse_loss, refuse_unsaved
from minillm.nn.loading import loaded, misfits, retype


class Module:
    """A layer or a model.  Names come from structure: ``blocks.0.attention.query.weight``.

    A subclass assigns parameters, modules, or lists of them to attributes and writes
    ``forward``.  Nothing is registered, and there is no ``super().__init__()`` to forget.

    One module or parameter may stand under several names: it is listed, counted, trained and
    saved once, under the first.  A module must not hold one that holds it, such as its parent.

    A parameter keeps the array that it is made of, and nothing in the library writes into it:
    training and loading give it new ones.  It is never exchanged for a number, an array or a
    result, ``m.weight = m.weight * 0.5``, which nobody would train.

    Copies: ``copy.deepcopy`` and ``pickle`` give parameters of their own, and what was shared
    inside the module is shared inside the copy.  Dropout of a deep copy draws masks of its own.
    """

    training = True  # read by Dropout alone; train() and eval() set it down the tree
    unsaved = ""  # what a module has beside its parameters that no state holds, and what to do

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The computation; every subclass writes its own."""
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.forward(*args, **kwargs)

    def __setattr__(self, name: str, value: Any) -> None:
        refuse_loss(f"{type(self).__name__}.{name}", vars(self).get(name), value)
        super().__setattr__(name, value)

    def __repr__(self) -> str:
        return "\n".join(tree(self, {id(self)}))

    def children(self) -> Iterator[tuple[str, Module | Parameter]]:
        """Direct children in order of assignment; a list contributes ``name.0``, ``name.1`` ...

        Raises:
            TypeError: a child is hidden where no name leads: in a dict, a set, a nested list, an
                object that is not a module, the class; or a tensor wants a gradient but is not
                a Parameter.
        """
        refuse_class_attributes(type(self), (Module, Parameter))
        for name, place, value in attributes(self):
            if isinstance(value, Module | Parameter):
                yield name, value
            else:
                refuse_hidden(f"{type(self).__name__}.{place}", value, (Module, Parameter))

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module (under its prefix) and all below, each once, in assignment order.

        Raises:
            TypeError: a module holds itself or one that holds it; or as ``children``.
        """
        for path, module, _ in walk(self, prefix):
            yield path, module

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """``("blocks.0.attention.query.weight", parameter)`` pairs, in assignment order.

        A parameter that is met under two names is listed once, under the first.
        """
        seen: set[int] = set()
        for path, _, children in walk(self):
            for name, child in children:
                if isinstance(child, Parameter) and id(child) not in seen:
                    seen.add(id(child))
                    yield f"{path}.{name}" if path else name, child

    def parameters(self) -> list[Parameter]:
        """All parameters, frozen ones too, each once, in the order of ``named_parameters``."""
        return [parameter for _, parameter in self.named_parameters()]

    def trainable_parameters(self) -> list[Parameter]:
        """The parameters that are not frozen: what an optimiser is given."""
        return [parameter for parameter in self.parameters() if parameter.requires_grad]

    def parameter_count(self) -> int:
        """How many numbers ``parameters`` hold: frozen ones too, shared ones once."""
        return sum(parameter.size for parameter in self.parameters())

    def freeze(self) -> Self:
        """Make constants of all parameters here and below.

        No gradient is computed for them, and what depends on constants alone is not recorded.
        Gradients still flow through a frozen module to what is trained below it.  The parameters
        stay in ``parameters`` and ``state_dict``; their ``grad`` is gone.
        """
        for parameter in self.parameters():
            parameter.requires_grad = False
        return self

    def unfreeze(self) -> Self:
        """Let training change all parameters here and below."""
        for parameter in self.parameters():
            parameter.requires_grad = True
        return self

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
            if data is not parameter.data:  # it was there already
                parameter.data = data
        return self

    def to_dtype(self, dtype: type[np.floating]) -> Self:
        """Turn every parameter into ``dtype``: float64 is what a gradient check needs.

        What is frozen stays frozen; make the optimiser afterwards.

        Raises:
            TypeError: ``dtype`` is not a floating-point type; nothing was changed.
        """
        if np.dtype(dtype).kind != "f":
            raise TypeError(f"to_dtype needs a floating-point dtype, got {np.dtype(dtype)}")
        for parameter in self.parameters():
            retype(parameter, parameter.data.astype(dtype), parameter.requires_grad)
        return self

    def state_dict(self, *, copy: bool = True) -> dict[str, np.ndarray]:
        """A host copy of every parameter under its attribute path.

        Without ``copy`` they are the arrays themselves, to be read before the next update.

        Raises:
            ValueError: a module is ``unsaved``: the parameters are not all that it is made of.
        """
        refuse_unsaved(self.named_modules())
        held = {name: to_numpy(p.data) for name, p in self.named_parameters()}
        return {name: array.copy() for name, array in held.items()} if copy else held

    def load_state_dict(self, state: Mapping[str, np.ndarray]) -> None:
        """Give every parameter a new array with the values of ``state``, in the dtype it has.

        No array is written into, neither a parameter's old one nor one of ``state``: others may
        hold it, or a view of it.  Whoever keeps a parameter's array must take the new one; that
        it changed is noticed by backward.

        Raises:
            ValueError: names or shapes differ, values are not real numbers or too large for the
                parameter's dtype; all misfits are listed, and nothing was changed.
            TypeError: ``state`` is not a mapping.
        """
        if not isinstance(state, Mapping):
            raise TypeError(
                f"load_state_dict needs arrays by their names, got a {type(state).__name__}"
            )
        parameters = dict(self.named_parameters())
        problems = [f"missing {name}" for name in parameters.keys() - state.keys()]
        problems += [f"unexpected {name}" for name in state.keys() - parameters.keys()]
        for name in parameters.keys() & state.keys():
            problems += [f"{name}: {misfit}" for misfit in misfits(parameters[name], state[name])]
        if problems:
            raise ValueError(
                f"{type(self).__name__}: state does not fit\n  " + "\n  ".join(sorted(problems))
            )
        arrays = {name: loaded(p, state[name]) for name, p in parameters.items()}
        for name, parameter in parameters.items():
            parameter.data = arrays[name]


def walk(module: Module, prefix: str = "") -> Iterator[tuple[str, Module, list]]:
    """Path, module and its direct children, of a module and all below: see ``named_modules``."""
    seen: set[int] = set()
    waiting: list[tuple[str, tuple[Module, ...]]] = [(prefix.removesuffix("."), (module,))]
    while waiting:
        path, line = waiting.pop()  # the module, and behind it those that hold it
        if id(line[0]) in seen:
            continue
        seen.add(id(line[0]))
        children = list(line[0].children())
        yield path, line[0], children
        below = []
        for name, child in children:
            name = f"{path}.{name}" if path else name
            if any(child is holder for holder in line):
                raise TypeError(
                    f"{name} leads back to the {type(child).__name__} that holds it: pass it "
                    "as an argument, or keep a weakref.ref to it"
                )
            if isinstance(child, Module):
                below.append((name, (child, *line)))
        waiting.extend(reversed(below))


def attributes(module: Module) -> Iterator[tuple[str, str, Any]]:
    """A child's name, its place in words, and the value, for each attribute and item of a list."""
    for name, value in vars(module).items():
        if isinstance(value, list | tuple):
            for i, item in enumerate(value):
                yield f"{name}.{i}", f"{name}[{i}]", item
        else:
            yield name, name, value


def tree(module: Module, shown: set[int]) -> list[str]:
    """One line for the module with its parameters' sizes, and one, indented, for each below."""
    sizes, below = [], []
    for name, _, child in attributes(module):
        if isinstance(child, Parameter):
            sizes.append(f"{name} {child.shape}{'' if child.requires_grad else ' frozen'}")
        elif isinstance(child, Module) and id(child) in shown:
            below.append(f"  {name}: {type(child).__name__}, shown above")
        elif isinstance(child, Module):
            shown.add(id(child))
            first, *rest = tree(child, shown)
            below += [f"  {name}: {first}", *(f"  {line}" for line in rest)]
    head = type(module).__name__
    return [f"{head}({', '.join(sizes)})" if sizes else head, *below]
