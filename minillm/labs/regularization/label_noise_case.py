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
from minillm.labs.small_encoder import Encoder, Learning, SmallEncoder, learning, with_holes
from minillm.labs.worlds.majorities import Majorities, Reviews, with_flipped
from minillm.ops import smoothed_cross_entropy
from minillm.text.corpora.sentiment import LABELS


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
    ) -> SmallEncoder:
        """A model that has learned the members, or other reviews, from random weights."""
        fresh = self.untrained(model or self.settings.model)
        wanted = learning or self.settings.learning
        for _ in self.steps(fresh, reviews or self.members, wanted):
            pass
        return fresh

    def untrained(self, sizes: Encoder) -> SmallEncoder:
        """A model that knows nothing."""
        length = self.members.ids.shape[1]
        rng = stream(self.seed, "wrong labels, weights")
        n_words = len(self.settings.world.words)
        return SmallEncoder(n_words, length, sizes, n_classes=len(LABELS), rng=rng)

    def plain(self) -> SmallEncoder:
        """The model of the members without any remedy, trained once."""
        found: SmallEncoder = self.shared("plain", self.learned)
        return found

    def steps(self, model: SmallEncoder, reviews: Reviews, s: Learning) -> Iterator[object]:
        """The steps of a training, one by one."""
        rng = stream(self.seed, "wrong labels, batches")
        holes = stream(self.seed, "wrong labels, words left out")

        def batches() -> Iterator[Reviews]:
            for _ in range(s.steps):
                places = rng.integers(len(reviews.labels), size=s.batch)
                ids = with_holes(reviews.ids[places], model.left_out, s.word_dropout, holes)
                yield Reviews(ids, reviews.labels[places])

        def loss_of(batch: Reviews) -> Tensor:
            return smoothed_cross_entropy(
                model(batch.ids), targets=batch.labels, smoothing=s.smoothing
            )

        return learning(model, loss_of, batches(), s)
