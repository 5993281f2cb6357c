"""Optimisers, parameter groups, penalties, schedules, clipping, L-BFGS."""

import numpy as np

from minillm.backend.kernel_switch import offer
from minillm.optim.adam import Adam, AdamW
from minillm.optim.adam_in_chunks import adam_in_chunks
from minillm.optim.clipping import clip_gradients, gradient_norm
from minillm.optim.groups import ParameterGroup, decay_groups
from minillm.optim.lbfgs import minimize
from minillm.optim.optimizer import Optimizer
from minillm.optim.penalties import l2_penalty
from minillm.optim.schedules import cosine_with_warmup, linear_with_warmup
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
    "gradient_norm",
    "l2_penalty",
    "linear_with_warmup",
    "minimize",
]

offer("numpy", lambda: [(AdamW.kernels, np, adam_in_chunks)])
