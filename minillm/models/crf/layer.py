"""The layer on top of a tagger: learned transitions between tags."""

from __future__ import annotations

import numpy as np

from minillm.autograd import Parameter, Tensor
from minillm.backend import Array, moved_like, to_numpy
from minillm.models.crf.paths import best_paths, marginals
from minillm.models.crf.rules import log_partition, path_score
from minillm.nn import Module
from minillm.ops import masked_fill


class Crf(Module):
    """A probability for every sequence of tags, in place of one for every tag by itself::

        p(y | x) = exp s(y) / Z,        loss = sum over the batch of (ln Z - s(y)) / its words

    The transitions start at 0, where tags do not yet depend on each other and p(y | x) is the
    product of ``softmax(e_t)``, but for steps that ``legal`` forbids: they never have any weight.

    Shapes: ``emissions (B, T, K), tags (B, T), mask (B, T)``; ``legal (K + 1, K + 1)``, True where
    a step is allowed, the last row for starts and the last column for ends.

    Raises:
        ValueError: ``legal`` is not square, or forbids some tag whatever comes before or after it.
        TypeError: ``legal`` is not boolean.
    Source: Lafferty, McCallum & Pereira 2001, "Conditional Random Fields"; Lample et al. 2016,
        "Neural Architectures for Named Entity Recognition", arXiv:1603.01360, section 2.2.
    Guide: 6.4 (G39).
    """

    def __init__(self, legal: np.ndarray):
        if legal.dtype != bool:
            raise TypeError(f"Crf: legal must be boolean, True = allowed, got {legal.dtype}")
        if legal.ndim != 2 or legal.shape[0] != legal.shape[1] or len(legal) < 2:
            raise ValueError(f"Crf: legal must be (K + 1, K + 1), got {legal.shape}")
        if not (legal.any(axis=0).all() and legal.any(axis=1).all()):
            raise ValueError("Crf: legal forbids every step to some tag, or every step from it")
        self.legal = legal
        self.transitions = Parameter(np.zeros(legal.shape, dtype=np.float32))

    def scores(self) -> Tensor:
        """The transitions, -inf where they are forbidden."""
        forbidden = moved_like(~self.legal, self.transitions.data)
        return masked_fill(self.transitions, mask=forbidden, value=-np.inf)

    def forward(self, emissions: Tensor, tags: Array, mask: Array) -> Tensor:
        """``ln p(y | x)`` of the tags of each sentence, (B,).

        Raises:
            ValueError: tags that are not legal, which have the probability 0; as ``path_score``.
        """
        self.refuse_illegal(tags, mask)
        tags, mask = (moved_like(x, emissions.data) for x in (tags, mask))
        transitions = self.scores()
        score = path_score(emissions, transitions, tags=tags, mask=mask)
        return score - log_partition(emissions, transitions, mask=mask)

    def loss(self, emissions: Tensor, tags: np.ndarray, mask: np.ndarray) -> Tensor:
        """``-ln p(y | x)`` of all sentences, for each of their words, in nats."""
        return -self(emissions, tags, mask).sum() / float(mask.sum())

    def decode(self, emissions: Array, mask: Array) -> list[list[int]]:
        """The most probable tags of each sentence; emissions and mask are on the host."""
        return best_paths(emissions, to_numpy(self.scores().data), mask=mask)

    def probabilities(self, emissions: Array, mask: Array) -> Array:
        """The probability of each tag at each word, (B, T, K), on the host."""
        return marginals(emissions, to_numpy(self.scores().data), mask=mask)

    def refuse_illegal(self, tags: np.ndarray, mask: np.ndarray) -> None:
        """Refuse tags that have no probability.

        Raises:
            ValueError: with the sentence and the place.
        """
        end = len(self.legal) - 1
        y = np.pad(np.where(mask, tags, end), ((0, 0), (1, 1)), constant_values=end)
        wrong = ~self.legal[y[:, :-1], y[:, 1:]]
        wrong[:, 1:] &= mask
        if wrong.any():
            row, place = (int(i) for i in np.argwhere(wrong)[0])
            before, after = (int(y[row, place + i]) for i in (0, 1))
            raise ValueError(
                f"Crf: sentence {row}: tag {after} behind tag {before} at word {place} is not "
                f"allowed ({end} stands for the ends)"
            )
