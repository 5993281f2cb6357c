"""GloVe: vectors whose products are the logarithms of how often words stand together.

Letters: V words, D width, N cells of the counts X that are not 0, B cells in a step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from minillm.models.word_vectors.settings import between


@dataclass(frozen=True)
class Weighting:
    """How much a cell of the counts weighs: rare pairs little, and none more than 1.

    Raises:
        ValueError: a number that is not above 0.
    """

    x_max: float = 100.0
    alpha: float = 0.75

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            between(name, value, 0.0, np.inf)


class Rule(NamedTuple):
    """The losses of B cells, and what each of them asks of its two words."""

    loss: np.ndarray  # (B,)
    d_w: np.ndarray  # (B, D)
    d_w_tilde: np.ndarray  # (B, D)
    d_b: np.ndarray  # (B,)
    d_b_tilde: np.ndarray  # (B,)


def weight(x: Any, weighting: Weighting | None = None) -> np.ndarray:
    """How much the pairs with the counts x weigh::

        f(x) = min((x / x_max)^alpha, 1)

    Source: Pennington, Socher & Manning 2014, "GloVe: Global Vectors for Word Representation",
        equation 9.
    Guide: 4.1.1, 4.2.1 (G10).
    """
    s = weighting or Weighting()
    return np.minimum((np.asarray(x) / s.x_max) ** s.alpha, 1.0)


def glove(
    w: np.ndarray,
    w_tilde: np.ndarray,
    b: np.ndarray,
    b_tilde: np.ndarray,
    x: np.ndarray,
    weighting: Weighting | None = None,
) -> Rule:
    """Each pair of words, with the count x of their cell: product and biases are to be log x::

        e = w · w̃ + b + b̃ - log x          J = f(x) e²

        dJ/dw = 2 f(x) e w̃                  dJ/db = 2 f(x) e
        dJ/dw̃ = 2 f(x) e w                  dJ/db̃ = 2 f(x) e

    Cells with the count 0 have no term, since log 0 is never asked for: that two words were never
    seen together teaches nothing.

    Shapes: ``w, w_tilde (B, D), b, b_tilde, x (B,)``; x is above 0.

    Source: Pennington, Socher & Manning 2014, "GloVe: Global Vectors for Word Representation",
        equation 8.
    Guide: 4.1.1, 4.2.1 (G10).
    """
    f = weight(x, weighting).astype(w.dtype)
    e = np.einsum("bd,bd->b", w, w_tilde) + b + b_tilde - np.log(x).astype(w.dtype)
    d_e = 2 * f * e
    return Rule(f * e**2, d_e[:, None] * w_tilde, d_e[:, None] * w, d_e, d_e)
