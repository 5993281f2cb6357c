"""The lab of wrong labels: its settings, its data, its model, and how that learns.

Letters: B reviews, T positions, D model width.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import stream
from minillm.labs.compare import Case, frozen
from minillm.labs.transformer.stacks import Way, no_residual
from minillm.labs.worlds.majorities import Majorities, Reviews, with_flipped
from minillm.nn import Dropout, Embedding, EncoderBlock, LearnedPositions, Linear, Module, normal
from minillm.ops import cross_entropy, smoothed_cross_entropy, softmax
from minillm.optim import AdamW, decay_groups
from minillm.text.corpora.sentiment import LABELS
from minillm.training import evaluating, fit


def whole(block: EncoderBlock, x: Tensor) -> Tensor:
    """The block as it is."""
    return block(x)


def without_attention(block: EncoderBlock, x: Tensor) -> Tensor:
    """``LN(x + FFN(x))``: no position sees another one."""
    return block.feed_forward_norm(x + block.feed_forward(x))


WAYS: dict[str, Way] = {
    "whole": whole,
    "without attention": without_attention,
    "without residuals": no_residual,
}


@dataclass(frozen=True)
class Encoder:
    """A small encoder; its words and places start with deviation ``std``."""

    width: int = 32
    n_layers: int = 1
    n_heads: int = 4
    hidden: int = 64
    std: float = 0.3
    dropout: float = 0.0
    way: str = "whole"


@dataclass(frozen=True)
class Learning:
    """Batches for AdamW at one rate, so that a shorter training is the beginning of a longer one.

    Each word is left out of a batch with the probability ``word_dropout``.
    """

    steps: int = 400
    batch: int = 32
    rate: float = 2e-3
    weight_decay: float = 0.0
    smoothing: float = 0.0
    word_dropout: float = 0.0
    max_norm: float = 1.0


@dataclass(frozen=True)
class Strengths:
    """How strong each remedy is; ``best_strength`` chose them on the seeds 100 and 101.

    The grids are in ``label_noise_sweeps``; folds, times, width and layers are untuned.
    """

    steps: int = 100
    weight_decay: float = 3.0
    dropout: float = 0.7
    smoothing: float = 0.05
    word_dropout: float = 0.7
    threshold: float = 0.03
    folds: int = 3
    times: int = 4
    width: int = 64
    n_layers: int = 2


@dataclass(frozen=True)
class Settings:
    """The reviews, how many there are and how many labels are flipped, the model, its training."""

    world: Majorities = Majorities()
    members: int = 300
    fresh: int = 600  # with labels as wrong as the members'
    tested: int = 1000  # with clean labels
    flipped: float = 0.2
    model: Encoder = Encoder()
    learning: Learning = Learning()
    strengths: Strengths = field(default_factory=Strengths)
    bins: int = 10  # of the calibration error


class Reviewer(Module):
    """Reads a review and says how probable each label is, (B, T) -> (B, 2).

    ``x = E[ids] + P``, encoder blocks, the mean over all positions, a linear layer.
    """

    def __init__(self, n_words: int, length: int, sizes: Encoder, *, rng: np.random.Generator):
        s = self.sizes = sizes
        self.tokens = Embedding(n_words + 1, s.width, rng=rng)  # and one for a word left out
        self.positions = LearnedPositions(length, s.width, rng=rng)
        for table in (self.tokens.weight, self.positions.weight):
            table.data = normal(table.shape, std=s.std, rng=rng)
        self.blocks = [
            EncoderBlock(s.width, s.n_heads, s.hidden, rng=rng, dropout=s.dropout)
            for _ in range(s.n_layers)
        ]
        self.dropout = Dropout(s.dropout, rng=rng)
        self.output = Linear(s.width, len(LABELS), rng=rng)

    def forward(self, ids: np.ndarray) -> Tensor:
        """The scores of both labels."""
        x = self.positions(self.tokens(ids))
        for block in self.blocks:
            x = WAYS[self.sizes.way](block, x)
        return self.output(self.dropout(x.mean(axis=1)))


class LabelNoise(Case):
    """The reviews of a seed: ``members`` are learned, with wrong labels among theirs."""

    settings: Settings

    def __init__(self, settings: Settings, seed: int):
        super().__init__(settings, seed)
        s, times = settings, settings.strengths.times
        parts = np.cumsum([0, s.members, (times - 1) * s.members, s.fresh, s.tested])
        drawn = s.world.draw(int(parts[-1]), stream(seed, "wrong labels, reviews"))
        self.clean, more, fresh, self.tested = (
            drawn.only(slice(first, last)) for first, last in pairwise(parts.tolist())
        )
        rng = stream(seed, "wrong labels, flipped")
        self.members, more, self.fresh = (
            with_flipped(part, s.flipped, rng) for part in (self.clean, more, fresh)
        )
        for reviews in (self.clean, self.members, self.fresh, self.tested):
            frozen(*reviews)
        self.many = Reviews(
            np.concatenate([self.members.ids, more.ids]),
            np.concatenate([self.members.labels, more.labels]),
        )

    def learned(
        self,
        reviews: Reviews | None = None,
        *,
        model: Encoder | None = None,
        learning: Learning | None = None,
    ) -> Reviewer:
        """A model that has learned the members, or other reviews, from random weights."""
        fresh = self.untrained(model or self.settings.model)
        wanted = learning or self.settings.learning
        for _ in self.steps(fresh, reviews or self.members, wanted):
            pass
        return fresh

    def untrained(self, sizes: Encoder) -> Reviewer:
        """A model that knows nothing."""
        length = self.members.ids.shape[1]
        rng = stream(self.seed, "wrong labels, weights")
        return Reviewer(len(self.settings.world.words), length, sizes, rng=rng)

    def plain(self) -> Reviewer:
        """The model of the members without any remedy, trained once."""
        found: Reviewer = self.shared("plain", self.learned)
        return found

    def steps(self, model: Reviewer, reviews: Reviews, s: Learning) -> Iterator[object]:
        """The steps of a training, one by one."""
        rng = stream(self.seed, "wrong labels, batches")
        holes = stream(self.seed, "wrong labels, words left out")
        left_out = len(self.settings.world.words)

        def batches() -> Iterator[Reviews]:
            for _ in range(s.steps):
                places = rng.integers(len(reviews.labels), size=s.batch)
                ids = reviews.ids[places]
                gone = holes.random(ids.shape) < s.word_dropout
                yield Reviews(np.where(gone, left_out, ids), reviews.labels[places])

        def loss_of(batch: Reviews) -> Tensor:
            return smoothed_cross_entropy(
                model(batch.ids), targets=batch.labels, smoothing=s.smoothing
            )

        optimizer = AdamW(decay_groups(model), lr=s.rate, weight_decay=s.weight_decay)
        return fit(loss_of, batches(), optimizer, max_norm=s.max_norm, allow_unused=True)


def probabilities(model: Reviewer, reviews: Reviews) -> np.ndarray:
    """What the model says of each review, (N, 2) in float64."""
    with evaluating(model):
        logits = model(reviews.ids).data.astype(np.float64)
    found, _ = softmax.rule(logits, axis=1)
    return found


def losses(model: Reviewer, reviews: Reviews) -> np.ndarray:
    """-ln p of the label that each review has, (N,)."""
    with evaluating(model):
        logits = model(reviews.ids).data.astype(np.float64)
    nats, _ = cross_entropy.rule(logits, targets=reviews.labels, reduction="none")
    found: np.ndarray = nats
    return found
