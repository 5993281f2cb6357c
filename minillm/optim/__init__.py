"""Optimisers, parameter groups, penalties, schedules, clipping, L-BFGS."""

import numpy as np

from minillm.backend.kernel_switch import Kernels, offer
from minillm.ops.kernels_cupy import required_cupy
from minillm.optim.adam import Adam, AdamW
from minillm.optim.adam_in_chunks import adam_in_chunks
from minillm.optim.clipping import clip_gradients, gradient_norm
from minillm.optim.groups import ParameterGroup, decay_groups
from minillm.optim.lbfgs import minimize
from minillm.optim.optimizer import Optimizer
from minillm.optim.penalties import distance_penalty, l2_penalty
from minillm.optim.schedules import (
    cosine_with_warmup,
    inverse_square_root_with_warmup,
    linear_with_warmup,
)
from minillm.optim.sgd import SGD

__all__ = [
    "SGD",
    "Adam",
    "AdamW",
    "Optimizer",
    "ParameterGroup",
    "clip_gradients",
    "cosine_with_warmup",
    "decay_groups",
    "distance_penalty",
    "gradient_norm",
    "inverse_square_root_with_warmup",
    "l2_penalty",
    "linear_with_warmup",
    "minimize",
]


def compiled_kernels() -> Kernels:
    """Adam's, in need of numba, which is not imported before."""
    from minillm.optim.adam_in_a_loop import adam_in_a_loop

    return [(AdamW.kernels, np, adam_in_a_loop)]


def device_kernels() -> Kernels:
    """Adam's for arrays of CuPy, which is not imported before.

    Raises:
        ImportError: it is not there.
    """
    from minillm.optim.adam_on_device import adam_on_device

    return [(AdamW.kernels, required_cupy(), adam_on_device)]


offer("numpy", lambda: [(AdamW.kernels, np, adam_in_chunks)])
offer("compiled", compiled_kernels)
offer("device", device_kernels)
