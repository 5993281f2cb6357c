"""Dropout's factors drawn where they are used: bit for bit those that the host would draw.

The host hashes key and count into the state of a generator, as ``counted_words`` does, and sends
that: six numbers, however many factors there are.
"""

from __future__ import annotations

import math

import numpy as np

from minillm.backend import Array, array_module
from minillm.ops.kernels_cupy.launching import BLOCK, check_known, launch

MULTIPLIER = 0xDA942042E4DD58B5  # of PCG64 DXSM
MODULUS = 1 << 128
EACH = 16  # numbers of 64 bits, of four words each, that a thread makes


def factors_on_device(
    key: int, count: int, shape: tuple[int, ...], dropped: int, start: int, *, like: Array
) -> Array:
    """The factors of ``minillm.nn.dropout.factors``, in the library and dtype of ``like``."""
    check_known("dropout", like)
    size, (skipped, first) = math.prod(shape), divmod(start, 4)
    keep = array_module(like).empty(shape, like.dtype)
    blocks = -(-(first + size) // (4 * BLOCK * EACH)) if size else 0
    generator = np.random.PCG64DXSM([key, count])
    state = generator.advance(skipped).state["state"]
    numbers = state["state"], state["inc"], *leap(state["inc"], blocks * BLOCK)
    words = [half for number in numbers for half in halves(number)]
    kept = 65536 / (65536 - dropped)
    settings = keep, *words, dropped, kept, first, size
    launch("dropout", "dropout_factors", blocks, *settings, dtype=like.dtype)
    return keep


def leap(plus: int, steps: int) -> tuple[int, int]:
    """Many steps of the generator, ``state <- M state + plus``, as one of the same form::

        state <- M^n state + plus (M^n - 1) / (M - 1)          (mod 2^128)

    The answer is the factor and the sum.
    """
    grown = pow(MULTIPLIER, steps, (MULTIPLIER - 1) * MODULUS)  # the division leaves 128 bits
    return grown % MODULUS, plus * ((grown - 1) // (MULTIPLIER - 1)) % MODULUS


def halves(number: int) -> tuple[np.uint64, np.uint64]:
    """The upper and the lower 64 bits."""
    return np.uint64(number >> 64), np.uint64(number & (1 << 64) - 1)
