"""Adversarial training: a loss that counts the worst case beside the case itself."""

from __future__ import annotations

import numpy as np

from minillm.autograd import Tensor
from minillm.models.adversarial import gradient_sign_step
from minillm.models.attribution import Score, slopes_for


def adversarial_loss(losses: Score, vectors: Tensor, *, eps: float, weight: float = 0.5) -> Tensor:
    """The mean loss of texts, mixed with their loss one step of the gradient's sign away::

        J' = (1 - w) J(x) + w J(x + r),    r = eps sign(dJ/dx)

    The step r is a constant: no gradient goes through it.  On a line with the logistic loss it is
    known in full, for a label y of -1 or 1::

        J(x + r) = ln(1 + exp(eps |u|_1 - y u·x))

    It is no L1 penalty: what is right by more than ``eps |u|_1`` costs next to nothing.

    Shapes: ``losses (B, T, D) -> (B,)`` of each text, ``vectors (B, T, D) -> ()``; eps in the unit
    of the vectors, w is ``weight``.

    Raises:
        ValueError: a weight that is not from 0 to 1; as ``gradient_sign_step`` and ``slopes``:
            losses that do not depend on the vectors.
        RuntimeError: it is called under ``no_grad()``.
    Source: Goodfellow, Shlens & Szegedy 2015, "Explaining and Harnessing Adversarial Examples",
        arXiv:1412.6572, sections 5 and 6.
    Guide: 7.3.1, 10 (G56).
    """
    if not 0.0 <= weight <= 1.0:
        raise ValueError(f"adversarial_loss: weight must be from 0 to 1, got {weight}")
    step = gradient_sign_step(slopes_for("adversarial_loss", losses, np.asarray(vectors.data)), eps)
    plain, worst = losses(vectors).mean(), losses(vectors + step).mean()
    return plain * (1.0 - weight) + worst * weight
