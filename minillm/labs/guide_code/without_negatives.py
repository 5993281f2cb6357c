"""What do word vectors learn from the printed loss, from its opposite, and with negatives?

Sentences about planted topics.  Three losses are followed down by the same plain steps: the
guide's as it is printed, the same with its sign turned, and that of skip-gram with negative
sampling, on average over its draws (noise by frequency, so that the theory applies).  Beside them
stand vectors that Word2Vec learned from drawn negatives, and vectors that learned nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from minillm.backend import stream
from minillm.labs.guide_code.printed_word2vec import printed_loss
from minillm.labs.study import Study
from minillm.labs.worlds.topics import Topics
from minillm.models.word_vectors import Sentences, Word2VecSettings, train_word2vec
from minillm.models.word_vectors.pmi import expected_loss
from minillm.models.word_vectors.windows import expected_pairs

Loss = Callable[[np.ndarray], tuple[float, np.ndarray]]


@dataclass(frozen=True)
class Settings:
    """The world and its text, the vectors at the start, the plain steps, and Word2Vec's own.

    ``word2vec`` reads the same text with the same number of dimensions and negatives, and takes
    its seed from the study.
    """

    world: Topics = Topics(topics=4, words=10, purity=0.7)
    sentences: int = 1000
    length: int = 10
    width: int = 8
    deviation: float = 0.1  # of the vectors' entries at the start
    negatives: int = 5
    rate: float = 10.0  # for a loss that is a mean over pairs
    steps: int = 250
    every: int = 25  # of which one is noted
    word2vec: Word2VecSettings = Word2VecSettings(
        window=1, noise_power=1.0, subsample=None, rate=0.1, epochs=10, chunk=2000
    )


def descend(settings: Settings, loss_of: Loss, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Plain gradient descent: where it ends, and the losses at the start and of every so many."""
    losses = []
    for step in range(settings.steps + 1):
        loss, gradient = loss_of(x)
        if step % settings.every == 0:
            losses.append(loss)
        if step < settings.steps:
            x = x - settings.rate * gradient
    return x, np.array(losses)


def divided(found: tuple[float, np.ndarray], n: float) -> tuple[float, np.ndarray]:
    """A loss and its gradient as a mean over ``n`` pairs; a negative ``n`` turns the sign."""
    return found[0] / n, found[1] / n


def told(scores: np.ndarray, same: np.ndarray) -> np.ndarray:
    """Of pairs of one topic and of two: the mean score, and the share of positive ones, (2, 2)."""
    return np.array([[np.mean(scores[m]), np.mean(scores[m] > 0)] for m in (same, ~same)])


def alike(vectors: np.ndarray, same: np.ndarray) -> np.ndarray:
    """How well cosines tell topics, two numbers.

    The share of words whose nearest one is of their topic, and how much larger the mean cosine is
    within topics than across.
    """
    x = vectors / np.abs(vectors).max(axis=1, keepdims=True)  # squares of large ones overflow
    x = x / np.linalg.norm(x, axis=1, keepdims=True)
    cosines, others = x @ x.T, ~np.eye(len(x), dtype=bool)
    nearest = np.where(others, cosines, -np.inf).argmax(axis=1)
    right = same[np.arange(len(x)), nearest].mean()
    return np.array([right, cosines[same & others].mean() - cosines[~same].mean()])


def measure(settings: Settings, seed: int) -> Mapping[str, Any]:
    """The losses on the way, ``told`` of the scores in the end, and ``alike`` of the vectors.

    Of the negatives also how far the scores are from the world's own PMI - ln k: in the mean, and
    by their correlation.

    Guide: 4.1.1 (G9).
    """
    world = settings.world
    ids, _ = world.draw(settings.sentences, settings.length, stream(seed, "sentences"))
    text = Sentences.of_ids(ids, world.topics * world.words)
    same = world.topic_of_word[:, None] == world.topic_of_word
    counts = expected_pairs(text, window=1)
    n, shape = counts.sum(), (2, len(same), settings.width)
    start = settings.deviation * stream(seed, "vectors").standard_normal(shape)

    def with_negatives(flat: np.ndarray) -> tuple[float, np.ndarray]:
        v, u = flat
        loss, slope = expected_loss(v @ u.T, counts, settings.negatives)
        return divided((loss, np.stack([slope @ u, slope.T @ v])), n)

    once = n / 2  # the printed sum has each pair of neighbours in one order only
    printed = descend(settings, lambda x: divided(printed_loss(x, text), once), start[0])
    turned = descend(settings, lambda x: divided(printed_loss(x, text), -once), start[0])
    (v, u), losses = descend(settings, with_negatives, start)
    own: dict[str, Any] = {"width": settings.width, "negatives": settings.negatives, "seed": seed}
    *_, trained = train_word2vec(text, replace(settings.word2vec, **own))
    theory = world.pmi - np.log(settings.negatives)
    return {
        "printed, loss": printed[1],
        "printed, largest entry": np.abs(printed[0]).max(),
        "turned, loss": turned[1],
        "turned, told": told(turned[0] @ turned[0].T, same),
        "negatives, loss": losses,
        "negatives, told": told(v @ u.T, same),
        "negatives, mean distance": np.abs(v @ u.T - theory).mean(),
        "negatives, correlation": np.corrcoef((v @ u.T).ravel(), theory.ravel())[0, 1],
        "word2vec, told": told(trained.tables.input @ trained.tables.output.T, same),
        "alike, at the start": alike(start[0], same),
        "alike, printed": alike(printed[0], same),
        "alike, turned": alike(turned[0], same),
        "alike, negatives": alike(v, same),
        "alike, word2vec": alike(trained.tables.input, same),
    }


STUDY = Study(
    name="without_negatives",
    question="What do vectors learn from the printed loss, from its opposite, and with negatives?",
    settings=Settings(),
    measure=measure,
    seeds=range(10),
    tolerance=0.05,
)
