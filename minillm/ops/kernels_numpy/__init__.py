"""Faster forms of rules in NumPy: one idea a file, each with the same meaning as its rule.

Nobody needs to read them to understand the rules.  A kernel takes what its rule takes.  It does
the plain case (float32 or float64, many numbers, all of ordinary size) and gives everything
else, errors included, to the rule.  ``wanted`` tells it which gradients are asked for; without
any, it makes nothing for a backward pass.

What makes them fast is the same everywhere: numbers are worked on in chunks that stay in the
processor's cache, in memory that is there already (``scratch``), in place, and sums are left to
BLAS.
"""

from __future__ import annotations

import numpy as np

from minillm.backend.kernel_switch import Kernels
from minillm.ops.activations import gelu
from minillm.ops.attention import scaled_dot_product_attention
from minillm.ops.kernels_numpy.attentions import attention_in_slices
from minillm.ops.kernels_numpy.gelus import gelu_in_one_pass


def kernels() -> Kernels:
    """Each with the table of the op that it belongs to."""
    return [
        (gelu.kernels, np, gelu_in_one_pass),
        (scaled_dot_product_attention.kernels, np, attention_in_slices),
    ]
