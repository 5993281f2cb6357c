"""Parameters where no name leads: they would be neither trained nor saved, without a word."""

from __future__ import annotations

from collections import deque
from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from functools import partial
from io import IOBase
from numbers import Real
from types import FunctionType, GetSetDescriptorType, ModuleType
from typing import Any

import numpy as np

from minillm.autograd import Parameter, Tensor
from minillm.backend import is_array

CONTAINERS = list, tuple, set, frozenset, deque, KeysView, ValuesView, ItemsView
PLAIN = str, bytes, int, float, type(None), np.generic, type, FunctionType, ModuleType
# the types of most attributes: what is just of one of them is passed over without a closer look
COMMON = {str, bytes, int, float, bool, type(None), FunctionType, GetSetDescriptorType}
COMMON |= {property, classmethod, staticmethod}


def refuse_hidden(place: str, value: Any, wanted: tuple[type, ...]) -> None:
    """Raise if ``value`` holds something that has to have a name: modules and parameters.

    Looked through are containers at any depth, and the attributes of one object that is not a
    module, such as a dataclass; not the objects behind those.

    Raises:
        TypeError: naming the place.
    """
    if type(value) in COMMON:
        return
    if is_leaf_tensor(value):
        raise TypeError(
            f"{place} is a Tensor that wants a gradient, but not a Parameter: write "
            "Parameter(...), or it is neither trained nor saved"
        )
    if isinstance(value, Iterator) and not isinstance(value, IOBase):
        raise TypeError(
            f"{place} is a {type(value).__name__}, which is empty once it has been looked through: "
            "make it a list"
        )
    found = first_hidden(value, wanted)
    if found is not None:
        raise TypeError(
            f"{place} hides a {type(found).__name__}: keep modules and parameters in "
            "attributes or in a flat list, or they are neither trained nor saved"
        )


def refuse_unsaved(modules: Iterable[tuple[str, Any]]) -> None:
    """Raise if a module holds something that a state of parameters would lack.

    Raises:
        ValueError: naming the module, and what to do.
    """
    for path, module in modules:
        if module.unsaved:
            kind = type(module).__name__
            raise ValueError(f"state_dict: {path or 'the model'}, a {kind}, {module.unsaved}")


def first_hidden(value: Any, wanted: tuple[type, ...]) -> Any:
    """The first thing in ``value`` that has to have a name, or ``None``."""
    waiting: list[tuple[Any, bool]] = [(value, True)]  # and whether its attributes are looked at
    seen: set[int] = set()
    while waiting:
        item, open_objects = waiting.pop()
        if isinstance(item, PLAIN) or id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, wanted) or is_leaf_tensor(item):
            return item
        if (contents := contents_of(item)) is not None:
            waiting.extend((one, open_objects) for one in contents)
        elif open_objects and not isinstance(item, Tensor):
            waiting.extend((one, False) for one in attribute_values(item))
    return None


def refuse_class_attributes(kind: type, wanted: tuple[type, ...]) -> None:
    """Raise if all modules of a kind would share what has to be each one's own.

    Raises:
        TypeError: naming the class and the attribute.
    """
    looked_through = (*wanted, Tensor, *CONTAINERS, Mapping)
    for owner in kind.__mro__[:-1]:  # not object
        for name, value in vars(owner).items():
            if type(value) in COMMON or not isinstance(value, looked_through):
                continue  # such as a method
            found = first_hidden(value, wanted)
            if found is not None:
                verb = "is" if found is value else "holds"
                raise TypeError(
                    f"{owner.__name__}.{name} {verb} a {type(found).__name__} of the class, "
                    "neither trained nor saved: assign it in __init__"
                )


def refuse_loss(place: str, old: Any, new: Any) -> None:
    """Raise if numbers are to take a parameter's place: it would be lost, the model wrong.

    Raises:
        TypeError: naming the place.
    """
    olds, news = (x if isinstance(x, list | tuple) else [x] for x in (old, new))
    if not any(isinstance(item, Parameter) for item in olds):
        return
    for item in news:
        numbers = isinstance(item, Tensor | Real) or is_array(item)
        if numbers and not isinstance(item, Parameter):
            raise TypeError(
                f"{place} is a Parameter; a {type(item).__name__} in its place would be neither "
                f"trained nor saved: assign an array to its data, {place.split('.')[-1]}.data = "
                "..., or a new Parameter"
            )


def is_leaf_tensor(value: Any) -> bool:
    """Whether it is a tensor whose gradient somebody wants, such as a weight."""
    return isinstance(value, Tensor) and value.is_leaf


def contents_of(item: Any) -> Iterable[Any] | None:
    """What a container holds; ``None`` for what is not a container."""
    if isinstance(item, Mapping):
        return [*item.keys(), *item.values()]
    if isinstance(item, np.ndarray):
        return item.flat if item.dtype == object else ()
    if isinstance(item, partial):
        return [item.func, *item.args, *item.keywords.values()]
    return list(item) if isinstance(item, CONTAINERS) else None


def attribute_values(item: Any) -> list[Any]:
    """The values of an object's attributes, those in slots too."""
    slots = [
        name
        for kind in type(item).__mro__
        for name in np.atleast_1d(vars(kind).get("__slots__", ())).tolist()
    ]
    return [*getattr(item, "__dict__", {}).values(), *(getattr(item, s, None) for s in slots)]
