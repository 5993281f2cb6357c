"""From probabilities to a label: the most probable one, or one that is said from a threshold on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from minillm.text import Labels


@dataclass(frozen=True)
class Decision:
    """Say ``positive`` where its probability reaches ``threshold``, else the best of the others::

        label = positive  if p[positive] >= threshold  else  argmax of p without positive

    With two labels and a threshold of 0.5 that is the most probable one.  Where the label to find
    is rare, another threshold finds more of it, or is more often right.

    Raises:
        ValueError: ``threshold`` is not a number in [0, 1].
    """

    positive: str
    threshold: float

    def __post_init__(self) -> None:
        if isinstance(self.threshold, bool) or not 0 <= self.threshold <= 1:
            raise ValueError(f"threshold must be a number in [0, 1], got {self.threshold!r}")

    def __call__(self, probabilities: np.ndarray, labels: Labels) -> np.ndarray:
        """The number of the label of every text, (N, C) -> (N,).

        Raises:
            ValueError: ``positive`` is not one of the labels.
        """
        number = int(labels.encode([self.positive])[0])
        others = np.array(probabilities, dtype=float)
        others[:, number] = -1.0
        said = probabilities[:, number] >= self.threshold
        return np.where(said, number, others.argmax(axis=1))


def decide(decision: Decision | None, probabilities: np.ndarray, labels: Labels) -> np.ndarray:
    """The label numbers by a decision, or the most probable ones without any, (N,)."""
    if decision is None:
        return np.asarray(probabilities.argmax(axis=1))
    return decision(probabilities, labels)


def best_threshold(positive: Any, true: Any) -> float:
    """The threshold with the best F1 of a label, on texts that are not trained on.

    ``positive (N,)`` are the label's probabilities, ``true (N,)`` whether the text has the label.
    Every threshold between two neighbouring probabilities gives the same labels: of equally
    good gaps the one nearest to 0.5 counts, and in it 0.5 itself or else its middle.

    Raises:
        ValueError: the lengths differ, there are no texts or none has the label.
    Source: Lipton, Elkan & Naryanaswamy 2014, "Optimal Thresholding of Classifiers to Maximize
        F1 Measure": of calibrated probabilities the best one is half of the best F1, not 0.5.
    """
    p, marks = np.asarray(positive, dtype=float), np.asarray(true, dtype=bool)
    if p.ndim != 1 or p.shape != marks.shape or not marks.any():
        raise ValueError(
            f"best_threshold: {p.shape} probabilities, {marks.shape} marks, {int(marks.sum())} of "
            "them positive; needs two rows of equal length and a positive"
        )
    values = np.unique(p)  # the label is said from one of these on, or never
    hits, called = (len(q) - np.searchsorted(np.sort(q), values) for q in (p[marks], p))
    f1 = 2 * hits / (called + marks.sum())
    below = np.append(0.0, values[:-1])  # the gap of values[i] goes from below[i] to it
    inside = (below < 0.5) & (values >= 0.5)
    middle = np.where(inside, 0.5, (below + values) / 2)
    best = np.flatnonzero(f1 == f1.max())
    return float(middle[best[np.abs(middle[best] - 0.5).argmin()]])
