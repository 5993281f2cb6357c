"""Floor 4: optimisers, schedules, clipping."""

from minillm.optim.adam import Adam, AdamW
from minillm.optim.clipping import clip_gradients
from minillm.optim.optimizer import Optimizer
from minillm.optim.schedules import linear_with_warmup

__all__ = ["Adam", "AdamW", "Optimizer", "clip_gradients", "linear_with_warmup"]
