"""Trainings that keep labels or scores from going with a group: weights, and a penalty.

Letters: B examples of a batch, N examples, G groups, C classes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import array_module
from minillm.backend.ids import check_ids
from minillm.training.robust import group_places, group_sizes


def independence_weights(
    labels: np.ndarray, groups: np.ndarray, names: Sequence[str], *, n_classes: int
) -> np.ndarray:
    """How often to draw each example so that labels are independent of groups::

        w_i = 1/N  N_g N_y / (N N_gy),      g, y: group and label of i;   sum_i w_i = 1

    Drawn so, groups and labels come as often as before, and the label as often in every group.

    Shapes: ``labels (N,), groups (N,)``, the places of ``names (G,)``; ``-> (N,)``.

    Raises:
        ValueError: as ``group_sizes``; not as many groups as labels; a group that lacks a label
            which others have: no weight can put it there, and the message names both.
        IndexError: as ``group_sizes``, or a label outside [0, C).
        TypeError: as ``group_sizes``.
    Source: Kamiran & Calders 2012, "Data preprocessing techniques for classification without
        discrimination" (reweighing).
    Guide: 8.2.3 (G55).
    """
    sizes, places = group_sizes(groups, names), group_places(groups, names)
    y = check_ids(labels, n_classes, name="label", of="classes").astype(np.int64)
    n_classes = int(n_classes)  # a small kind of integer would overflow
    if y.shape != places.shape:
        raise ValueError(
            f"independence_weights: groups {places.shape} must be as many as labels {y.shape}"
        )
    table = np.bincount(places * n_classes + y, minlength=len(names) * n_classes)
    table = table.reshape(len(names), n_classes)
    of_label = table.sum(axis=0)
    lacking = np.argwhere((table == 0) & (of_label > 0))
    if len(lacking):
        group, label = lacking[0]
        raise ValueError(
            f"independence_weights: no example of group {names[group]!r} has label {label}"
        )
    found: np.ndarray = sizes[places] * of_label[y] / (len(y) ** 2 * table[places, y])
    return found


def covariance_penalty(scores: Tensor, groups: np.ndarray, names: Sequence[str]) -> Tensor:
    """How far scores go with groups: the square of their covariance, summed over groups::

        sum_g C_g²,    C_g = 1/B sum_i ([g_i = g] - B_g / B) d_i

    ``d`` is the signed distance from the decision boundary, up to a factor: of a softmax over two
    classes the difference of their logits.  A group that has no example in the batch adds 0.

    Shapes: ``scores (B,), groups (B,)``, the places of ``names (G,)``; ``-> ()``.

    Raises:
        ValueError: other shapes, or no example.
        IndexError: a group that has no name.
        TypeError: groups that are not integers.
    Source: Zafar, Valera, Gomez Rodriguez & Gummadi 2017, "Fairness Constraints: Mechanisms for
        Fair Classification", arXiv:1507.05259, section 3 (there it is a constraint).
    Guide: 8.2.3 (G55).
    """
    places = check_ids(groups, len(names), name="group", of="names")
    if places.ndim != 1 or not places.size or scores.shape != places.shape:
        raise ValueError(
            f"covariance_penalty: scores {scores.shape} and groups {places.shape} must both be "
            "(B,) with B at least 1"
        )
    member = (places[:, None] == np.arange(len(names))).astype(np.float64)  # (B, G)
    around = (member - member.mean(axis=0)) / len(places)
    covariances = scores @ array_module(scores.data).asarray(around, dtype=scores.dtype)
    return (covariances * covariances).sum()
