"""The loss of pairs that are to find each other among all of a batch."""

from __future__ import annotations

from minillm.autograd import VJP, op
from minillm.backend import Array, array_module
from minillm.ops.precision import rounded, widened
from minillm.ops.probabilities import log_softmax


@op
def contrastive_loss(scores: Array, /) -> tuple[Array, VJP]:
    """Symmetric InfoNCE: every row is to find its own column, and every column its own row::

        p_i = softmax of row i,   q_j = softmax of column j,   s_ij = score of picture i, text j
        L = -(1/2N) sum_i (ln p_i[i] + ln q_i[i])       dL/ds = g (p + q - 2 I) / 2N

    Shapes: ``scores (N, N) -> ()``; units: nats.

    Equal scores cost ln N.  A pair is right and all others of the batch are taken for wrong, also
    where two texts say the same: then no scores bring the loss to 0.

    Raises:
        ValueError: the scores are not ``(N, N)`` with N at least 1: as many pictures as texts.
    Source: Radford et al. 2021, "Learning Transferable Visual Models From Natural Language
        Supervision", arXiv:2103.00020, section 2.3 and figure 3.
    Guide: 8.1.2 (G50).
    """
    if scores.ndim != 2 or scores.shape[0] != scores.shape[1] or len(scores) == 0:
        raise ValueError(
            f"contrastive_loss: scores must be (N, N), one row and one column for each of at least "
            f"1 pair, got {scores.shape}"
        )
    xp, dtype, n = array_module(scores), scores.dtype, len(scores)
    of_rows, _ = log_softmax.run(widened(scores))
    of_columns, _ = log_softmax.run(widened(scores), axis=0)
    own = xp.arange(n)

    def vjp(g: Array) -> tuple[Array]:
        grad = xp.exp(of_rows) + xp.exp(of_columns)
        grad[own, own] -= 2.0  # each place once: no repeated index
        return (rounded(widened(g) * grad / (2 * n), dtype),)

    loss = -(of_rows[own, own] + of_columns[own, own]).sum() / (2 * n)
    return rounded(loss, dtype), vjp
