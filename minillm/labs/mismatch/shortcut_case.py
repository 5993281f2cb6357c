"""The lab of the shortcut: its settings, its data, and how a model learns from them.

Letters: N reviews, B reviews of a batch, T positions, G groups, E environments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import stream
from minillm.labs.compare import frozen
from minillm.labs.encoder_case import EncoderCase
from minillm.labs.small_encoder import Encoder, Learning, SmallEncoder, with_holes
from minillm.labs.small_encoder import learning as learning_steps
from minillm.labs.worlds.shortcuts import Shortcuts, TaggedReviews
from minillm.ops import cross_entropy
from minillm.text.corpora.sentiment import LABELS

Objective = Callable[[Tensor, TaggedReviews], Tensor]  # the scores of a batch, (B, 2) -> ()


@dataclass(frozen=True)
class Strengths:
    """How strong each remedy is; ``tuned`` chose them on the seeds 100 and 101.

    ``steps`` is the strength of the baseline, and all remedies train as long.  The grids are in
    ``shortcut_tuning``; sizes, from ``few`` on, are untuned.
    """

    steps: int = 500
    weight_decay: float = 0.3
    dropout: float = 0.05
    word_dropout: float = 0.1
    balanced_dropout: float = 0.4
    dro_rate: float = 0.01
    dro_dropout: float = 0.4
    irm: float = 1000.0
    v_rex: float = 10.0
    jtt_steps: int = 60
    jtt_times: int = 50
    refit: float = 0.001
    few_steps: int = 100
    many_steps: int = 200
    few: int = 64
    many: int = 256
    twins: float = 0.2
    times: int = 2
    width: int = 64
    n_layers: int = 2


@dataclass(frozen=True)
class Settings:
    """The reviews and how often their tag agrees with the label, the model, its training."""

    world: Shortcuts = Shortcuts()
    learned: int = 4000
    agreements: tuple[float, ...] = (0.99, 0.91)  # of the environments of training
    flipped: float = 0.1
    tested: int = 1000  # with clean labels, of each test set
    inside: float = 0.95  # the tag agrees in the test in distribution
    even: float = 0.5  # in the balanced one
    outside: float = 0.05  # in the flipped one
    model: Encoder = Encoder(std=0.02)
    learning: Learning = Learning(steps=0, batch=64)  # their number is the baseline's strength
    strengths: Strengths = field(default_factory=Strengths)
    bins: int = 10  # of confidence


class Shortcut(EncoderCase):
    """The reviews of a seed: those with an agreeing tag are learned, others are asked about."""

    settings: Settings

    def __init__(self, settings: Settings, seed: int):
        super().__init__(settings, seed)
        s = settings
        self.reviews = self.told(s.learned, s.agreements, "learned")
        more = self.told((s.strengths.times - 1) * s.learned, s.agreements, "more")
        self.many = self.reviews.joined(more)
        self.target = self.told(s.strengths.many, (s.even,), "of the target")
        shares = {"inside": s.inside, "balanced": s.even, "flipped": s.outside}
        self.tested = {name: self.asked(share, name) for name, share in shares.items()}

    def told(self, n: int, agreements: tuple[float, ...], purpose: str) -> TaggedReviews:
        """Reviews as they come: a share of their labels is flipped."""
        rng = stream(self.seed, f"shortcut, {purpose}")
        found = self.settings.world.draw(n, agreements, self.settings.flipped, rng)
        frozen(*found)
        return found

    def asked(self, agreement: float, purpose: str) -> TaggedReviews:
        """Reviews to be asked about: with clean labels, and the tag agrees with these."""
        rng = stream(self.seed, f"shortcut, tested, {purpose}")
        found = self.settings.world.draw(self.settings.tested, (agreement,), 0.0, rng)
        frozen(*found)
        return found

    def learned(
        self,
        reviews: TaggedReviews | None = None,
        *,
        model: Encoder | None = None,
        learning: Learning | None = None,
        weights: np.ndarray | None = None,
        objective: Objective | None = None,
        start: SmallEncoder | None = None,
    ) -> SmallEncoder:
        """A model that has learned the reviews, or others.

        ``weights`` ``(N,)`` say how often each review is drawn; ``objective`` is the loss of a
        batch in the place of the mean cross-entropy; ``start`` has the weights to begin with.
        """
        fresh = self.untrained(model or self.settings.model)
        if start is not None:
            fresh.load_state_dict(start.state_dict())
        s, holes = learning or self.learning, self.stream("words left out")
        wanted = objective or mean_loss

        def loss_of(batch: TaggedReviews) -> Tensor:
            ids = with_holes(batch.ids, fresh.left_out, s.word_dropout, holes)
            return wanted(fresh(ids), batch)

        drawn = self.batches(self.reviews if reviews is None else reviews, s, weights)
        for _ in learning_steps(fresh, loss_of, drawn, s):
            pass
        return fresh

    def batches(
        self, reviews: TaggedReviews, s: Learning, weights: np.ndarray | None
    ) -> Iterator[TaggedReviews]:
        """Random reviews; without weights as many of each environment as of the others."""
        rng = self.stream("batches")
        kinds = int(reviews.environments.max()) + 1
        of_kind = [np.flatnonzero(reviews.environments == kind) for kind in range(kinds)]
        for _ in range(s.steps):
            if weights is not None:
                yield reviews.only(rng.choice(len(weights), s.batch, p=weights))
                continue
            luck = rng.random(s.batch)
            places = [of_kind[i % kinds] for i in range(s.batch)]
            yield reviews.only(
                np.array([of[int(u * len(of))] for of, u in zip(places, luck, strict=True)])
            )

    def untrained(self, sizes: Encoder) -> SmallEncoder:
        """A model that knows nothing."""
        length, n_words = self.reviews.ids.shape[1], len(self.settings.world.words)
        rng = self.stream("weights")
        return SmallEncoder(n_words, length, sizes, n_classes=len(LABELS), rng=rng)

    def stream(self, purpose: str) -> np.random.Generator:
        """Random numbers for a purpose."""
        return stream(self.seed, f"shortcut, {purpose}")

    def masked(self, reviews: TaggedReviews) -> TaggedReviews:
        """The reviews without their tags: a word that was left out stands in their place."""
        world = self.settings.world
        return reviews._replace(ids=world.masked(reviews.ids, len(world.words)))


def mean_loss(scores: Tensor, batch: TaggedReviews) -> Tensor:
    """The mean cross-entropy of the labels as told."""
    return cross_entropy(scores, targets=batch.labels)
