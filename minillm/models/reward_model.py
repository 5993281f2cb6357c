"""A GPT that gives a text one number: how good it is."""

from __future__ import annotations

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import Array
from minillm.models.gpt import Gpt
from minillm.models.pooling import at_last_real
from minillm.nn import Linear, Module


class RewardModel(Module):
    """The reward of a text, read off the vector at its last real token::

        r = h_last · u                       h: the normalised vectors behind the last block

    The last token alone has seen prompt and response.  Only differences of rewards are learnt, so
    that there is no bias; ``u`` starts at 0, and every text with the reward 0.

    Shapes: ``ids (B, T), mask (B, T) -> (B,)``, padded on either side.

    Raises:
        ValueError, IndexError, TypeError: as ``Gpt``.
    Source: Ouyang et al. 2022, "Training language models to follow instructions with human
        feedback", section 3.5 (reward modeling).
    """

    def __init__(self, gpt: Gpt, *, rng: np.random.Generator):
        self.gpt = gpt
        if gpt.head is not None:  # no reward depends on it
            gpt.head.freeze()
        self.output = Linear(gpt.config.width, 1, rng=rng, bias=False)
        self.output.weight.data = 0.0 * self.output.weight.data

    def forward(self, ids: Array, mask: Array) -> Tensor:
        """The reward of every text."""
        return self.output(at_last_real(self.gpt.hidden(ids, mask), mask))[:, 0]
