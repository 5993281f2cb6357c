"""GELU in one pass forward and one backward, which needs nothing but the input."""

from __future__ import annotations

from minillm.autograd import VJP
from minillm.backend import Array, array_module
from minillm.ops.kernels_cupy.launching import blocks_for, check_known, in_one_piece, launch


def gelu_on_device(x: Array, /) -> tuple[Array, VJP]:
    """``gelu``, whatever the numbers are."""
    return number_by_number("gelu", x)


def gelu_tanh_on_device(x: Array, /) -> tuple[Array, VJP]:
    """``gelu_tanh`` in the same way."""
    return number_by_number("gelu_tanh", x)


def number_by_number(name: str, x: Array) -> tuple[Array, VJP]:
    """The kernels ``NAME_forward`` and ``NAME_backward`` of ``gelu.cu``."""
    check_known(name, x)
    xp, dtype, x = array_module(x), x.dtype, in_one_piece(x)
    y, blocks = xp.empty(x.shape, dtype), blocks_for(x.size)
    launch("gelu", f"{name}_forward", blocks, y, x, x.size, dtype=dtype)

    def vjp(g: Array) -> tuple[Array]:
        dx = xp.empty(x.shape, dtype)
        launch("gelu", f"{name}_backward", blocks, dx, x, in_one_piece(g), x.size, dtype=dtype)
        return (dx,)

    return y, vjp
