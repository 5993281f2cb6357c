"""Objectives for examples that fall into groups or environments, of which the worst counts.

Letters: B examples of a batch, N examples, G groups, C classes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import Array, array_module
from minillm.backend.ids import check_ids
from minillm.ops import softmax


def group_places(groups: Sequence[int] | np.ndarray, names: Sequence[str]) -> np.ndarray:
    """The groups of examples as 64-bit integers, in which no place times a size overflows, (N,).

    Shapes: ``groups (N,)``, a list or an array: the places of ``names (G,)``.

    Raises:
        ValueError: groups of another shape, or none.
        IndexError: a group that has no name.
        TypeError: groups that are not integers.
    """
    places = check_ids(groups, len(names), name="group", of="names")
    if places.ndim != 1 or not places.size:
        raise ValueError(f"group_sizes: groups must be (N,), one at least, got {places.shape}")
    return places.astype(np.int64)


def group_sizes(groups: Sequence[int] | np.ndarray, names: Sequence[str]) -> np.ndarray:
    """How many examples each group has, (G,).

    Shapes: ``groups (N,)``, the places of ``names (G,)``.

    Raises:
        ValueError: as ``group_places``, or a group without examples: the message names it.
        IndexError, TypeError: as ``group_places``.
    """
    sizes = np.bincount(group_places(groups, names), minlength=len(names))
    empty = [repr(name) for name, size in zip(names, sizes, strict=True) if not size]
    if empty:
        raise ValueError(f"group_sizes: no example is in group {', '.join(empty)}")
    return sizes


def balanced_weights(groups: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """How often to draw each example so that all groups come equally often::

        w_i = 1 / (G N_g(i)),    sum_i w_i = 1

    Shapes: ``groups (N,) -> (N,)``.

    Raises:
        ValueError, IndexError, TypeError: as ``group_sizes``.
    Source: Idrissi, Arjovsky, Pezeshki & Lopez-Paz 2022, "Simple data balancing achieves
        competitive worst-group-accuracy", arXiv:2110.14503.
    """
    sizes = group_sizes(groups, names)
    found: np.ndarray = 1.0 / (len(names) * sizes[group_places(groups, names)])
    return found


def group_losses(losses: Tensor, groups: np.ndarray, names: Sequence[str]) -> Tensor:
    """The mean loss of each group: ``L_g = 1/B_g sum_{i in g} l_i``.

    Shapes: ``losses (B,), groups (B,) -> (G,)``.

    Raises:
        ValueError: as ``group_sizes``; not as many losses as groups.
        IndexError, TypeError: as ``group_sizes``.
    """
    sizes, places = group_sizes(groups, names), group_places(groups, names)
    if losses.shape != places.shape:
        raise ValueError(
            f"group_losses: losses {losses.shape} must be as many as groups {places.shape}"
        )
    member = places[:, None] == np.arange(len(names))  # (B, G)
    return losses @ array_module(losses.data).asarray(member / sizes, dtype=losses.dtype)


def group_dro_weights(weights: np.ndarray, losses: Array, rate: float) -> np.ndarray:
    """The next weights of the groups, by an exponentiated gradient step towards the worst::

        q'_g = q_g exp(rate L_g) / sum_h q_h exp(rate L_h)        the step minimises sum_g q'_g L_g

    Shapes: ``weights (G,), losses (G,) -> (G,)``.

    Raises:
        ValueError: other shapes, weights that are no probabilities, a rate below 0, or a loss
            that is not finite.
    Source: Sagawa, Koh, Hashimoto & Liang 2020, "Distributionally Robust Neural Networks for
        Group Shifts", arXiv:1911.08731, algorithm 1.
    """
    q, loss = np.asarray(weights, np.float64), np.asarray(losses, np.float64)
    if q.shape != loss.shape or q.ndim != 1 or not (q >= 0).all() or not np.isclose(q.sum(), 1.0):
        raise ValueError(
            "group_dro_weights: weights must be probabilities (G,), one for each of losses "
            f"{loss.shape}, got {q}"
        )
    if not rate >= 0 or not np.isfinite(loss).all():
        raise ValueError(
            "group_dro_weights: needs a rate of at least 0 and finite losses, "
            f"got {rate} and {loss}"
        )
    grown = q * np.exp(rate * (loss - loss.max()))
    found: np.ndarray = grown / grown.sum()
    return found


def irm_penalty(logits: Tensor, targets: np.ndarray) -> Tensor:
    """How far a common scale of the logits is from the best one of an environment (IRMv1)::

        D² with D = d/dw mean CE(w z, y) at w = 1
                  = 1/B sum_i sum_c (p_ic - onehot(y_i)_c) z_ic,    p = softmax(z)

    Shapes: ``logits (B, C), targets (B,) -> ()``.

    Raises:
        ValueError: other shapes, or no example.
        IndexError: a target outside [0, C).
        TypeError: targets that are not integers.
    Source: Arjovsky, Bottou, Gulrajani & Lopez-Paz 2019, "Invariant Risk Minimization",
        arXiv:1907.02893, section 3.1 (IRMv1).
    """
    if logits.ndim != 2 or np.shape(targets) != logits.shape[:1] or not len(logits):
        raise ValueError(
            f"irm_penalty: logits must be (B, C) and targets (B,) with B at least 1, got "
            f"{logits.shape} and {np.shape(targets)}"
        )
    classes = logits.shape[1]
    y = check_ids(targets, classes, name="target", of="classes")
    onehot = array_module(logits.data).asarray(np.eye(classes)[y], dtype=logits.dtype)
    slope = ((softmax(logits, axis=1) - onehot) * logits).sum(axis=1).mean()
    return slope * slope


def v_rex_penalty(risks: Tensor) -> Tensor:
    """The variance of the environments' mean losses::

        V = 1/G sum_g (R_g - mean(R))²        the step minimises mean(R) + strength V

    Shapes: ``risks (G,) -> ()``.

    Raises:
        ValueError: risks of another shape, or none.
    Source: Krueger et al. 2021, "Out-of-Distribution Generalization via Risk Extrapolation
        (REx)", arXiv:2003.00688.
    """
    if risks.ndim != 1 or not len(risks):
        raise ValueError(f"v_rex_penalty: risks must be (G,) with G at least 1, got {risks.shape}")
    return risks.var()
