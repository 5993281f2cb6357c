"""What can be written with tensors: + - * / ** @ [], comparisons, and methods such as ``x.sum()``.

Each is a call of its rule; no mathematics is in this file.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from minillm.autograd import rules
from minillm.autograd.conversion import as_float_array
from minillm.backend import Array, array_module, is_array

if TYPE_CHECKING:
    from minillm.autograd.reductions import Axis
    from minillm.autograd.tensor import Tensor


class Operators:
    """The operators and methods of ``Tensor``, all but those that concern gradients.

    Comparisons, ``argmax`` and ``argmin`` give plain arrays, through which no gradient flows.
    ``a == b`` compares element by element, so whether a list holds a tensor is asked with ``is``:
    ``any(x is t for x in tensors)``.  As a key of a dictionary a tensor stands for itself.
    """

    __slots__ = ()
    data: Any
    ndim: Any
    shape: Any
    __hash__ = object.__hash__

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

    def __pos__(self) -> Tensor:
        return rules.multiply(self, 1.0)

    def __abs__(self) -> Tensor:
        return rules.absolute(self)

    def __pow__(self, exponent: float) -> Tensor:
        return rules.power(self, exponent=exponent)

    def __matmul__(self, other: Any) -> Tensor:
        return rules.matmul(self, other)

    def __rmatmul__(self, other: Any) -> Tensor:
        return rules.matmul(other, self)

    def __eq__(self, other: object) -> Any:
        return compared(operator.eq, self, other)

    def __ne__(self, other: object) -> Any:
        return compared(operator.ne, self, other)

    def __lt__(self, other: object) -> Any:
        return compared(operator.lt, self, other)

    def __le__(self, other: object) -> Any:
        return compared(operator.le, self, other)

    def __gt__(self, other: object) -> Any:
        return compared(operator.gt, self, other)

    def __ge__(self, other: object) -> Any:
        return compared(operator.ge, self, other)

    def __getitem__(self, index: Any) -> Tensor:
        return rules.take(self, index=index)

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def __len__(self) -> int:
        if not self.ndim:
            raise TypeError("a tensor without axes has no length and no rows; item() is its number")
        return self.shape[0]

    def sum(self, axis: Axis = None, keepdims: bool = False, **unknown: Any) -> Tensor:
        return rules.sum(self, axis=axis, keepdims=keepdims, **unknown)

    def mean(self, axis: Axis = None, keepdims: bool = False, **unknown: Any) -> Tensor:
        return rules.mean(self, axis=axis, keepdims=keepdims, **unknown)

    def var(self, axis: Axis = None, keepdims: bool = False, **settings: Any) -> Tensor:
        return rules.var(self, axis=axis, keepdims=keepdims, **settings)

    def std(self, axis: Axis = None, keepdims: bool = False, **settings: Any) -> Tensor:
        return rules.std(self, axis=axis, keepdims=keepdims, **settings)

    def max(self, axis: Axis = None, keepdims: bool = False, **unknown: Any) -> Tensor:
        return rules.max(self, axis=axis, keepdims=keepdims, **unknown)

    def min(self, axis: Axis = None, keepdims: bool = False, **unknown: Any) -> Tensor:
        return rules.min(self, axis=axis, keepdims=keepdims, **unknown)

    def argmax(self, axis: int | None = None) -> Array:
        return self.data.argmax(axis=axis)

    def argmin(self, axis: int | None = None) -> Array:
        return self.data.argmin(axis=axis)

    def exp(self) -> Tensor:
        return rules.exp(self)

    def log(self) -> Tensor:
        return rules.log(self)

    def sqrt(self) -> Tensor:
        return rules.sqrt(self)

    def tanh(self) -> Tensor:
        return rules.tanh(self)

    def abs(self) -> Tensor:
        return rules.absolute(self)

    def astype(self, dtype: Any) -> Tensor:
        return rules.astype(self, dtype=dtype)

    def reshape(self, *shape: int | Sequence[int]) -> Tensor:
        return rules.reshape(self, shape=numbers_of(shape))

    def transpose(self, *axes: int | Sequence[int] | None) -> Tensor:
        reverse = not axes or axes[0] is None
        return rules.transpose(self, axes=None if reverse else numbers_of(axes))


def refuse_in_place(parameter: Operators, other: Any) -> NoReturn:
    """``p -= step`` would give the name ``p`` to a result, and leave the parameter as it was.

    Raises:
        TypeError: always.
    """
    raise TypeError(
        "+=, -=, *= and the like would leave the Parameter as it was: write p.data = p.data - step "
        "to change it, q = p - step for a new tensor, or use an optimiser"
    )


def numbers_of(given: tuple[Any, ...]) -> tuple[int, ...]:
    """The sizes or axes of ``x.reshape(2, 3)``, ``x.reshape((2, 3))`` or ``x.reshape([2, 3])``."""
    one = given[0] if len(given) == 1 else given
    return tuple(one) if isinstance(one, list | tuple) or np.ndim(one) else given


def compared(by: Callable[[Any, Any], Any], one: Operators, other: object) -> Any:
    """A boolean array, element by element; with what is not a number or an array, Python decides.

    Numbers and lists follow the dtype of the tensor, so that ``Tensor(0.1) == 0.1``, and so do
    arrays without axes: NumPy makes one of a number on the left.
    """
    data = one.data
    if isinstance(other, Operators):
        values = other.data
    elif isinstance(other, Real | list | tuple) or (
        isinstance(other, np.ndarray) and not other.ndim
    ):
        number = other.item() if isinstance(other, np.ndarray) else other
        values = as_float_array(number, dtype=data.dtype, xp=array_module(data))
    elif is_array(other):
        values = other
    else:
        return NotImplemented
    array_module(data, values)  # refuses a tensor on one device beside an array on another
    return by(data, values)
