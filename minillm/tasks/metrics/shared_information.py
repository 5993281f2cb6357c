"""How much one label says about another."""

from __future__ import annotations

import numpy as np


def shared_information(known: np.ndarray, asked: np.ndarray) -> float:
    """The share of the uncertainty about ``asked`` that is gone once ``known`` is known::

        I(K; A) / H(A),   I = sum_ka p(k, a) ln(p(k, a) / (p(k) p(a))),   H = -sum_a p(a) ln p(a)

    Shapes: ``known (N,), asked (N,) -> ()``, integers from 0 on; from 0 (nothing) to 1 (it tells
    all).  The p are the shares of the N; of few they tell a little even where nothing is to be
    told, and what is left with one of both shuffled says how much.

    Raises:
        ValueError: the shapes differ or hold nothing, a label is negative, or all ``asked`` are
            equal: nothing is uncertain.
        TypeError: labels that are not integers.
    Source: Cover & Thomas 2006, "Elements of Information Theory", section 2.3.
    """
    known, asked = np.asarray(known), np.asarray(asked)
    for name, labels in (("known", known), ("asked", asked)):
        if labels.dtype.kind not in "iu":
            raise TypeError(f"shared_information: {name} must be integers, got {labels.dtype}")
        if labels.ndim != 1 or labels.shape != asked.shape or not labels.size or labels.min() < 0:
            raise ValueError(
                "shared_information: known and asked must be (N,) labels from 0 on, got "
                f"{known.shape} and {asked.shape}"
            )
    joint = np.zeros((known.max() + 1, asked.max() + 1))
    np.add.at(joint, (known, asked), 1.0 / known.size)
    k, a = joint.sum(axis=1), joint.sum(axis=0)
    if (a > 0).sum() < 2:
        raise ValueError("shared_information: all asked labels are equal, nothing is uncertain")
    there = joint > 0
    information = (joint[there] * np.log((joint / np.outer(k, a).clip(1e-300))[there])).sum()
    return float(information / -(a[a > 0] * np.log(a[a > 0])).sum())
