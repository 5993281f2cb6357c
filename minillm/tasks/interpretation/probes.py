"""Linear probes: how much of a label a line finds in frozen vectors, and what that proves.

Letters: N vectors, D numbers of a vector, C classes, V words.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from minillm.models.bag_of_words import loss_and_gradient
from minillm.optim import minimize


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
    """Vectors, and their classes."""

    vectors: np.ndarray  # (N, D)
    classes: np.ndarray  # (N,)


class Probe(NamedTuple):
    """Multinomial logistic regression on vectors that were put to mean 0 and deviation 1."""

    mean: np.ndarray  # (D,)
    scale: np.ndarray  # (D,)
    theta: np.ndarray  # (D + 1, C), the bias last

    def accuracy(self, asked: Labelled) -> float:
        """The share of vectors whose class has the highest score."""
        x = (asked.vectors - self.mean) / self.scale
        scores = x @ self.theta[:-1] + self.theta[-1]
        return float(np.mean(scores.argmax(axis=1) == asked.classes))


def fitted_probe(learned: Labelled, l2: float, *, n_classes: int) -> Probe:
    """The only minimum of cross-entropy and penalty; a number that never varies stays at 0.

    Raises:
        ValueError: not one class for each vector, or all vectors have the same class.
    Source: Alain & Bengio 2016, "Understanding intermediate layers using linear classifier
        probes", arXiv:1610.01644.
    Guide: 8.1.4, 8.2.4 (G52).
    """
    check_labelled(learned)
    mean, scale = learned.vectors.mean(axis=0), learned.vectors.std(axis=0)
    scale = np.where(scale > np.abs(mean) * np.finfo(np.float32).eps, scale, np.inf)
    x = Dense((learned.vectors - mean) / scale)
    shape = x.rows.shape[1] + 1, n_classes

    def flat(theta: np.ndarray) -> tuple[float, np.ndarray]:
        loss, gradient = loss_and_gradient(theta.reshape(shape), x, learned.classes, l2=l2)
        return loss, gradient.ravel()

    theta = minimize(flat, np.zeros(shape[0] * shape[1])).reshape(shape)
    return Probe(mean, scale, theta)


def control_classes(
    words: np.ndarray, *, n_classes: int, vocabulary_size: int, rng: np.random.Generator
) -> np.ndarray:
    """The classes of a control task: every word has one of its own, drawn at random, (N,) -> (N,).

    They are the same wherever the word stands, so that they say nothing of its text: a probe that
    learns them has learned words by heart.

    Raises:
        ValueError: no words; fewer than two classes; a word that is not below
            ``vocabulary_size``.
    Source: Hewitt & Liang 2019, "Designing and Interpreting Probes with Control Tasks",
        arXiv:1909.03368, section 2.
    Guide: 8.1.4, 8.2.4 (G52).
    """
    if words.ndim != 1 or not words.size or words.min() < 0 or words.max() >= vocabulary_size:
        raise ValueError(
            f"control_classes: words must be a row of ids below {vocabulary_size}, got "
            f"{words.shape}"
        )
    if n_classes < 2:
        raise ValueError(f"control_classes: needs at least 2 classes, got {n_classes}")
    of_word = rng.permutation(np.arange(vocabulary_size) % n_classes)
    found: np.ndarray = of_word[words]
    return found


class Selectivity(NamedTuple):
    """What a probe finds of a task, and of the control task with the same vectors."""

    task: float
    control: float

    @property
    def difference(self) -> float:
        """``accuracy of the task - accuracy of the control task``: what is not learned by heart."""
        return self.task - self.control


def selectivity(
    learned: Labelled,
    asked: Labelled,
    controls: tuple[np.ndarray, np.ndarray],
    *,
    l2: float,
    n_classes: int,
) -> Selectivity:
    """The accuracies of two probes on vectors that neither learned: of a task, and of its control.

    ``controls`` are the control classes of both.

    Raises:
        ValueError: as ``fitted_probe``.
    Source: Hewitt & Liang 2019, arXiv:1909.03368, section 2.
    Guide: 8.1.4, 8.2.4 (G52).
    """
    found = []
    for one, other in ((learned.classes, asked.classes), controls):
        probe = fitted_probe(Labelled(learned.vectors, one), l2, n_classes=n_classes)
        check_labelled(Labelled(asked.vectors, other), varied=False)
        found.append(probe.accuracy(Labelled(asked.vectors, other)))
    return Selectivity(*found)


def check_labelled(given: Labelled, *, varied: bool = True) -> None:
    """Refuse what no probe can learn from.

    Raises:
        ValueError: see above.
    """
    vectors, classes = given
    if vectors.ndim != 2 or not len(vectors) or classes.shape != (len(vectors),):
        raise ValueError(
            f"probe: needs vectors (N, D) and a class for each, got {vectors.shape} and "
            f"{classes.shape}"
        )
    if varied and (classes == classes[0]).all():
        raise ValueError(f"probe: all {len(classes)} vectors have class {classes[0]}, needs two")
