"""The model of the guide's section 5.2.2 as it is printed, on our layers: it cannot be run."""

from __future__ import annotations

import itertools

import numpy as np

from minillm.autograd import Tensor
from minillm.labs.guide_code.layers import Dense, GlobalAveragePooling
from minillm.nn import Embedding, Linear, Module


class AsPrinted(Module):
    """A table, then pooling and a dense layer in turn, then scores of the classes.

    The table has a row for each *position*, and the second pooling gets what the first has pooled
    already.  ``AveragePoolingClassifier`` is the repair.

    Shapes: ``ids (B, T) -> (B, C)``, if it could.

    Guide: 5.2, 5.2.2 (G61).
    """

    def __init__(
        self,
        max_length: int,
        width: int,
        n_classes: int,
        *,
        rng: np.random.Generator,
        hidden: tuple[int, ...] = (128, 128),
    ):
        sizes = width, *hidden
        self.table = Embedding(max_length, width, rng=rng)
        self.pool = GlobalAveragePooling()
        self.dense = [Dense(a, b, rng=rng) for a, b in itertools.pairwise(sizes)]
        self.output = Linear(sizes[-1], n_classes, rng=rng)

    def forward(self, ids: np.ndarray) -> Tensor:
        """The scores.

        Raises:
            IndexError: an id is not below ``max_length``.
            ValueError: always, where ``hidden`` has two sizes or more: the second pooling has no
                positions left.
        """
        x = self.table(ids)
        for dense in self.dense:
            x = dense(self.pool(x))
        return self.output(x)
