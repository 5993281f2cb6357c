"""What NumPy does with a tensor: it may read one, and it is told what to write where it must not.

``np.asarray(t)``, ``np.allclose(t, x)``, ``plt.imshow(t)`` read the values.  ``np.exp(t)`` would
lose the gradient without a word, and is an error that shows the spelling.  So is a function that
``ops`` lacks, ``np.linalg.norm(t)``, where t requires a gradient and numbers come out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minillm.autograd.grad_mode import is_recording
from minillm.autograd.spellings import NUMPY, SAME_IN_NUMPY, no_numpy_function
from minillm.backend import array_module

# copies for a picture or a table, and arrays that take no more than the shape of a tensor
WITHOUT_GRADIENT = frozenset(
    ["atleast_1d", "copy", "empty_like", "full_like", "ones_like", "zeros_like"]
)

# what Python calls for `array + tensor`: NumPy's function, and the methods of either operand
BINARY: dict[np.ufunc, tuple[str, str]] = {
    np.add: ("__add__", "__radd__"),
    np.subtract: ("__sub__", "__rsub__"),
    np.multiply: ("__mul__", "__rmul__"),
    np.true_divide: ("__truediv__", "__rtruediv__"),
    np.matmul: ("__matmul__", "__rmatmul__"),
    np.equal: ("__eq__", "__eq__"),
    np.not_equal: ("__ne__", "__ne__"),
    np.less: ("__lt__", "__gt__"),
    np.less_equal: ("__le__", "__ge__"),
    np.greater: ("__gt__", "__lt__"),
    np.greater_equal: ("__ge__", "__le__"),
}


def called_by_numpy(
    tensor: Any, ufunc: np.ufunc, method: str, *inputs: Any, **settings: Any
) -> Any:
    """An operator between an array and a tensor is the tensor's; other functions are refused."""
    if "out" in settings:
        raise TypeError(
            f"np.{ufunc.__name__} into an array: an array cannot hold what a Tensor remembers; "
            "write array = array + tensor instead of array += tensor"
        )
    if method != "__call__" or ufunc not in BINARY or settings:
        raise TypeError(no_numpy_function(ufunc.__name__))
    (left, right), (name, reflected) = inputs, BINARY[ufunc]
    if isinstance(left, NumPySide):
        return getattr(left, name)(right)
    return getattr(right, reflected)(left)


class ForNumPyOnly:
    """NumPy asks the class for ``__array_ufunc__``, and finds the function.

    CuPy asks the object: it leaves an operator to the tensor if it finds ``None`` there.
    """

    def __get__(self, instance: object, owner: type) -> Callable | None:
        return called_by_numpy if instance is None else None


class NumPySide:
    """The part of ``Tensor`` that NumPy sees."""

    __slots__ = ()
    __array_ufunc__ = ForNumPyOnly()

    data: Any
    _data: Any
    requires_grad: Any

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """The values, read-only unless they are copied: a change would not be noticed."""
        if array_module(self.data) is not np:
            raise TypeError("the tensor lives on a device; numpy() copies its values to the host")
        array = np.array(self.data, dtype=dtype, copy=copy)
        if np.shares_memory(array, self.data):
            array = array.view()
            array.flags.writeable = False
        return array

    def __array_function__(self, function: Any, types: Any, args: Any, settings: Any) -> Any:
        if function in (np.shape, np.ndim, np.size) and len(args) == 1 and not settings:
            return getattr(self, function.__name__)
        name = function.__name__
        if name in NUMPY or name in SAME_IN_NUMPY:
            raise TypeError(no_numpy_function(name))
        result = function(*read(args), **read(settings))
        numbers = isinstance(result, np.ndarray | np.generic) and result.dtype.kind == "f"
        lost = numbers and name not in WITHOUT_GRADIENT and is_recording()
        if lost and wants_gradient((args, settings)):
            path = f"{function.__module__}.{name}"  # such as numpy.linalg.norm
            raise TypeError(no_numpy_function(path.removeprefix("numpy.")))
        return result


def wants_gradient(value: Any) -> bool:
    """Whether there is a tensor that requires a gradient, also inside lists and dictionaries."""
    if isinstance(value, dict):
        value = [*value.values()]
    if isinstance(value, list | tuple):
        return any(map(wants_gradient, value))
    return isinstance(value, NumPySide) and value.requires_grad


def read(value: Any) -> Any:
    """The value with arrays in the place of tensors, also inside lists, tuples and dictionaries."""
    if isinstance(value, NumPySide):
        return np.asarray(value)
    if isinstance(value, dict):
        return {key: read(item) for key, item in value.items()}
    return type(value)(map(read, value)) if type(value) in (list, tuple) else value
