"""The rule that Word2Vec learns by: a word that stood there against words that were drawn."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from minillm.ops import log_sigmoid, sigmoid


class Rule(NamedTuple):
    """The losses of B pairs and their gradients."""

    loss: np.ndarray  # (B,)
    d_v: np.ndarray  # (B, D)
    d_u: np.ndarray  # (B, 1 + k, D)


def negative_sampling(v: np.ndarray, u: np.ndarray, counted: np.ndarray | None = None) -> Rule:
    """Tell u_0, of the word that stood beside v, from u_1 ... u_k of drawn words::

        s_j = u_j · v,       y_0 = 1, y_1 = ... = y_k = 0,       m_j = 1 where counted, else 0

        L = -m_0 ln σ(s_0) - sum_{j=1}^k m_j ln σ(-s_j)
        e_j = dL/ds_j = m_j (σ(s_j) - y_j)          dL/dv = sum_j e_j u_j,       dL/du_j = e_j v

    Shapes: ``v (B, D), u (B, 1 + k, D), counted (B, 1 + k)``; without ``counted`` all are.

    Each pair has a loss and gradients of its own: nothing is divided by B.

    Raises:
        ValueError: shapes that do not fit each other.
    Source: Mikolov et al. 2013, arXiv:1310.4546, equation 4; they maximise ``-L``.
    Guide: 4.1.1 (G9).
    """
    check_shapes(v, u, counted)
    s = np.einsum("bjd,bd->bj", u, v)
    y = np.zeros_like(s)
    y[:, 0] = 1.0
    m = np.ones_like(s) if counted is None else counted.astype(s.dtype)
    loss = -(m * log_sigmoid.run(np.where(y > 0.0, s, -s))[0]).sum(axis=1)
    e = m * (sigmoid.run(s)[0] - y)
    return Rule(loss, np.einsum("bj,bjd->bd", e, u), e[:, :, None] * v[:, None, :])


def check_shapes(v: np.ndarray, u: np.ndarray, counted: np.ndarray | None) -> None:
    """Refuse arrays that would be stretched over one another without a word."""
    fits = v.ndim == 2 and u.ndim == 3 and u.shape[::2] == v.shape and u.shape[1] >= 1
    if not fits or (counted is not None and counted.shape != u.shape[:2]):
        shapes = f"v {v.shape}, u {u.shape}"
        shapes += "" if counted is None else f", counted {counted.shape}"
        raise ValueError(
            f"negative_sampling: needs v (B, D), u (B, 1 + k, D), counted (B, 1 + k), got {shapes}"
        )
