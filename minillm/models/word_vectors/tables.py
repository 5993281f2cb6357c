"""Two vectors for each word: as the one in the middle, and as one beside it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Tables(NamedTuple):
    """The input vectors v_w, which are kept in the end, and the output vectors u_w."""

    input: np.ndarray  # (V, D)
    output: np.ndarray  # (V, D)

    @classmethod
    def start(cls, size: int, width: int, rng: np.random.Generator) -> Tables:
        """Before training: input vectors uniform in ±1/(2D), output vectors 0, as word2vec.c."""
        drawn = rng.random((size, width), dtype=np.float32)
        return cls((drawn - np.float32(0.5)) / np.float32(width), np.zeros_like(drawn))


def add_rows(table: np.ndarray, ids: np.ndarray, rows: np.ndarray, most: float = np.inf) -> None:
    """Add ``rows`` to the rows of ``table`` that ``ids`` name, those of one id together::

        table[w] += min(1, most / n_w) sum of rows[i] over all i with ids[i] = w

    where n_w is how many there are.  The table is changed in place, and nothing of its size is
    made.  What a batch wants of one word was found n_w times at the same vector, while word2vec.c
    looks again after each of its steps: for a frequent word the sum may lead far past where these
    steps end, and the next one back, ever further.  Hence ``most``.

    Shapes: ``table (V, D), ids (M,), rows (M, D)``.

    Guide: 4.1.1 (G9).
    """
    order = np.argsort(ids, kind="stable")
    ascending = ids[order]
    first = np.flatnonzero(np.diff(ascending, prepend=-1))  # where each word begins
    n = np.diff(first, append=len(ids))
    sums = np.add.reduceat(rows[order], first, axis=0) if len(ids) else rows
    table[ascending[first]] += sums * np.minimum(1.0, most / n)[:, None].astype(rows.dtype)
