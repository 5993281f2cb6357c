"""float16 is for storage and plain arithmetic; reductions and losses accumulate in float32."""

from __future__ import annotations

from typing import Any

import numpy as np

from minillm.backend import Array, array_module, on_host, quiet, wide_dtype


def widened(x: Array) -> Array:
    """float16 as float32, everything else as it is.

    float16 ends at 65504: the square of 256 is too large for it, and so is the number of the
    positions of a large batch.
    """
    return x.astype(wide_dtype(x), copy=False)


def rounded(x: Array, dtype: Any) -> Array:
    """``x`` in the dtype of the operand that it was computed from; beyond its range, infinite."""
    if x.dtype == dtype:
        return x
    with quiet(overflow=True):
        return x.astype(dtype)


def setting_like(name: str, value: Any, operand: Array) -> Array:
    """A setting as an array of the operand's dtype: float64 factors leave float32 alone.

    Lists of numbers are taken too.

    Raises:
        TypeError: it holds something other than real numbers, or lives in another library.
    """
    array = np.asarray(value) if on_host(value) else value
    array_module(operand, array)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} must be real numbers, got {array.dtype}")
    return array.astype(operand.dtype, copy=False)
