"""Faster forms of rules as loops that numba compiles; optional (``.[fast]``).

Nobody needs to read them to understand the rules.  They are for float32.  What else there is goes
to the kernel in NumPy or to the rule, as do errors.

What makes them fast: a number is read from memory once, and everything that is to be done with it
is done, several numbers at a time.
"""

from __future__ import annotations

import numpy as np

from minillm.backend.kernel_switch import Kernels
from minillm.ops.activations import gelu, gelu_tanh
from minillm.ops.attention import scaled_dot_product_attention
from minillm.ops.losses import cross_entropy
from minillm.ops.normalization import layer_norm, rms_norm


def kernels() -> Kernels:
    """Each with the table of the op that it belongs to.

    Raises:
        ImportError: numba is not there.
    """
    from minillm.ops.kernels_compiled.attentions import attention_in_loops
    from minillm.ops.kernels_compiled.cross_entropies import cross_entropy_in_rows
    from minillm.ops.kernels_compiled.gelus import gelu_in_a_loop, gelu_tanh_in_a_loop
    from minillm.ops.kernels_compiled.normalizations import layer_norm_in_loops, rms_norm_in_loops

    return [
        (gelu.kernels, np, gelu_in_a_loop),
        (gelu_tanh.kernels, np, gelu_tanh_in_a_loop),
        (layer_norm.kernels, np, layer_norm_in_loops),
        (rms_norm.kernels, np, rms_norm_in_loops),
        (cross_entropy.kernels, np, cross_entropy_in_rows),
        (scaled_dot_product_attention.kernels, np, attention_in_loops),
    ]
