"""What skip-gram with negative sampling learns where no dimension is in its way: shifted PMI."""

from __future__ import annotations

import numpy as np

from minillm.backend import quiet
from minillm.ops import log_sigmoid, sigmoid


def pmi(pair_counts: np.ndarray) -> np.ndarray:
    """Pointwise mutual information: how much oftener a pair occurs than by chance::

        PMI(w, c) = ln( X[w, c] N / (X[w] X[c]) ),     X[w] and X[c] sums over c and w, N over both

    Shapes: ``pair_counts (V, C) -> (V, C)``; -inf where a pair never occurs.

    Raises:
        ValueError: a count that is negative or no number; a word in no pair.
    Source: Church & Hanks 1990, "Word Association Norms, Mutual Information, and Lexicography".
    Guide: 4.1.1 (G9).
    """
    with quiet():
        found: np.ndarray = np.log(pair_counts / chance(pair_counts))
    return found


def chance(pair_counts: np.ndarray) -> np.ndarray:
    """How often each pair would occur if its words did not care: X[w] X[c] / N.

    Raises:
        ValueError: as ``pmi``.
    """
    x = np.asarray(pair_counts, dtype=float)
    if x.ndim != 2 or not np.isfinite(x).all() or (x < 0).any():
        raise ValueError(f"pair_counts must be (V, C) numbers of at least 0, got {x.shape}")
    rows, columns = x.sum(axis=1), x.sum(axis=0)
    if not (rows.all() and columns.all()):
        raise ValueError("pair_counts: a word that is in no pair has no PMI; leave it out")
    found: np.ndarray = rows[:, None] * columns / x.sum()
    return found


def expected_loss(
    scores: np.ndarray, pair_counts: np.ndarray, negatives: int
) -> tuple[float, np.ndarray]:
    """The loss of all pairs at once, with noise by frequency and on average over its draws::

        L = - sum_{w, c} ( X[w, c] ln σ(s[w, c]) + k (X[w] X[c] / N) ln σ(-s[w, c]) )

        dL/ds = k (X[w] X[c] / N) σ(s) - X σ(-s),     which is 0 where  s = PMI(w, c) - ln k

    Here a negative that happens to be the true word counts like any other: the theory needs it.

    Shapes: ``scores (V, C), pair_counts (V, C) -> (), (V, C)``.

    Raises:
        ValueError: as ``pmi``.
    Source: Levy & Goldberg 2014, "Neural Word Embedding as Implicit Matrix Factorization",
        section 3.1.
    Guide: 4.1.1 (G9).
    """
    drawn = negatives * chance(pair_counts)
    s = np.asarray(scores, dtype=float)
    loss = -(pair_counts * log_sigmoid.run(s)[0] + drawn * log_sigmoid.run(-s)[0]).sum()
    return float(loss), drawn * sigmoid.run(s)[0] - pair_counts * sigmoid.run(-s)[0]
