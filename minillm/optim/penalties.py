"""Terms of the loss that speak about the weights alone."""

from __future__ import annotations

from collections.abc import Iterable

from minillm.autograd import Parameter, Tensor


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
    squares = [(p * p).sum() for p in given]
    total = squares[0]
    for square in squares[1:]:
        total = total + square
    return total * 0.5
