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
from minillm.ops.activations import gelu, gelu_tanh
from minillm.ops.attention import scaled_dot_product_attention
from minillm.ops.kernels_numpy.attentions import attention_in_slices
from minillm.ops.kernels_numpy.cross_entropies import cross_entropy_with_gradient
from minillm.ops.kernels_numpy.gelus import gelu_in_one_pass, gelu_tanh_in_one_pass
from minillm.ops.kernels_numpy.normalizations import layer_norm_in_rows, rms_norm_in_rows
from minillm.ops.losses import cross_entropy
from minillm.ops.normalization import layer_norm, rms_norm


def kernels() -> Kernels:
    """Each with the table of the op that it belongs to."""
    return [
        (gelu.kernels, np, gelu_in_one_pass),
        (gelu_tanh.kernels, np, gelu_tanh_in_one_pass),
        (layer_norm.kernels, np, layer_norm_in_rows),
        (rms_norm.kernels, np, rms_norm_in_rows),
        (cross_entropy.kernels, np, cross_entropy_with_gradient),
        (scaled_dot_product_attention.kernels, np, attention_in_slices),
    ]
