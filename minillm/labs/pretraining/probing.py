"""A linear probe: how much of the label a line finds in frozen vectors of sentences.

Letters: N sentences, D numbers of a vector, C classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from minillm.models import POOLINGS, Bert
from minillm.models.bag_of_words import loss_and_gradient
from minillm.optim import minimize
from minillm.tasks.collation import collate_sentences, lengths_of
from minillm.training import bucketed_order, evaluating


class Dense(NamedTuple):
    """Vectors as a linear model takes them, (N, D)."""

    rows: np.ndarray

    def times(self, weights: np.ndarray) -> np.ndarray:
        """``X W``."""
        return self.rows @ weights

    def transposed_times(self, errors: np.ndarray) -> np.ndarray:
        """``Xᵀ E``."""
        return self.rows.T @ errors


class Labelled(NamedTuple):
    """Vectors of sentences, and their classes."""

    vectors: np.ndarray  # (N, D)
    classes: np.ndarray  # (N,)


def sentence_vectors(
    encoder: Bert, sequences: Sequence[np.ndarray], poolings: Sequence[str], rows: int
) -> dict[str, np.ndarray]:
    """The vector of every sentence by each reading, (N, D), in float64; the encoder is frozen."""
    read = {name: np.zeros((len(sequences), encoder.config.width)) for name in poolings}
    order = bucketed_order(lengths_of(sequences), batch_size=rows, rng=None)
    with evaluating(encoder):
        for batch in map(collate_sentences(sequences), order):
            hidden = encoder(batch.ids, batch.mask)
            for name, vectors in read.items():
                vectors[batch.indices] = POOLINGS[name](hidden, batch.mask).data
    return read


class Probe(NamedTuple):
    """Multinomial logistic regression on vectors that were put to mean 0 and deviation 1."""

    mean: np.ndarray  # (D,)
    scale: np.ndarray  # (D,)
    theta: np.ndarray  # (D + 1, C), the bias last

    def accuracy(self, asked: Labelled) -> float:
        """The share of sentences whose class has the highest score."""
        x = (asked.vectors - self.mean) / self.scale
        scores = x @ self.theta[:-1] + self.theta[-1]
        return float(np.mean(scores.argmax(axis=1) == asked.classes))


def fitted_probe(learned: Labelled, l2: float, *, n_classes: int) -> Probe:
    """The only minimum of cross-entropy and penalty; a number that never varies stays at 0."""
    mean, scale = learned.vectors.mean(axis=0), learned.vectors.std(axis=0)
    scale = np.where(scale > np.abs(mean) * np.finfo(np.float32).eps, scale, np.inf)
    x = Dense((learned.vectors - mean) / scale)
    shape = x.rows.shape[1] + 1, n_classes

    def flat(theta: np.ndarray) -> tuple[float, np.ndarray]:
        loss, gradient = loss_and_gradient(theta.reshape(shape), x, learned.classes, l2=l2)
        return loss, gradient.ravel()

    theta = minimize(flat, np.zeros(shape[0] * shape[1])).reshape(shape)
    return Probe(mean, scale, theta)


def best_probe(
    learned: dict[str, Labelled],
    dev: dict[str, Labelled],
    penalties: Sequence[float],
    *,
    n_classes: int,
) -> tuple[str, Probe]:
    """The reading and the penalty that are best on ``dev``, of equals the first, and the probe."""
    tried = [
        (name, fitted_probe(rows, l2, n_classes=n_classes))
        for name, rows in learned.items()
        for l2 in penalties
    ]
    right = [probe.accuracy(dev[name]) for name, probe in tried]
    return tried[int(np.argmax(right))]
