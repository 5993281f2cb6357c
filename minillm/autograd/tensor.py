"""``Tensor``: an array that remembers how it was computed."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

from minillm.autograd.tape import Node, backpropagate
from minillm.backend import Array, array_module, is_array, to_numpy

Axis = int | tuple[int, ...] | None


class Tensor:
    """A floating-point array with operators that record themselves for ``backward``.

    Float arrays keep their dtype; numbers, lists and integer arrays become float32.  Ids,
    masks and targets are no tensors: they stay plain arrays.

    Raises:
        TypeError: the data are not real numbers.
    """

    __slots__ = ("_data", "node")
    __array_ufunc__ = None  # `array * tensor` must ask the tensor, not loop over it

    def __init__(self, data: Any, *, requires_grad: bool = False, node: Node | None = None):
        self._data = as_float_array(data)
        self.node = Node("leaf", self._data) if requires_grad else node

    @property
    def data(self) -> Array:
        """The array.  Assigning to it marks the tensor as changed (see ``Node.versions``).

        Rules hold their operands, not copies.  ``x.data += 1`` is noticed; writing into single
        elements, ``x.data[0] = 1``, between forward and backward is not, and spoils gradients.
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
                "before backward; assign a new array instead: x.data = x.data + 1"
            )
        self._data = new
        if self.node is not None:
            self.node.version += 1

    @property
    def grad(self) -> Array | None:
        """What ``backward`` has added up so far; ``None`` before, and for what is no leaf."""
        return self.node.grad if self.node is not None else None

    @grad.setter
    def grad(self, new: Array | None) -> None:
        if self.node is None or not self.is_leaf:
            raise RuntimeError("only a leaf that requires a gradient has one")
        self.node.grad = new

    @property
    def is_leaf(self) -> bool:
        """Whether gradients end here: a parameter is a leaf; constants and results are none."""
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

    def __len__(self) -> int:
        return len(self._data)

    def __repr__(self) -> str:
        made_by = f", from {self.node.name}" if self.node and self.node.parents else ""
        return f"{type(self).__name__}({to_numpy(self._data)}, dtype={self.dtype}{made_by})"

    def __float__(self) -> float:
        return float(self._data.item())

    def __bool__(self) -> bool:
        if self.size != 1:
            raise ValueError(f"the truth of a tensor of shape {self.shape} is ambiguous")
        return bool(self._data)

    def __reduce__(self) -> tuple:
        if self.node is not None and (self.node.parents or self.node.freed):
            raise TypeError("a tensor with a graph cannot be pickled or copied; detach() it first")
        return _rebuild, (type(self), self._data, self.requires_grad)

    def item(self) -> float:
        """The only element as a Python number (waits for the device)."""
        return self._data.item()

    def numpy(self) -> np.ndarray:
        """A host copy of the values."""
        return to_numpy(self._data).copy()

    def detach(self) -> Tensor:
        """A copy of the values as a constant: no gradient flows through."""
        return Tensor(self._data.copy())

    def backward(self, gradient: Array | None = None, *, keep_graph: bool = False) -> None:
        """Add ``d sum(gradient * self) / d leaf`` to the ``grad`` of every leaf below.

        Raises:
            RuntimeError: nothing was recorded; no ``gradient`` for a non-scalar; or the graph
                cannot be used (see ``backpropagate``).
            ValueError, TypeError: ``gradient`` has another shape or dtype than the tensor.
        """
        for leaf, share in self.leaf_gradients(gradient, keep_graph=keep_graph).items():
            # copied: rules may hand one array to two leaves, or a read-only view
            leaf.grad = share.copy() if leaf.grad is None else as_float_array(leaf.grad + share)

    def leaf_gradients(
        self, gradient: Array | None = None, *, keep_graph: bool = False
    ) -> dict[Node, Array]:
        """What ``backward`` adds, by leaf, with no ``grad`` touched."""
        if self.node is None:
            raise RuntimeError("backward: no operand required a gradient, nothing was recorded")
        if gradient is None:
            if self.size != 1:
                raise RuntimeError(f"backward from shape {self.shape} needs a gradient; use .sum()")
            gradient = array_module(self._data).ones_like(self._data)
        if isinstance(gradient, Tensor):
            gradient = gradient._data
        gradient = as_float_array(gradient, dtype=self.dtype, xp=array_module(self._data))
        if gradient.shape != self.shape:
            raise ValueError(f"backward: gradient is {gradient.shape}, the tensor is {self.shape}")
        if gradient.dtype != self.dtype:
            raise TypeError(f"backward: gradient is {gradient.dtype}, the tensor is {self.dtype}")
        found = backpropagate(self.node, gradient, keep_graph=keep_graph)
        # a NumPy sum of 0-d arrays is a scalar, not an array
        return {leaf: as_float_array(share) for leaf, share in found.items()}

    def __add__(self, other: Any) -> Tensor:
        return rules.add(self, other)

    def __radd__(self, other: Any) -> Tensor:
        return rules.add(other, self)

    def __sub__(self, other: Any) -> Tensor:
        return rules.subtract(self, other)

    def __rsub__(self, other: Any) -> Tensor:
        return rules.subtract(other, self)

    def __mul__(self, other: Any) -> Tensor:
        return rules.multiply(self, other)

    def __rmul__(self, other: Any) -> Tensor:
        return rules.multiply(other, self)

    def __truediv__(self, other: Any) -> Tensor:
        return rules.divide(self, other)

    def __rtruediv__(self, other: Any) -> Tensor:
        return rules.divide(other, self)

    def __neg__(self) -> Tensor:
        return rules.negative(self)

    def __abs__(self) -> Tensor:
        return rules.absolute(self)

    def __pow__(self, exponent: float) -> Tensor:
        return rules.power(self, exponent=exponent)

    def __matmul__(self, other: Any) -> Tensor:
        return rules.matmul(self, other)

    def __rmatmul__(self, other: Any) -> Tensor:
        return rules.matmul(other, self)

    def __getitem__(self, index: Any) -> Tensor:
        return rules.take(self, index=index)

    def sum(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        return rules.sum(self, axis=axis, keepdims=keepdims)

    def mean(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        return rules.mean(self, axis=axis, keepdims=keepdims)

    def var(self, axis: Axis = None, keepdims: bool = False, correction: float = 0.0) -> Tensor:
        return rules.var(self, axis=axis, keepdims=keepdims, correction=correction)

    def max(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        return rules.max(self, axis=axis, keepdims=keepdims)

    def min(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        return rules.min(self, axis=axis, keepdims=keepdims)

    def reshape(self, *shape: int) -> Tensor:
        return rules.reshape(self, shape=shape)

    def transpose(self, *axes: int) -> Tensor:
        return rules.transpose(self, axes=axes or None)


class Parameter(Tensor):
    """A leaf tensor that training changes."""

    __slots__ = ()

    def __init__(self, data: Any):
        super().__init__(data, requires_grad=True)


def _rebuild(kind: type[Tensor], data: Array, requires_grad: bool) -> Tensor:
    tensor = kind.__new__(kind)
    Tensor.__init__(tensor, data, requires_grad=requires_grad)  # a Parameter may be frozen
    return tensor


def as_float_array(value: Any, *, dtype: Any = None, xp: ModuleType = np) -> Array:
    """``value`` as a floating-point array; what is not one already becomes ``dtype`` (float32).

    Raises:
        TypeError: ``value`` is a Tensor, ``None``, complex, text, dates or objects.
        ValueError: a ragged list.
    """
    if is_array(value) and value.dtype.kind == "f":
        native = value.dtype.isnative
        return value if native else value.astype(value.dtype.newbyteorder("="))
    if isinstance(value, np.floating):  # what a NumPy reduction returns: it has a dtype of its own
        return np.asarray(value) if dtype is None else xp.asarray(value, dtype=dtype)
    if isinstance(value, Tensor):
        raise TypeError("expected an array, got a Tensor; use detach() for its values")
    array = value if is_array(value) else np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"expected real numbers, got {type(value).__name__} of dtype {array.dtype}")
    return xp.asarray(array, dtype=dtype or np.float32)


# The operators need the rules and the rules need `op`: the one deliberate pair of the package.
from minillm.autograd import arithmetic as rules  # noqa: E402
