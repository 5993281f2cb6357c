"""Classes are more frequent or rarer than in training: how much, and what follows for answers.

Letters: N texts, C classes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minillm.tasks.metrics import confusion_matrix
from minillm.tasks.metrics.classification import Classes, class_numbers
from minillm.tasks.shift.importance import checked_weights, distribution

LARGEST = 1e8  # condition of a confusion matrix that can still be solved for


def label_weights(
    true: Classes, predicted: Classes, said: Classes, *, labels: Sequence[str]
) -> np.ndarray:
    """How much more frequent each class is in the target, of which no label is known::

        C w = m,    C_ij = share of source texts of class j that were called i (of all),
                    m_i = share of target texts that are called i

    What a class looks like must be the same in both; only how frequent it is may change.
    Negative weights, which chance can bring, become 0.

    Shapes: ``true (N,), predicted (N,)`` are class numbers of held-out source texts, ``said (M,)``
    what the same classifier says of target texts; ``-> (C,)``.

    Raises:
        ValueError: other shapes; a class that no source text has, which is named; a confusion
            matrix that is singular: the classes that the classifier tells apart too little to
            be counted; no target text.
        TypeError: classes that are not integers.
    Source: Lipton, Wang & Smola 2018, "Detecting and Correcting for Label Shift with Black Box
        Predictors", arXiv:1802.03916, section 3.
    Guide: 1.4.1 (G45).
    """
    n = len(labels)
    counts = confusion_matrix(predicted, true, n)
    missing = [label for label, count in zip(labels, counts.sum(axis=1), strict=True) if not count]
    if missing:
        raise ValueError(f"label_weights: no source text has the class {', '.join(missing)}")
    asked = class_numbers("said", said, n)
    if asked.ndim != 1 or not asked.size:
        raise ValueError(f"label_weights: said must be (M,) with M at least 1, got {asked.shape}")
    joint = counts.T / counts.sum()
    if np.linalg.cond(joint) > LARGEST:
        raise ValueError(
            "label_weights: the confusion matrix is singular: the classifier does not tell "
            f"{', '.join(alike(joint, labels))} apart"
        )
    shares = np.bincount(asked, minlength=n) / len(asked)
    weights: np.ndarray = np.maximum(np.linalg.solve(joint, shares), 0.0)
    return weights


def alike(joint: np.ndarray, labels: Sequence[str]) -> list[str]:
    """The classes of a singular confusion matrix that take part in what makes it so."""
    _, _, directions = np.linalg.svd(joint / joint.sum(axis=0))
    last = np.abs(directions[-1])
    return [label for label, part in zip(labels, last, strict=True) if part > last.max() / 10]


def reweighted(probabilities: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """What a classifier of the source would say if its classes were as frequent as the target's::

        q(y | x) = w_y p(y | x) / sum_c w_c p(c | x)

    Shapes: ``probabilities (N, C), weights (C,) -> (N, C)``.

    Raises:
        ValueError: other shapes, no probabilities, weights that are negative or all 0; a text
            all of whose probable classes have the weight 0.
    Source: Saerens, Latinne & Decaestecker 2002, "Adjusting the Outputs of a Classifier to New a
        Priori Probabilities", eq. 4.
    """
    w, p = checked_weights(weights), np.asarray(probabilities, dtype=np.float64)
    if p.ndim != 2 or not len(p) or p.shape[1:] != w.shape:
        raise ValueError(
            f"reweighted: probabilities {p.shape} and weights {w.shape} must be (N, C), N at "
            "least 1, and (C,)"
        )
    for row in p:
        distribution("reweighted: each row of probabilities", row)
    scaled = p * w
    total = scaled.sum(axis=1, keepdims=True)
    if not total.all():
        place = int(np.flatnonzero(total == 0)[0])
        raise ValueError(f"reweighted: all classes that text {place} may have weigh 0")
    found: np.ndarray = scaled / total
    return found
