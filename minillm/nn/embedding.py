"""The table of token vectors."""

from __future__ import annotations

import numpy as np

from minillm.autograd import Parameter, Tensor
from minillm.backend import Array
from minillm.nn.initialization import check_integers, normal
from minillm.nn.module import Module
from minillm.ops import embedding


class Embedding(Module):
    """One learned vector per id; the size of the table is the *vocabulary*, not the length.

    Shapes: ``ids (...) -> (..., width)``; ``weight (size, width)``, normal with standard
    deviation 0.02.

    Raises:
        ValueError: a size below 1.
    Source: Devlin et al. 2019, "BERT", released code, for the standard deviation.
    Guide: 2.1, 3.3, 5.2.2 (G8).
    """

    def __init__(self, size: int, width: int, *, rng: np.random.Generator):
        check_integers("Embedding", size=size, width=width)
        if size < 1 or width < 1:
            raise ValueError(f"Embedding: sizes must be at least 1, got {size} and {width}")
        self.weight = Parameter(normal((size, width), std=0.02, rng=rng))

    def forward(self, ids: Array) -> Tensor:
        """The vectors of ``ids``."""
        return embedding(self.weight, ids=ids)
