"""Faster forms of rules as loops that numba compiles; optional (``pip install "minillm[fast]"``).

Nobody needs to read them to understand the rules.  They are for float32.  What else there is goes
to the kernel in NumPy or to the rule, as do errors.

What makes them fast: a number is read from memory once, and everything that is to be done with it
is done, several numbers at a time.
"""

from __future__ import annotations

import numpy as np

from minillm.backend.kernel_switch import Kernels
from minillm.ops.activations import gelu, gelu_tanh


def kernels() -> Kernels:
    """Each with the table of the op that it belongs to.

    Raises:
        ImportError: numba is not there.
    """
    from minillm.ops.kernels_compiled.gelus import gelu_in_a_loop, gelu_tanh_in_a_loop

    return [
        (gelu.kernels, np, gelu_in_a_loop),
        (gelu_tanh.kernels, np, gelu_tanh_in_a_loop),
    ]
