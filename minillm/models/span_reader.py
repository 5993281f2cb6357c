"""Where in a text the answer stands: the first token of it and the last.

Letters: B batch, T positions, D model width.
"""

from __future__ import annotations

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import Array, moved_like
from minillm.models.bert import Bert
from minillm.nn import Linear, Module
from minillm.ops import cross_entropy


class SpanReader(Module):
    """Two scores for every token: that the answer begins here, that it ends here::

        s_t = x_t u + b,   e_t = x_t v + c         x = Bert(ids)
        p(start = t) = softmax(s)_t,   p(end = t) = softmax(e)_t

    Question and text are one sequence, told apart by ``segments``.

    Shapes: ``ids, mask, segments (B, T) -> (B, T, 2)``, starts and ends.

    Source: Devlin et al. 2019, "BERT", arXiv:1810.04805, section 4.2.
    """

    def __init__(self, bert: Bert, *, rng: np.random.Generator):
        self.bert = bert
        self.output = Linear(bert.config.width, 2, rng=rng)

    @property
    def body(self) -> Bert:
        """The encoder below the head."""
        return self.bert

    def forward(self, ids: Array, mask: Array, segments: Array | None = None) -> Tensor:
        """The scores of starts and ends; those at padding are of no use."""
        return self.output(self.bert(ids, mask, segments))

    def loss(
        self,
        ids: np.ndarray,
        mask: np.ndarray,
        targets: np.ndarray,
        segments: Array | None = None,
    ) -> Tensor:
        """The mean of -ln p(start) and -ln p(end), in nats; ``targets (B, 2)`` are positions.

        As in the program published with the paper, padding counts among the places that an answer
        could have had.

        Raises:
            ValueError: ``targets`` are not a start and an end for each text.
        """
        if targets.shape != (len(ids), 2):
            raise ValueError(
                f"SpanReader: targets must be {(len(ids), 2)}, start and end, got {targets.shape}"
            )
        scores = self(ids, mask, segments)
        starts, ends = scores[:, :, 0], scores[:, :, 1]
        of = moved_like(targets, scores.data)
        return (cross_entropy(starts, targets=of[:, 0]) + cross_entropy(ends, targets=of[:, 1])) / 2


def best_span(scores: np.ndarray, mask: np.ndarray, longest: int = 30) -> tuple[int, int]:
    """The start and the end with the highest ``s_start + e_end``, start <= end < start + longest.

    Shapes: ``scores (T, 2)``, ``mask (T,)`` True where an answer may stand.

    Raises:
        ValueError: nowhere, or ``longest`` below 1.
    Source: Devlin et al. 2019, section 4.2.
    """
    if longest < 1 or not mask.any():
        raise ValueError(f"best_span: needs a place and longest >= 1, got {longest}")
    s, e = (np.where(mask, column, -np.inf) for column in scores.T)
    both = s[:, None] + e[None, :]
    gap = np.arange(len(e))[None, :] - np.arange(len(s))[:, None]
    both[(gap < 0) | (gap >= longest)] = -np.inf
    start, end = np.unravel_index(both.argmax(), both.shape)
    return int(start), int(end)
