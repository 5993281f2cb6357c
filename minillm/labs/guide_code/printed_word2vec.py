"""The loss of Word2Vec as the guide prints it in section 4.1.1."""

from __future__ import annotations

import numpy as np

from minillm.backend import scatter_add
from minillm.models.word_vectors import Sentences
from minillm.ops import log_sigmoid, sigmoid


def printed_loss(table: np.ndarray, text: Sentences) -> tuple[float, np.ndarray]:
    """The guide's sum over the words of a text, and its gradient::

        Loss = sum_{t=1}^T ln σ(V[x_t] · V[x_{t+1}])

        dLoss/dV[w] = sum_t (1 - σ(s_t)) ( V[x_{t+1}] where x_t = w,  + V[x_t] where x_{t+1} = w )

    The last word of a sentence has no next one, so the sum ends before it.  Nothing else is
    mended: one table, no negatives, and a sum that is never positive and grows with every s_t, so
    that it is to be maximised.  It has no largest value: longer vectors bring it ever nearer to 0.
    Minimised, it has no smallest one.

    Shapes: ``table (V, D) -> (), (V, D)``.

    Raises:
        ValueError: the table is not (V, D).
    Guide: 4.1.1 (G9).
    """
    if table.ndim != 2 or len(table) != text.vocabulary_size:
        raise ValueError(f"the table must be ({text.vocabulary_size}, D), got {table.shape}")
    follows = text.sentence[1:] == text.sentence[:-1]
    x, after = text.ids[:-1][follows], text.ids[1:][follows]
    s = (table[x] * table[after]).sum(axis=1)
    slope = (1.0 - sigmoid.run(s)[0])[:, None]
    gradient = scatter_add(table.shape, x, slope * table[after])
    gradient += scatter_add(table.shape, after, slope * table[x])
    return float(log_sigmoid.run(s)[0].sum()), gradient
