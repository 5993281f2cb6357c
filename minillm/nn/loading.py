"""Whether values of a state fit a parameter, and the arrays that take them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from minillm.autograd import Parameter
from minillm.backend import Array, array_module, is_array, on_host


def misfits(parameter: Parameter, values: Any) -> Iterator[str]:
    """What keeps ``values`` from becoming the parameter's, in words; nothing if they fit."""
    array = values if is_array(values) else np.asarray(values)
    if array.shape != parameter.shape:
        yield f"have {parameter.shape}, given {array.shape}"
    elif array.dtype.kind not in "biuf":
        yield f"values must be real numbers, given {array.dtype}"
    elif array.dtype.itemsize > parameter.dtype.itemsize and on_host(array):
        with np.errstate(over="ignore"):
            fits = np.isfinite(array.astype(parameter.dtype)) | ~np.isfinite(array)
        if not fits.all():
            yield f"holds {array[~fits][0]}, too large for {parameter.dtype}"


def loaded(parameter: Parameter, values: Any) -> Array:
    """A new array of ``values``, in the parameter's library and dtype, its rows one by one."""
    return array_module(parameter.data).asarray(values, dtype=parameter.dtype).copy()


def retype(parameter: Parameter, data: Array, trainable: bool) -> None:
    """Let a parameter have data of another dtype; its gradient is gone."""
    Parameter.__init__(parameter, data)
    parameter.requires_grad = trainable
