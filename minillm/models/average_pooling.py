"""A classifier that reads a text as the mean of its words: the guide's program, repaired.

Letters: B batch, T positions, D width, C classes.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import Array
from minillm.models.pooling import mean_of_real
from minillm.nn import Embedding, Linear, Module
from minillm.ops import cross_entropy, relu


class AveragePoolingClassifier(Module):
    """The mean of the word vectors, dense layers with ReLU, a score for each class::

        x = 1/n sum_t m_t E[i_t],   h_l = relu(h_{l-1} W_lᵀ + b_l),   z = h Uᵀ + c      (h_0 = x)

    The mask ``m`` leaves padding out, on either side; a text of padding alone has the mean 0.  The
    order of the words makes no difference: what one order gives, every other does, too.

    Shapes: ``ids (B, T), mask (B, T) -> (B, C)``.

    Raises:
        ValueError: fewer than two classes, or a size below 1.
    Source: Joulin et al. 2017, "Bag of Tricks for Efficient Text Classification", section 2
        (without dense layers between the mean and the scores).
    Guide: 5.2, 5.2.2, 5.2.3 (G61).
    """

    def __init__(
        self,
        vocabulary_size: int,
        n_classes: int,
        *,
        rng: np.random.Generator,
        width: int = 128,
        hidden: Sequence[int] = (128, 128),
    ):
        if n_classes < 2:
            raise ValueError(
                f"AveragePoolingClassifier: needs at least 2 classes, got n_classes={n_classes}"
            )
        self.tokens = Embedding(vocabulary_size, width, rng=rng)
        sizes = itertools.pairwise((width, *hidden))
        self.hidden = [Linear(inputs, outputs, rng=rng) for inputs, outputs in sizes]
        self.output = Linear((width, *hidden)[-1], n_classes, rng=rng)

    def forward(self, ids: Array, mask: Array) -> Tensor:
        """The scores of the classes."""
        h = mean_of_real(self.tokens(ids), mask)
        for layer in self.hidden:
            h = relu(layer(h))
        return self.output(h)

    def loss(self, ids: Array, mask: Array, targets: Array) -> Tensor:
        """Mean cross-entropy in nats; ``targets (B,)`` are class numbers."""
        return cross_entropy(self(ids, mask), targets=targets)
