"""What a tape holds: the arrays that wait in memory for the backward pass."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from types import FunctionType, MethodType
from typing import Any

import numpy as np

from minillm.autograd.tape import Node, reverse_topological
from minillm.autograd.tensor import Tensor
from minillm.backend import Array, is_array


def held_bytes(result: Tensor, *, apart_from: Iterable[Array] = ()) -> dict[Node, int]:
    """The bytes that each op below ``result`` keeps for its gradient, in order of creation.

    They are those of the arrays that its VJP closes over.  A view counts as the whole array that
    it looks into, and an array that several ops keep counts once, for the first of them; what lies
    in ``apart_from``, such as the parameters' arrays, counts for none.

    Raises:
        RuntimeError: nothing was recorded, or the graph is freed already.
    Guide: 8.2.1 (G53).
    """
    if result.node is None:
        raise RuntimeError("held_bytes: no operand required a gradient, nothing was recorded")
    seen = {id(whole(array)) for array in apart_from}
    found = {}
    for node in reversed(reverse_topological(result.node)):
        new = {id(x): x for x in map(whole, arrays_in(node.vjp)) if id(x) not in seen}
        seen |= new.keys()
        found[node] = sum(x.nbytes for x in new.values())
    return found


def whole(array: Array) -> Array:
    """The array that owns the memory of a view."""
    base: Any = getattr(array, "base", None)
    return whole(base) if is_array(base) else array


def arrays_in(value: Any) -> list[Array]:
    """All arrays that a function closes over, also by way of functions and containers."""
    found, waiting, seen = [], [value], set()
    while waiting:
        item = waiting.pop()
        if id(item) in seen or isinstance(item, np.generic):
            continue
        seen.add(id(item))
        if is_array(item):
            found.append(item)
        elif isinstance(item, Tensor):  # what enters a block that is computed again
            found.append(item.data)
        elif isinstance(item, FunctionType):
            waiting += [cell.cell_contents for cell in item.__closure__ or () if filled(cell)]
            waiting += [*(item.__defaults__ or ()), *(item.__kwdefaults__ or {}).values()]
        elif isinstance(item, MethodType):
            waiting += [item.__func__, item.__self__]
        elif isinstance(item, functools.partial):
            waiting += [item.func, *item.args, *item.keywords.values()]
        elif isinstance(item, list | tuple | set | frozenset):
            waiting += item
        elif isinstance(item, dict):
            waiting += item.values()
    return found


def filled(cell: Any) -> bool:
    """Whether a variable that a function closes over has a value."""
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True
