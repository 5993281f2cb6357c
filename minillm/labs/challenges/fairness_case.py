"""The lab of fairness: its settings, its data, and how a model learns from them.

Letters: N applications, B applications of a batch, T positions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import stream
from minillm.labs.compare import frozen
from minillm.labs.encoder_case import EncoderCase
from minillm.labs.small_encoder import Encoder, Learning, SmallEncoder, probabilities, with_holes
from minillm.labs.small_encoder import learning as learning_steps
from minillm.labs.worlds.applications import TOWNS, Applications, Applied
from minillm.ops import cross_entropy
from minillm.tasks.group_thresholds import decided

Objective = Callable[[Tensor, Applied], Tensor]  # the scores of a batch, (B, 2) -> ()


class Selector(NamedTuple):
    """A model that scores applications, and from which score on a town's people are selected.

    ``hidden`` words are never read: the one for a word that was left out stands in their place.
    """

    encoder: SmallEncoder
    thresholds: tuple[float, ...]  # one for each of ``TOWNS``
    hidden: tuple[int, ...] = ()

    def scores(self, ids: np.ndarray) -> np.ndarray:
        """The probability of the place, (N,)."""
        read = without(ids, self.hidden, self.encoder.left_out)
        found: np.ndarray = probabilities(self.encoder, read)[:, 1]
        return found

    def selects(self, people: Applied) -> np.ndarray:
        """Who is selected, (N,) 0 or 1."""
        return decided(self.scores(people.ids), people.towns, np.array(self.thresholds))


@dataclass(frozen=True)
class Strengths:
    """How strong each remedy is; ``tuned`` chose them on the seeds 100 and 101.

    ``steps`` is the strength of the baseline, and all remedies but "early stop" train as long.
    The grids are in ``fairness_tuning``; sizes and shares, from ``few`` on, are untuned.
    """

    steps: int = 150
    early: int = 75
    weight_decay: float = 3.0
    dropout: float = 0.2
    word_dropout: float = 0.4
    covariance: float = 1.0
    few_steps: int = 12
    few: int = 128
    looked_up: float = 0.25
    times: int = 2
    width: int = 64
    n_layers: int = 2


@dataclass(frozen=True)
class Settings:
    """The applications and whom their labels wrong, the model, and its training."""

    world: Applications = Applications()
    penalty: float = 0.4  # the share of the second town's merits that labels withhold
    learned: int = 8000
    held: int = 2000  # with labels as told, to choose thresholds on
    tested: int = 4000
    threshold: float = 0.5
    model: Encoder = Encoder(std=0.1)
    learning: Learning = Learning(steps=0, batch=64)  # their number is the baseline's strength
    strengths: Strengths = field(default_factory=Strengths)
    bins: int = 10  # of scores


class Fairness(EncoderCase):
    """The applications of a seed: those that are learned, and those that are asked about."""

    settings: Settings

    def __init__(self, settings: Settings, seed: int):
        super().__init__(settings, seed)
        s = settings
        self.people = self.drawn(s.learned, "learned")
        self.many = self.people.joined(self.drawn((s.strengths.times - 1) * s.learned, "more"))
        self.held = self.drawn(s.held, "held")
        judged = self.drawn(s.strengths.few, "judged")
        self.judged = judged._replace(labels=judged.merits)
        self.tested = self.drawn(s.tested, "tested")

    def drawn(self, n: int, purpose: str, penalty: float | None = None) -> Applied:
        """Applications with their labels as told; ``penalty`` stands for that of the settings."""
        s = self.settings
        withheld = s.penalty if penalty is None else penalty
        found = s.world.draw(n, withheld, self.stream(purpose))
        frozen(*found)
        return found

    def learned(
        self,
        people: Applied | None = None,
        *,
        model: Encoder | None = None,
        learning: Learning | None = None,
        weights: np.ndarray | None = None,
        objective: Objective | None = None,
        start: SmallEncoder | None = None,
    ) -> SmallEncoder:
        """A model that has learned the applications, or others.

        ``weights`` ``(N,)`` say how often each is drawn; ``objective`` is the loss of a batch in
        the place of the mean cross-entropy; ``start`` has the weights to begin with.
        """
        fresh = self.untrained(model or self.settings.model)
        if start is not None:
            fresh.load_state_dict(start.state_dict())
        s, holes, order = learning or self.learning, self.stream("holes"), self.stream("batches")
        wanted, asked = objective or mean_loss, self.people if people is None else people

        def loss_of(places: np.ndarray) -> Tensor:
            batch = asked.only(places)
            ids = with_holes(batch.ids, fresh.left_out, s.word_dropout, holes)
            return wanted(fresh(ids), batch)

        n = len(asked.labels)
        drawn = (order.choice(n, s.batch, p=weights) for _ in range(s.steps))
        for _ in learning_steps(fresh, loss_of, drawn, s):
            pass
        return fresh

    def untrained(self, sizes: Encoder) -> SmallEncoder:
        """A model that knows nothing."""
        length, n_words = self.people.ids.shape[1], len(self.settings.world.words)
        return SmallEncoder(n_words, length, sizes, n_classes=2, rng=self.stream("weights"))

    def selector(self, encoder: SmallEncoder) -> Selector:
        """A model with the same threshold for both towns."""
        return Selector(encoder, (self.settings.threshold,) * len(TOWNS))

    def stream(self, purpose: str) -> np.random.Generator:
        """Random numbers for a purpose."""
        return stream(self.seed, f"fairness, {purpose}")


def mean_loss(scores: Tensor, batch: Applied) -> Tensor:
    """The mean cross-entropy of the labels as told."""
    return cross_entropy(scores, targets=batch.labels)


def without(ids: np.ndarray, hidden: tuple[int, ...], by: int) -> np.ndarray:
    """The texts with another word in the place of hidden ones, (N, T)."""
    return np.where(np.isin(ids, hidden), by, ids)
