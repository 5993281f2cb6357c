"""Test reviews in the training text: how far is a score above the true one, and who can see it?

An encoder learns reviews with some wrong labels, and with them a share of the reviews that it will
be tested on, as they stand there, their labels too.  Letters: N reviews.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from minillm.backend import stream
from minillm.labs.small_encoder import Encoder, Learning, SmallEncoder, learning, losses, scores
from minillm.labs.study import Study
from minillm.labs.worlds.listed import share
from minillm.labs.worlds.majorities import Majorities, Reviews, with_flipped
from minillm.ops import cross_entropy
from minillm.tasks import accuracy
from minillm.tasks.metrics import membership_auc
from minillm.text.corpora.sentiment import LABELS


@dataclass(frozen=True)
class Settings:
    """The reviews, the shares of the test that are in training, the model and its training.

    ``flipped`` of all labels are wrong, in training and test: only who has seen them knows these.
    """

    world: Majorities = Majorities()
    learned: int = 300
    tested: int = 200
    fresh: int = 600  # of the same world, in no training
    shares: tuple[float, ...] = (0.0, 0.1, 0.25, 0.5, 1.0)
    flipped: float = 0.2
    model: Encoder = Encoder()
    learning: Learning = Learning(steps=800)


def reordered(ids: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The reviews in other words: their three opinions in another order, (N, T) -> (N, T).

    The sign behind each opinion stays in its place, and with it the label.
    """
    parts = ids.reshape(len(ids), -1, 3)
    turns = rng.integers(1, parts.shape[1], size=len(ids))[:, None]
    order = (np.arange(parts.shape[1]) + turns) % parts.shape[1]
    turned = np.take_along_axis(parts, order[:, :, None], axis=1)
    turned[:, :, -1] = parts[:, :, -1]
    return turned.reshape(ids.shape)


def trained(s: Settings, reviews: Reviews, seed: int) -> SmallEncoder:
    """A model of these reviews, from the same random weights whatever they are."""
    n_words, length = len(s.world.words), reviews.ids.shape[1]
    rng, order = stream(seed, "contamination, weights"), stream(seed, "contamination, batches")
    model = SmallEncoder(n_words, length, s.model, n_classes=len(LABELS), rng=rng)

    def batches() -> Iterator[Reviews]:
        for _ in range(s.learning.steps):
            yield reviews.only(order.integers(len(reviews.labels), size=s.learning.batch))

    for _ in learning(
        model, lambda b: cross_entropy(model(b.ids), targets=b.labels), batches(), s.learning
    ):
        pass
    return model


def expected(leaked: np.ndarray, clean: float, memorised: float) -> np.ndarray:
    """The score of a test of which a share was in training::

        clean + leaked (memorised - clean)

    Shapes: ``leaked (...) -> (...)``.
    """
    return clean + leaked * (memorised - clean)


def lower_as_it_stands(model: SmallEncoder, reviews: Reviews, rng: np.random.Generator) -> float:
    """The share of reviews whose loss is lower than in another order, equal ones as a half.

    It needs no fresh reviews: where none was trained on, either order is as likely to be lower.

    Source: Oren et al. 2023, "Proving Test Set Contamination in Black Box Language Models",
        arXiv:2310.17623 (there the order of the examples).
    """
    as_it_stands = losses(model, reviews.ids, reviews.labels)
    other = losses(model, reordered(reviews.ids, rng), reviews.labels)
    return float(((as_it_stands < other) + (as_it_stands == other) / 2).mean())


def examined(model: SmallEncoder, tested: Reviews, fresh: Reviews, seed: int) -> list[float]:
    """Accuracy on the test and on fresh reviews, and what both detectors say of the test."""
    right = [accuracy(scores(model, one.ids).argmax(axis=1), one.labels) for one in (tested, fresh)]
    of_test, of_fresh = (losses(model, one.ids, one.labels) for one in (tested, fresh))
    order = lower_as_it_stands(model, tested, stream(seed, "contamination, other order"))
    return [*right, membership_auc(of_test, of_fresh), order]


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """By the share of the test that was in training, (S,) each.

    "accuracy" is that on the test, "accuracy, fresh" that on reviews that nobody leaked, "AUC" how
    well losses tell the test from them, "order" as ``lower_as_it_stands``.  "line" and "AUC line"
    are what ``expected`` says from the model that has seen no test review and that of all.

    Guide: 1.1, 9.3.2 (G5, G42).
    """
    s, rng = settings, stream(seed, "contamination, reviews")
    drawn = with_flipped(s.world.draw(s.learned + s.tested + s.fresh, rng), s.flipped, rng)
    parts = np.split(np.arange(len(drawn.labels)), [s.learned, s.learned + s.tested])
    learned, tested, fresh = (drawn.only(part) for part in parts)
    place = rng.permutation(s.tested)
    found: dict[float, list[float]] = {}
    for part in dict.fromkeys((0.0, 1.0, *s.shares)):
        leaked = tested.only(place[: round(share("shares", part) * s.tested)])
        both = Reviews(*(np.concatenate(pair) for pair in zip(learned, leaked, strict=True)))
        found[part] = examined(trained(s, both, seed), tested, fresh, seed)
    rows = np.array([found[part] for part in s.shares]).T
    lines = [expected(np.array(s.shares), found[0.0][i], found[1.0][i]) for i in (0, 2)]
    return {
        **dict(zip(("accuracy", "accuracy, fresh", "AUC", "order"), rows, strict=True)),
        **dict(zip(("line", "AUC line"), lines, strict=True)),
    }


STUDY = Study(
    name="contamination",
    question="A share of the test was in training: how far is the score above the true one?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
    tolerance=0.1,
)
