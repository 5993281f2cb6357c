"""Which dtype a result has, and which dtype it is computed in.

* float32 in, float32 out, gradients too; float64 stays float64.  Python numbers never promote.
* Plain arithmetic of unlike arrays promotes as NumPy does.  A rule that joins data with a *weight*
  refuses: one float64 input would silently turn the whole model behind it to float64.
* float16 is for storage and element-by-element arithmetic.  It counts to 2048 and ends at 65504,
  so whatever adds up or counts does so in float32 and rounds once at the end.
"""

from __future__ import annotations

from typing import Any

from minillm.backend.arrays import Array, array_module


def wide_dtype(x: Array) -> Any:
    """The ``dtype=`` of a sum or a count over ``x``: float32 for float16.

    ``newbyteorder`` makes a new dtype also of a native one, with which ``add.at`` is slow.
    """
    if x.dtype.itemsize < 4:
        return "float32"
    return x.dtype if x.dtype.isnative else x.dtype.newbyteorder("=")


def wide_sum(x: Array, axis: Any = None, *, keepdims: bool = False) -> Array:
    """The sum over some axes, or over all, added up in ``wide_dtype`` and rounded once."""
    total = x.sum(axis=axis, keepdims=keepdims, dtype=wide_dtype(x))
    return total.astype(x.dtype, copy=False)


def column_sums(x: Array) -> Array:
    """The sum of the rows of a matrix, as a product, which BLAS adds up faster than NumPy sums::

        y = (1, ..., 1) x

    Shapes: ``x (N, D) -> (D,)``; added up in ``wide_dtype`` and rounded once.
    """
    wide = wide_dtype(x)
    ones = array_module(x).ones(x.shape[0], dtype=wide)
    return (ones @ x.astype(wide, copy=False)).astype(x.dtype, copy=False)


def check_one_dtype(op_name: str, **operands: Array | None) -> None:
    """Refuse operands of unlike dtypes; what is ``None`` was left out.

    Raises:
        TypeError: two operands have different dtypes; the message says how to turn one of them.
    """
    dtypes = {name: x.dtype for name, x in operands.items() if x is not None}
    found = list(dtypes.values())
    if found != found[:1] * len(found):  # hashing dtypes, for a set, is slow
        given = ", ".join(f"{name} is {dtype}" for name, dtype in dtypes.items())
        raise TypeError(
            f"{op_name}: {given}: turn one of them, "
            "x.astype(np.float32) or model.to_dtype(np.float64)"
        )


def as_number(what: str, value: Any) -> float:
    """A setting as a Python number, which promotes nothing.

    Raises:
        TypeError: it is an array with axes; what NumPy says of one depends on its version.
    """
    if getattr(value, "ndim", 0):
        raise TypeError(f"{what} must be one number, got an array of shape {tuple(value.shape)}")
    return float(value)
