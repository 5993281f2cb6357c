"""A GPT that classifies: what it has read by the last token decides."""

from __future__ import annotations

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import Array
from minillm.models.bert import class_loss
from minillm.models.gpt import Gpt
from minillm.models.pooling import POOLINGS, require_pooling
from minillm.nn import Dropout, Linear, Module


class GptClassifier(Module):
    """One label for a text, read off the vector at its last real token::

        logits = drop(h_last) U + c        h: the normalised vectors behind the last block

    The last token alone has seen the whole text.  With ``pooling="mean"`` the mean over the real
    positions stands in its place.  A head of the language model's own is frozen: no label
    depends on it.

    Shapes: ``ids (B, T), mask (B, T) -> (B, C)``, padded on either side.

    Raises:
        ValueError: fewer than two classes; ``pooling`` is "cls": the first token has seen nothing
            but itself.
    Source: Radford et al. 2018, "Improving Language Understanding by Generative Pre-Training",
        section 3.2.
    Guide: 2.1, 9.2, 9.3.4 (G32, G33).
    """

    def __init__(
        self, gpt: Gpt, n_classes: int, *, rng: np.random.Generator, pooling: str = "last"
    ):
        if n_classes < 2:
            raise ValueError(f"GptClassifier: needs at least 2 classes, got {n_classes}")
        require_pooling(pooling)
        if pooling == "cls":
            raise ValueError(
                'pooling "cls" reads at the first token, which has seen nothing but itself in a '
                'model that reads from left to right: give "last" or "mean"'
            )
        self.gpt, self.pooling = gpt, pooling
        if gpt.head is not None:
            gpt.head.freeze()
        self.dropout = Dropout(gpt.config.dropout, rng=rng)
        self.output = Linear(gpt.config.width, n_classes, rng=rng)

    @property
    def body(self) -> Gpt:
        """The model below the head."""
        return self.gpt

    def forward(self, ids: Array, mask: Array) -> Tensor:
        """Logits of the classes."""
        read = POOLINGS[self.pooling](self.gpt.hidden(ids, mask), mask)
        return self.output(self.dropout(read))

    def loss(self, ids: np.ndarray, mask: np.ndarray, targets: np.ndarray) -> Tensor:
        """Mean cross-entropy in nats."""
        return class_loss(self(ids, mask), targets)
