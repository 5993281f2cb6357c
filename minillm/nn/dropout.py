"""The layer that draws dropout's noise."""

from __future__ import annotations

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import Array, counted_uniform, moved_like
from minillm.nn.module import Module
from minillm.ops import dropout


class Dropout(Module):
    """In training, drop each unit with probability ``rate`` and scale the others by 1/(1-rate).

    At evaluation it does nothing: the expected value was right already in training.  The noise
    depends on the layer's key, drawn from ``rng``, and on how often it has been called: two
    calls never share a mask, and a resumed run draws what the uninterrupted one would have.

    Shapes: ``x (...) -> (...)``.

    Raises:
        ValueError: ``rate`` outside [0, 1).
    Source: Srivastava et al. 2014, "Dropout: A Simple Way to Prevent Neural Networks from
        Overfitting".
    """

    def __init__(self, rate: float, *, rng: np.random.Generator):
        if not 0.0 <= rate < 1.0:
            raise ValueError(f"Dropout: rate must be in [0, 1), got {rate}")
        self.rate = rate
        self.key = int(rng.integers(2**63))
        self.calls = 0

    def forward(self, x: Tensor) -> Tensor:
        """``x * keep`` in training, ``x`` otherwise."""
        keep = self.keep_factors(x.shape, like=x.data)
        return x if keep is None else dropout(x, keep=keep)

    def keep_factors(self, shape: tuple[int, ...], *, like: Array) -> Array | None:
        """Factors 0 or 1/(1-rate) in the library and dtype of ``like``; ``None`` for no dropout."""
        if not self.training or self.rate == 0.0:
            return None
        uniform = counted_uniform(self.key, self.calls, shape, like.dtype)
        self.calls += 1
        # a boolean times a Python float would be float64
        scale = uniform.dtype.type(1.0 / (1.0 - self.rate))
        return moved_like(((uniform >= self.rate) * scale).astype(like.dtype), like)
