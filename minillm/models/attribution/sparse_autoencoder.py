"""A sparse autoencoder: vectors as sums of a few of many directions.

Letters: N vectors, D width, F directions.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from minillm.autograd import Parameter, Tensor
from minillm.backend import directions_and_lengths
from minillm.nn import Module
from minillm.ops import absolute, relu


class Coded(NamedTuple):
    """How much of each direction, (N, F), and what they sum to, (N, D)."""

    codes: Tensor
    rebuilt: Tensor


class SparseAutoencoder(Module):
    """Finds directions of which each vector needs a few::

        c = relu((x - b) E + e),     x̂ = c W + b         rows of W have length 1
        loss = mean |x - x̂|² + λ mean sum_f |c_f|

    Without the length 1 the penalty would be paid off by small codes and long directions:
    ``normalize`` after each step of training.

    Shapes: ``x (N, D) -> codes (N, F), rebuilt (N, D)``.

    Raises:
        ValueError: a size below 1; vectors of another width.
    Source: Cunningham, Ewart, Riggs, Huben & Sharkey 2023, "Sparse Autoencoders Find Highly
        Interpretable Features in Language Models", arXiv:2309.08600, section 2.
    Guide: 8.1.4, 8.2.4 (G52).
    """

    def __init__(self, width: int, n_directions: int, *, rng: np.random.Generator):
        if width < 1 or n_directions < 1:
            raise ValueError(
                f"SparseAutoencoder: sizes must be at least 1, got {width} and {n_directions}"
            )
        drawn = rng.standard_normal((n_directions, width)).astype(np.float32)
        self.directions = Parameter(drawn)  # W
        self.normalize()
        self.reading = Parameter(self.directions.data.T.copy())  # E
        self.threshold = Parameter(np.zeros(n_directions, dtype=np.float32))  # e
        self.middle = Parameter(np.zeros(width, dtype=np.float32))  # b

    def forward(self, x: Tensor) -> Coded:
        """The codes, and the vectors built of them again."""
        width = self.middle.shape
        if x.ndim != 2 or x.shape[1:] != width:
            raise ValueError(f"SparseAutoencoder: vectors must be (N, {width[0]}), got {x.shape}")
        codes = relu((x - self.middle) @ self.reading + self.threshold)
        return Coded(codes, codes @ self.directions + self.middle)

    def loss(self, x: np.ndarray, penalty: float) -> Tensor:
        """The mean squared error of a vector and ``penalty`` times the mean size of its codes.

        Raises:
            ValueError: a penalty below 0, which would be paid for large codes, or no vector.
        """
        if not 0 <= penalty < math.inf or not len(x):
            raise ValueError(
                "SparseAutoencoder.loss: needs a penalty of at least 0 and one vector at least, "
                f"got {penalty} and {len(x)}"
            )
        codes, rebuilt = self(Tensor(x))
        missed = x - rebuilt
        return ((missed * missed).sum() + penalty * absolute(codes).sum()) / float(len(x))

    def normalize(self) -> None:
        """Give every direction the length 1."""
        self.directions.data, _ = directions_and_lengths(self.directions.data)


def recovery(found: np.ndarray, planted: np.ndarray) -> float:
    """How near to each planted direction the nearest found one is, mean of the cosines::

        mean over p of  max over f of  cos(planted_p, found_f)

    Shapes: ``found (F, D), planted (P, D) -> ()``; 1 means that each was found.

    Raises:
        ValueError: directions of two widths, none of them, or one of length 0.
    Source: Cunningham et al. 2023, arXiv:2309.08600 ("mean max cosine similarity", against other
        dictionaries there).
    """
    found, planted = np.asarray(found), np.asarray(planted)
    widths = {x.shape[1:] for x in (found, planted)}
    fit = len(widths) == 1 and found.ndim == 2 and found.size and planted.size
    if not fit or not all(x.any(axis=1).all() for x in (found, planted)):
        raise ValueError(
            "recovery: needs directions (F, D) and (P, D), none of length 0, got "
            f"{found.shape} and {planted.shape}"
        )
    (f, _), (p, _) = (directions_and_lengths(x.astype(np.float64)) for x in (found, planted))
    cosines = p @ f.T
    return float(cosines.max(axis=1).mean())
