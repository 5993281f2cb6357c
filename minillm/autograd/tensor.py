"""``Tensor``: an array that remembers how it was computed."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from minillm.autograd.conversion import as_float_array
from minillm.autograd.numpy_side import NumPySide
from minillm.autograd.operators import Operators, refuse_in_place
from minillm.autograd.spellings import no_attribute
from minillm.autograd.tape import Node, backpropagate
from minillm.backend import Array, array_module, is_array, to_numpy

# Two threads that add to one gradient at a time would both read the old sum, and one share would
# be lost.  One lock will do: it is held for a few additions, the backward pass runs outside.
adding = threading.Lock()


class Tensor(Operators, NumPySide):
    """A floating-point array with operators that record themselves for ``backward``.

    Float arrays keep their dtype; numbers, lists and integer arrays become float32.  Ids,
    masks and targets stay plain arrays.

    Raises:
        TypeError: the data are not real numbers.
    """

    __slots__ = ("_data", "node")

    def __init__(self, data: Any, *, requires_grad: bool = False, node: Node | None = None):
        self._data = as_float_array(data)
        self.node = Node("leaf", self._data) if requires_grad else node

    @property
    def data(self) -> Array:
        """The array.  Assigning to it marks the tensor as changed (see ``Node.versions``).

        The new one may lie on another device; a gradient from before does not move along.
        Rules hold their operands, not copies.  ``x.data += 1`` is noticed; writing into single
        elements, ``x.data[0] = 1``, between forward and backward is not, and spoils gradients.

        Raises:
            ValueError: on assignment, another shape or dtype.
            RuntimeError: ``x.data += 1`` where x is not a leaf; the array is changed by then.
        """
        return self._data

    @data.setter
    def data(self, new: Array) -> None:
        new = as_float_array(new)
        if new.shape != self._data.shape or new.dtype != self._data.dtype:
            raise ValueError(
                f"data must stay {self._data.shape} {self._data.dtype}, got {new.shape} {new.dtype}"
            )
        if new is self._data and not self.is_leaf:
            raise RuntimeError(
                "only the data of a leaf may be changed in place, for others nobody would notice "
                "before backward; this array has been changed: compute it again, and assign a new "
                "array instead, x.data = x.data + 1"
            )
        moved = array_module(new) is not array_module(self._data)
        self._data = new
        if self.node is not None:
            self.node.changed()
            self.node.grad = None if moved else self.node.grad

    @property
    def grad(self) -> Array | None:
        """What ``backward`` has added up at a leaf; ``None`` before, and for all other tensors.

        The gradient of a result on the way to a loss is ``gradients_of(loss, [result])``.
        """
        return self.node.grad if self.node is not None else None

    @grad.setter
    def grad(self, new: Array | None) -> None:
        if self.node is None or not self.is_leaf:
            raise RuntimeError("only a leaf that requires a gradient has one")
        if isinstance(new, Tensor):
            raise TypeError("grad is an array, got a Tensor; use .data")
        if new is not None:
            if not is_array(new) and not isinstance(new, np.generic):
                raise TypeError(f"grad is an array or None, got {type(new).__name__}")
            if array_module(new, self._data) and new.shape != self.shape:
                raise ValueError(f"grad must be {self.shape} as the tensor is, got {new.shape}")
            if new.dtype != self.dtype:
                raise TypeError(f"grad must be {self.dtype} as the tensor is, got {new.dtype}")
            new = as_float_array(new)  # a scalar, where NumPy made one of a 0-d array
        self.node.grad = new

    @property
    def is_leaf(self) -> bool:
        """Whether gradients end here, as at a parameter; neither a constant nor a result is one."""
        return self.node is not None and self.node.vjp is None and not self.node.freed

    @property
    def requires_grad(self) -> bool:
        """Whether a gradient can flow here.

        ``False`` makes a constant of a leaf: nothing is recorded for it any more, and its ``grad``
        is gone.  ``True`` makes a leaf of a constant, with a copy of the array: a graph that holds
        the old one could not see it change.
        """
        return self.node is not None

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        if self.node is not None and not self.is_leaf:
            raise RuntimeError("requires_grad is set on leaves and constants; detach() a result")
        if wanted and self.node is None:
            self._data = self._data.copy()
            self.node = Node("leaf", self._data)
        elif not wanted:
            self.node = None

    shape = property(lambda self: self._data.shape)
    ndim = property(lambda self: self._data.ndim)
    size = property(lambda self: self._data.size)
    dtype = property(lambda self: self._data.dtype)
    T = property(lambda self: self.transpose())

    if not TYPE_CHECKING:  # a type checker would let every name pass

        def __getattr__(self, name: str) -> Any:
            raise AttributeError(no_attribute(type(self).__name__, name), name=name, obj=self)

    def __setitem__(self, index: Any, value: Any) -> None:
        raise TypeError(
            "the elements of a tensor are not assigned: compute a new one with ops.where or "
            "ops.masked_fill, or assign an array to t.data"
        )

    def __repr__(self) -> str:
        kind = type(self).__name__
        values = np.array2string(to_numpy(self._data), prefix=f"{kind}(")
        size = f", shape={self.shape}" if "..." in values else ""
        made_by = f", from {self.node.name}" if self.node and self.node.parents else ""
        return f"{kind}({values}{size}, dtype={self.dtype}{made_by})"

    def __format__(self, specification: str) -> str:
        return format(self.item(), specification) if specification else str(self)

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __round__(self, digits: int | None = None) -> float:
        return round(self.item(), digits)

    def __bool__(self) -> bool:
        if self.size != 1:
            raise ValueError(f"the truth of a tensor of shape {self.shape} is ambiguous")
        return bool(self._data)

    def __copy__(self) -> Tensor:
        if self.node is None or self.is_leaf:
            return rebuild(*self.__reduce__()[1])
        return Tensor(self._data, node=self.node)  # at the same place of the graph

    def __reduce__(self) -> tuple:
        if self.node is not None and not self.is_leaf:
            raise TypeError(
                "a tensor with a graph cannot be pickled or deeply copied; detach() it first"
            )
        return rebuild, (type(self), self._data, self.requires_grad)

    def item(self) -> float:
        """The only element as a Python number (waits for the device).

        Raises:
            ValueError: there are more elements, or none.
        """
        if self.size != 1:
            raise ValueError(f"only a tensor of size 1 is a number, this one is {self.shape}")
        return self._data.item()

    def numpy(self) -> np.ndarray:
        """A host copy of the values."""
        return to_numpy(self._data).copy()

    def detach(self) -> Tensor:
        """A copy of the values as a constant: no gradient flows through."""
        return Tensor(self._data.copy())

    def backward(self, gradient: Array | None = None, *, keep_graph: bool = False) -> None:
        """Add ``d sum(gradient * self) / d leaf`` to the ``grad`` of every leaf below.

        Several threads may do so at the same time.

        Raises:
            RuntimeError: nothing was recorded; no ``gradient`` for a non-scalar; or the graph
                cannot be used (see ``backpropagate``).
            ValueError, TypeError: ``gradient`` has another shape or dtype than the tensor.
        """
        found = self.gradients_at(None, gradient, keep_graph=keep_graph)
        with adding:
            for leaf, share in found.items():
                # copied: rules may hand one array to two leaves, or a read-only view
                leaf.grad = share.copy() if leaf.grad is None else as_float_array(leaf.grad + share)

    def gradients_at(
        self,
        wanted: Iterable[Node] | None,
        gradient: Array | None = None,
        *,
        keep_graph: bool = False,
    ) -> dict[Node, Array]:
        """The gradients at the ``wanted`` nodes, or at all leaves, with no ``grad`` touched."""
        if self.node is None:
            raise RuntimeError("backward: no operand required a gradient, nothing was recorded")
        if gradient is None:
            if self.size != 1:
                raise RuntimeError(f"backward from shape {self.shape} needs a gradient; use .sum()")
            gradient = array_module(self._data).ones_like(self._data)
        if isinstance(gradient, Tensor):
            if gradient.requires_grad:
                raise TypeError("backward: gradient is a constant, but requires one; detach() it")
            gradient = gradient._data
        gradient = as_float_array(gradient, dtype=self.dtype, xp=array_module(self._data))
        if gradient.shape != self.shape:
            raise ValueError(f"backward: gradient is {gradient.shape}, the tensor is {self.shape}")
        if gradient.dtype != self.dtype:
            raise TypeError(f"backward: gradient is {gradient.dtype}, the tensor is {self.dtype}")
        found = backpropagate(self.node, gradient, wanted, keep_graph=keep_graph)
        # a NumPy sum of 0-d arrays is a scalar, not an array
        return {node: as_float_array(share) for node, share in found.items()}


class Parameter(Tensor):
    """A leaf tensor that training changes."""

    __slots__ = ()
    __iadd__ = __isub__ = __imul__ = __itruediv__ = __ipow__ = __imatmul__ = refuse_in_place

    def __init__(self, data: Any):
        super().__init__(data, requires_grad=True)


def rebuild(kind: type[Tensor], data: Array, requires_grad: bool) -> Tensor:
    tensor = kind.__new__(kind)
    Tensor.__init__(tensor, data, requires_grad=requires_grad)  # a Parameter may be frozen
    return tensor
