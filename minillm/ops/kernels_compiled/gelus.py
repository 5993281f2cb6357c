"""GELU, with its derivative made in the same pass."""

from __future__ import annotations

from collections.abc import Callable

from minillm.autograd import VJP
from minillm.backend import Array
from minillm.backend.scratch import aligned_empty
from minillm.ops.activations import gelu, gelu_tanh
from minillm.ops.kernels_compiled.loops import (
    gelu_and_slope,
    gelu_tanh_and_slope,
    gelu_tanh_values,
    gelu_values,
)
from minillm.ops.kernels_compiled.single import is_single


def gelu_in_a_loop(x: Array, /, *, wanted: tuple[bool, ...] = (True,)) -> tuple[Array, VJP]:
    """``gelu`` of float32 numbers, whatever they are."""
    return in_a_loop(gelu.rule, gelu_values, gelu_and_slope, x, wanted)


def gelu_tanh_in_a_loop(x: Array, /, *, wanted: tuple[bool, ...] = (True,)) -> tuple[Array, VJP]:
    """``gelu_tanh`` in the same way."""
    return in_a_loop(gelu_tanh.rule, gelu_tanh_values, gelu_tanh_and_slope, x, wanted)


def in_a_loop(
    rule: Callable, values: Callable, and_slope: Callable, x: Array, wanted: tuple[bool, ...]
) -> tuple[Array, VJP]:
    """Output, and the slope if it is wanted, by one loop or the other."""
    if not is_single(x):
        return rule(x)
    y, slope = aligned_empty(x.shape, x.dtype), None
    if wanted[0]:
        slope = aligned_empty(x.shape, x.dtype)
        and_slope(x.reshape(-1), y.reshape(-1), slope.reshape(-1))
    else:
        values(x.reshape(-1), y.reshape(-1))
    return y, lambda g: (g * slope,)
