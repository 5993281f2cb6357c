"""Optimisers, parameter groups, penalties, schedules, clipping, L-BFGS."""

from minillm.optim.adam import Adam, AdamW
from minillm.optim.clipping import clip_gradients
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
    "l2_penalty",
    "linear_with_warmup",
    "minimize",
]
