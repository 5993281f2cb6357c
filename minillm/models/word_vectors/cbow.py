"""Continuous bag of words: from the mean of the words around, tell the one in the middle."""

from __future__ import annotations

import numpy as np

from minillm.models.word_vectors.negative_sampling import negative_sampling
from minillm.models.word_vectors.skip_gram import with_negatives
from minillm.models.word_vectors.tables import Tables, add_rows


def cbow_step(
    tables: Tables,
    contexts: np.ndarray,
    there: np.ndarray,
    centres: np.ndarray,
    negatives: np.ndarray,
    *,
    rate: float,
    most: float = np.inf,
) -> float:
    """One step down the loss of B places; the tables change in place, the loss was their sum::

        v = (1/n) sum of v_c over the n words c around,      u_0 = u_centre
        dL/dv_c = (1/n) dL/dv         dL/du as in ``negative_sampling``

    word2vec.c forgets the 1/n of this gradient, so that many words around make for long steps.

    Shapes: ``contexts (B, 2c), there (B, 2c), centres (B,), negatives (B, k)``; each row has a
    context that is ``there``.

    Source: Mikolov et al. 2013, arXiv:1301.3781, section 3.1; for the 1/n, İrsoy, Benton & Stratos
        2020, "Corrected CBOW Performs as well as Skip-gram", arXiv:2012.15332.
    Guide: 4.1.1 (G9).
    """
    ids, counted = with_negatives(centres, negatives)
    part = (there / there.sum(axis=1, keepdims=True)).astype(tables.input.dtype)  # 1/n, or 0
    v = np.einsum("bc,bcd->bd", part, tables.input[contexts])
    loss, d_v, d_u = negative_sampling(v, tables.output[ids], counted)
    step = -v.dtype.type(rate)
    row, _ = np.nonzero(there)
    add_rows(tables.input, contexts[there], step * part[there][:, None] * d_v[row], most)
    add_rows(tables.output, ids[counted], step * d_u[counted], most)
    return float(loss.sum())
