"""Terms of the loss that speak about the weights alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from minillm.autograd import Parameter, Tensor
from minillm.backend import Array


def l2_penalty(parameters: Iterable[Parameter]) -> Tensor:
    """Half the sum of all squares; its gradient is the weights themselves::

        R = 1/2 sum of w²            dR/dw = w

    ``loss + strength * l2_penalty(parameters)`` pulls every weight towards 0.  In ``SGD`` without
    momentum that is a decay of ``strength``.  In Adam it is not: the pull is divided by the
    size of the gradients, and weights with large gradients hardly shrink; hence ``AdamW``.

    Frozen parameters count too, and get no gradient.

    Raises:
        ValueError: there are no parameters.
        TypeError: an array: its square would be a constant, and pull at nothing.
    Source: Krogh & Hertz 1991, "A Simple Weight Decay Can Improve Generalization".
    Guide: 1.4.2, 9.3.3 (G24).
    """
    given = list(parameters)
    if not given:
        raise ValueError("l2_penalty: there are no parameters (a used-up iterator?)")
    for i, p in enumerate(given):
        if not isinstance(p, Tensor):
            raise TypeError(f"l2_penalty: parameter {i} must be a Tensor, got a {type(p).__name__}")
    return half_the_sum([p * p for p in given])


def distance_penalty(
    parameters: Sequence[Parameter],
    start: Sequence[Array],
    importance: Sequence[Array] | None = None,
) -> Tensor:
    """Half the squared distance from where the weights were, each counted by its importance::

        R = 1/2 sum of F (w - w0)²            dR/dw = F (w - w0)

    Without ``importance`` F is 1: the weights are pulled back to their start, not to 0 (L2-SP).
    With the diagonal of Fisher's matrix for F those are held that matter for what was learned
    before (EWC).

    Shapes: ``start`` and ``importance`` hold an array like each parameter.

    Raises:
        ValueError: no parameters, not as many arrays, or one of another shape.
    Source: Li, Grandvalet & Davoine 2018, "Explicit Inductive Bias for Transfer Learning with
        Convolutional Networks", arXiv:1802.01483, eq. 3; Kirkpatrick et al. 2017, "Overcoming
        catastrophic forgetting in neural networks", arXiv:1612.00796, eq. 3.
    """
    for name, arrays in (("start", start), ("importance", importance)):
        if arrays is not None and [a.shape for a in arrays] != [p.shape for p in parameters]:
            raise ValueError(
                f"distance_penalty: {name} must have an array like each of the "
                f"{len(parameters)} parameters, got {[a.shape for a in arrays]}"
            )
    if not parameters:
        raise ValueError("distance_penalty: there are no parameters")
    squares = [(p - before) * (p - before) for p, before in zip(parameters, start, strict=True)]
    if importance is not None:
        squares = [square * f for square, f in zip(squares, importance, strict=True)]
    return half_the_sum(squares)


def half_the_sum(squares: Sequence[Tensor]) -> Tensor:
    """``1/2 sum`` over all entries of all tensors, at least one."""
    total = squares[0].sum()
    for square in squares[1:]:
        total = total + square.sum()
    return total * 0.5
