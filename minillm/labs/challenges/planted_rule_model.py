"""A BERT that is asked two things of a text: is it good, and which topic does it name?

Both answers are read at the first token, from the same vectors.  So attention has to fetch the
topic, too, although it has no say in the first answer: the more its question weighs, the more.

Letters: N texts, T words of a text, C topics.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import stream
from minillm.labs.worlds.planted_rules import PlantedRule, RuledTexts
from minillm.models import Bert, BertConfig, SequenceClassifier
from minillm.nn import Linear, Module, normal
from minillm.ops import cross_entropy, softmax, tanh
from minillm.optim import AdamW
from minillm.training import evaluating, fit


@dataclass(frozen=True)
class Sizes:
    """Of the encoder; its tables start with deviation ``std``."""

    width: int = 32
    n_layers: int = 2
    n_heads: int = 4
    hidden: int = 64
    std: float = 0.3


@dataclass(frozen=True)
class Training:
    """Batches of fresh texts for AdamW at one rate."""

    steps: int = 1200
    batch: int = 64
    rate: float = 2e-3
    max_norm: float = 1.0


class TwoQuestions(Module):
    """Whether a text is good, and its topic, both read at the first token of one BERT."""

    def __init__(self, world: PlantedRule, sizes: Sizes, *, rng: np.random.Generator):
        s = sizes
        config = BertConfig(
            len(world.words),
            width=s.width,
            n_layers=s.n_layers,
            n_heads=s.n_heads,
            hidden=s.hidden,
            max_length=world.length + 1,
            n_segments=1,
            dropout=0.0,
        )
        bert = Bert(config, rng=rng)
        for table in (bert.tokens.weight, bert.positions.weight):
            table.data = normal(table.shape, std=s.std, rng=rng)
        self.classifier = SequenceClassifier(bert, 2, rng=rng)
        self.topics = Linear(s.width, len(world.topics), rng=rng)

    @property
    def bert(self) -> Bert:
        """The encoder below both."""
        return self.classifier.bert

    def loss(self, texts: RuledTexts, weight: float) -> Tensor:
        """The cross-entropy of the first question, and ``weight`` times that of the second."""
        first = self.bert(texts.ids, whole(texts.ids))[:, 0]
        head = self.classifier
        side = cross_entropy(head.output(tanh(head.pooler(first))), targets=texts.labels)
        if not weight:
            return side
        return side + weight * cross_entropy(self.topics(first), targets=texts.topics)


def whole(ids: np.ndarray) -> np.ndarray:
    """The mask of texts that have no padding."""
    return np.ones(ids.shape, dtype=bool)


def trained(
    world: PlantedRule,
    sizes: Sizes,
    training: Training,
    *,
    seed: int,
    weight: float,
    coin: bool = False,
) -> TwoQuestions:
    """A model that has learned from fresh texts; with ``coin`` their labels say nothing."""
    model = TwoQuestions(world, sizes, rng=stream(seed, "model"))
    rng, tossed = stream(seed, "texts to learn from"), stream(seed, "coins")

    def batches() -> Iterator[RuledTexts]:
        for _ in range(training.steps):
            texts = world.draw(training.batch, rng, gaps=True)
            coins = tossed.integers(2, size=len(texts.ids))
            yield texts._replace(labels=coins) if coin else texts

    optimizer = AdamW(model.parameters(), lr=training.rate, weight_decay=0.0)
    for _ in fit(
        lambda texts: model.loss(texts, weight),
        batches(),
        optimizer,
        max_norm=training.max_norm,
        allow_unused=True,  # the question about the topic, where it has no weight
    ):
        pass
    return model.eval()


def probabilities(model: SequenceClassifier, ids: np.ndarray) -> np.ndarray:
    """What the model says of each text: bad, good, (N, 2) in float64."""
    with evaluating(model):
        found, _ = softmax.rule(model(ids, whole(ids)).data.astype(np.float64), axis=1)
    return found
