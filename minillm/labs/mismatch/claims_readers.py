"""Who says whether a claim is supported: encoders that see all or a part, and bags of words.

Letters: N claims, C labels, T words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from minillm.backend import stream
from minillm.labs.small_encoder import Encoder, Learning, SmallEncoder, learning, scores
from minillm.labs.worlds.claims import LABELS, Checked, Claims
from minillm.models.bag_of_words import BagOfWords, majority_class
from minillm.ops import cross_entropy

Answers = Callable[[Checked], np.ndarray]  # the number of a label for each claim, (N,)


def both(asked: Checked) -> np.ndarray:
    """The claim and the evidence behind it, (N, T)."""
    return np.concatenate([asked.claims, asked.evidence], axis=1)


PARTS: dict[str, Callable[[Checked], np.ndarray]] = {
    "claim and evidence": both,
    "claim only": lambda asked: asked.claims,
    "evidence only": lambda asked: asked.evidence,
}
BAGS = ["bag of words", "bag of words, apart"]  # apart: a word of a claim is another word


@dataclass(frozen=True)
class Strengths:
    """Steps of each encoder and the penalty of each bag, as ``claims_tuning`` chose them."""

    whole: int = 1500
    claim: int = 1000
    evidence: int = 1000
    bag: float = 1e-4
    apart: float = 1e-3


@dataclass(frozen=True)
class Settings:
    """The world, how far wordings tell the label, the claims learned and asked; the encoder."""

    world: Claims = Claims()
    leaks: tuple[float, ...] = (0.0, 0.5, 0.9)
    learned: int = 6000
    tested: int = 1500
    near: float = 1.0  # of the claims of one test: all words in facts
    model: Encoder = Encoder(std=1.0)
    learning: Learning = Learning(rate=5e-3)
    strengths: Strengths = Strengths()


def require_labels(asked: Checked) -> Checked:
    """The claims, if all labels are among them.

    Raises:
        ValueError: a label is missing.
    """
    missing = [name for c, name in enumerate(LABELS) if not (asked.labels == c).any()]
    if missing:
        raise ValueError(f"claims: every label needs a claim, got none that is {missing[0]}")
    return asked


def encoders(
    settings: Settings, name: str, learned: Checked, seed: int, stops: Sequence[int]
) -> Iterator[Answers]:
    """What an encoder of some of ``PARTS`` answers after so many steps, rising, of one training.

    Raises:
        ValueError: a label is missing.
    """
    s, seen, n = settings, PARTS[name], len(require_labels(learned).labels)
    ids, words = seen(learned), len(s.world.words)
    rng, order = stream(seed, f"claims, {name}"), stream(seed, f"claims, {name}, batches")
    model = SmallEncoder(words, ids.shape[1], s.model, n_classes=len(LABELS), rng=rng)

    def batches() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for _ in range(max(stops)):
            chosen = order.integers(n, size=s.learning.batch)
            yield ids[chosen], learned.labels[chosen]

    def answers(asked: Checked) -> np.ndarray:
        found: np.ndarray = scores(model, seen(asked)).argmax(axis=1)
        return found

    steps = learning(
        model, lambda b: cross_entropy(model(b[0]), targets=b[1]), batches(), s.learning
    )
    for step in steps:
        if step.index + 1 in stops:
            yield answers


def bag(settings: Settings, name: str, learned: Checked, l2: float) -> Answers:
    """A bag of the words of both; ``apart``, those of claims are other words than of evidence.

    Raises:
        ValueError: a label is missing; or as ``BagOfWords``.
    """

    def texts(asked: Checked) -> list[list[str]]:
        ids = both(asked)
        if name == BAGS[1]:
            ids[:, : asked.claims.shape[1]] += len(settings.world.words)
        return [[str(i) for i in row] for row in ids]

    model = BagOfWords(l2=l2)
    model.fit(texts(require_labels(learned)), [str(c) for c in learned.labels])
    return lambda asked: np.array([int(c) for c in model.predict(texts(asked))])


def majority(learned: Checked) -> Answers:
    """The most frequent label of what was learned, for every claim."""
    label = int(majority_class([str(c) for c in learned.labels]))
    return lambda asked: np.full(len(asked.labels), label)


def readers(settings: Settings, learned: Checked, seed: int) -> dict[str, Answers]:
    """All readers, each with its strength."""
    s = settings.strengths
    found: dict[str, Answers] = {}
    for name, steps in zip(PARTS, (s.whole, s.claim, s.evidence), strict=True):
        (found[name],) = encoders(settings, name, learned, seed, [steps])
    for name, l2 in zip(BAGS, (s.bag, s.apart), strict=True):
        found[name] = bag(settings, name, learned, l2)
    return {**found, "majority": majority(learned)}
