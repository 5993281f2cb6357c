"""How unevenly experts are used, as a loss that can be made smaller."""

from __future__ import annotations

from minillm.autograd import VJP, op
from minillm.backend import Array, array_module, check_ids, on_host
from minillm.ops.precision import rounded, widened


@op
def balance_loss(probabilities: Array, /, *, chosen: Array) -> tuple[Array, VJP]:
    """How unevenly N tokens are spread over E experts, 1 where either factor is even::

        L = E sum_e f_e P_e,   f_e = (tokens n with chosen_n = e) / N,   P_e = (1/N) sum_n p_ne
        dL/dp_ne = g E f_e / N

    Shapes: ``probabilities (N, E), chosen (N,) -> ()``; ``chosen`` holds the first choices.

    Only P is differentiated: f counts choices, and its slope is 0 wherever it has one.  So an
    expert loses probability by as much as it is chosen, and the gradient of all probabilities is
    even only where f is.  All tokens at one expert that is certain of them give E.

    1 is not the least: it is less where the tokens go to experts that have less of the mean
    probability, as where most choices are narrow.  Of ``p = (.51, .49), (.51, .49), (.01, .99)``
    and the choices 0, 0, 1 it is 0.896, so that a value below 1 does not speak of even use.

    Raises:
        ValueError: ``probabilities`` are not (N, E) with a token and an expert, or ``chosen`` is
            not (N,).
        IndexError, TypeError: a choice that is not one of the experts, as in ``check_ids``.
    Source: Fedus, Zoph & Shazeer 2021, "Switch Transformers: Scaling to Trillion Parameter Models
        with Simple and Efficient Sparsity", arXiv:2101.03961, section 2.2, eq. 4 to 6; GShard's
        loss is this with 1/E in the place of E.
    Guide: 7.3.2 (G63).
    """
    if probabilities.ndim != 2 or 0 in probabilities.shape:
        raise ValueError(
            "balance_loss: probabilities must be (N, E) with a token and an expert, got "
            f"{probabilities.shape}"
        )
    n, experts = probabilities.shape
    if chosen.shape != (n,):
        raise ValueError(f"balance_loss: chosen must be {(n,)}, got {chosen.shape}")
    if on_host(chosen):
        chosen = check_ids(chosen, experts, name="balance_loss: expert", of="a layer")
    xp, p = array_module(probabilities, chosen), widened(probabilities)
    f = (chosen[:, None] == xp.arange(experts)).mean(axis=0).astype(p.dtype)  # (E,)
    loss, dtype, wide = experts * (f * p.mean(axis=0)).sum(), probabilities.dtype, p.dtype

    def vjp(g: Array) -> tuple[Array]:
        share = xp.broadcast_to(widened(g) * (experts / n) * f, (n, experts))
        return (rounded(share.astype(wide), dtype),)

    return rounded(loss, dtype), vjp
