"""Linear probes: how much of a label a line finds in frozen vectors, and what that proves.

Letters: N vectors, D numbers of a vector, C classes, V words.
"""

from __future__ import annotations

import math
from numbers import Integral
from typing import NamedTuple

import numpy as np

from minillm.backend.ids import check_ids, integer_array
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

    vectors: np.ndarray  # (N, D), numbers that are finite
    classes: np.ndarray  # (N,), integers from 0 to C - 1


class Probe(NamedTuple):
    """Multinomial logistic regression on vectors that were put to mean 0 and deviation 1."""

    mean: np.ndarray  # (D,)
    scale: np.ndarray  # (D,)
    theta: np.ndarray  # (D + 1, C), the bias last

    def accuracy(self, asked: Labelled) -> float:
        """The share of vectors whose class has the highest score.

        Raises:
            ValueError: vectors of another width; as ``checked``.
            TypeError, IndexError: as ``checked``.
        """
        asked = checked(asked, self.theta.shape[1])
        if asked.vectors.shape[1:] != self.mean.shape:
            raise ValueError(
                f"probe: vectors must have the width {len(self.mean)} of those that it learned, "
                f"got {asked.vectors.shape}"
            )
        x = (asked.vectors - self.mean) / self.scale
        scores = x @ self.theta[:-1] + self.theta[-1]
        return float(np.mean(scores.argmax(axis=1) == asked.classes))


def fitted_probe(learned: Labelled, l2: float, *, n_classes: int) -> Probe:
    """The only minimum of cross-entropy and penalty; a number that never varies stays at 0.

    Raises:
        ValueError: all vectors have the same class; fewer than 2 classes; ``l2`` below 0 or not
            finite; as ``checked``.
        TypeError, IndexError: as ``checked``.
    Source: Alain & Bengio 2016, "Understanding intermediate layers using linear classifier
        probes", arXiv:1610.01644.
    Guide: 8.1.4, 8.2.4 (G52).
    """
    learned = checked(learned, checked_number(n_classes))
    if not 0 <= l2 < math.inf:
        raise ValueError(f"probe: l2 must be at least 0 and finite, got {l2}")
    if (learned.classes == learned.classes[0]).all():
        raise ValueError(
            f"probe: all {len(learned.classes)} vectors have class {learned.classes[0]}, needs two"
        )
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
        TypeError: words that are not integers.
    Source: Hewitt & Liang 2019, "Designing and Interpreting Probes with Control Tasks",
        arXiv:1909.03368, section 2.
    Guide: 8.1.4, 8.2.4 (G52).
    """
    words = integer_array(words, name="word")
    if words.ndim != 1 or not words.size or words.min() < 0 or words.max() >= vocabulary_size:
        raise ValueError(
            f"control_classes: words must be a row of ids below {vocabulary_size}, got "
            f"{words.shape}"
        )
    if not isinstance(n_classes, Integral) or n_classes < 2:
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
        ValueError, TypeError, IndexError: as ``fitted_probe`` and ``Probe.accuracy``.
    Source: Hewitt & Liang 2019, arXiv:1909.03368, section 2.
    Guide: 8.1.4, 8.2.4 (G52).
    """
    found = []
    for one, other in ((learned.classes, asked.classes), controls):
        probe = fitted_probe(Labelled(learned.vectors, one), l2, n_classes=n_classes)
        found.append(probe.accuracy(Labelled(asked.vectors, other)))
    return Selectivity(*found)


def checked(given: Labelled, n_classes: int) -> Labelled:
    """Both as arrays, once a probe can learn from them or be asked.

    Raises:
        ValueError: not a class for each of some vectors ``(N, D)``, or a number that is not finite.
        IndexError: a class that is not from 0 to ``n_classes - 1``.
        TypeError: classes that are not integers.
    """
    vectors = np.asarray(given.vectors)
    classes = check_ids(given.classes, n_classes, name="probe: class", of="a set of classes")
    if vectors.ndim != 2 or not len(vectors) or classes.shape != (len(vectors),):
        raise ValueError(
            f"probe: needs vectors (N, D) and a class for each, got {vectors.shape} and "
            f"{classes.shape}"
        )
    if not np.isfinite(vectors).all():
        raise ValueError("probe: vectors must be finite, one has NaN or inf")
    return Labelled(vectors, classes)


def checked_number(n_classes: int) -> int:
    """A number of classes among which there is a choice.

    Raises:
        ValueError: it is not a whole number, 2 at least.
    """
    if not isinstance(n_classes, Integral) or n_classes < 2:
        raise ValueError(f"probe: needs at least 2 classes, got n_classes={n_classes}")
    return int(n_classes)
