"""Skip-gram: from the word in the middle, tell each word beside it."""

from __future__ import annotations

import numpy as np

from minillm.models.word_vectors.negative_sampling import negative_sampling
from minillm.models.word_vectors.tables import Tables, add_rows


def skip_gram_step(
    tables: Tables,
    centres: np.ndarray,
    contexts: np.ndarray,
    negatives: np.ndarray,
    *,
    rate: float,
    most: float = np.inf,
) -> float:
    """One step down the loss of B pairs; the tables change in place, the loss was their sum::

        v = v_centre,    u_0 = u_context,    u_1 ... u_k the output vectors of the negatives
        v_w -= rate dL/dv_w,      u_w -= rate dL/du_w        (``negative_sampling``, ``add_rows``)

    A negative that is the context itself is left out, as in word2vec.c: it would be told apart
    from itself.

    Shapes: ``centres (B,), contexts (B,), negatives (B, k)``.

    Source: Mikolov et al. 2013, arXiv:1310.4546, section 2.
    Guide: 4.1.1 (G9).
    """
    ids, counted = with_negatives(contexts, negatives)
    v, u = tables.input[centres], tables.output[ids]
    loss, d_v, d_u = negative_sampling(v, u, counted)
    step = -v.dtype.type(rate)
    add_rows(tables.input, centres, step * d_v, most)
    add_rows(tables.output, ids[counted], step * d_u[counted], most)
    return float(loss.sum())


def with_negatives(true: np.ndarray, negatives: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """True words and behind each its negatives, and which count: a negative that is true does not.

    Shapes: ``true (B,), negatives (B, k) -> (B, 1 + k), (B, 1 + k)``.
    """
    counted = np.ones((len(true), 1 + negatives.shape[1]), dtype=bool)
    counted[:, 1:] = negatives != true[:, None]
    return np.concatenate([true[:, None], negatives], axis=1), counted
