"""Gradients computed in float16 for weights that are kept, and changed, in float32.

float16 ends at 65504 and has nothing below 6e-8: a small gradient is rounded to 0.  So the loss is
multiplied before the backward pass, and the gradients are divided in float32 afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from minillm.autograd import Parameter, Tensor
from minillm.backend import Array
from minillm.nn import Module
from minillm.nn.loading import retype
from minillm.training.accumulation import mean_gradients

LARGEST = 2.0**15  # a power of two that float16 has; the cotangent of the loss begins with it
SMALLEST = 1.0


class HalfPrecision:
    """``mean_gradients`` in float16, to be given to ``fit`` as ``gradients``::

        w16 = float16(w),   g = float32(d(S L(w16)) / dw16) / S        S = ``scale``, a power of 2

        overflow (g is not finite):       S <- S / 2, and the update is skipped
        ``growth`` good updates in a row:  S <- 2 S, at most 2^15

    ``model`` is in float32 before and after; only while loss and gradients are computed its
    parameters are float16.  What an optimiser keeps is float32 too.  ``skipped`` counts the
    updates that were left out.  With NumPy it is slower than float32, for a processor has no
    arithmetic for it; it gains where a device has.

    Kernels of the level "device" do not know float16: use the level "numpy", the rules, there.

    Raises:
        ValueError: ``scale`` is not a power of two in [1, 2^15], or ``growth`` is below 1.
        TypeError: a parameter of the model is not float32.
    Source: Micikevicius et al. 2018, "Mixed Precision Training", sections 3.1 and 3.2.
    """

    def __init__(self, model: Module, *, scale: float = LARGEST, growth: int = 2000):
        if not SMALLEST <= scale <= LARGEST or np.frexp(scale)[0] != 0.5:
            raise ValueError(
                f"HalfPrecision: scale must be a power of two from 1 to 32768, got {scale!r}"
            )
        if growth < 1:
            raise ValueError(f"HalfPrecision: growth must be at least 1 update, got {growth!r}")
        for name, parameter in model.named_parameters():
            if parameter.dtype != np.float32:
                raise TypeError(
                    f"HalfPrecision: {name} must be float32, from which float16 is made, got "
                    f"{parameter.dtype}; model.to_dtype(np.float32) turns it"
                )
        self.model, self.scale, self.growth = model, float(scale), growth
        self.good = self.skipped = 0

    def __call__(
        self,
        loss_of: Callable[[Any], Tensor],
        batches: Sequence[Any],
        parameters: Sequence[Parameter],
        *,
        counts: Sequence[float],
        allow_unused: bool,
    ) -> tuple[Array, list[Array | None]]:
        """The loss and its gradients, both in float32."""

        def scaled(batch: Any) -> Tensor:
            loss = loss_of(batch)
            if not isinstance(loss, Tensor):
                raise TypeError(f"loss_of must return a Tensor, got {type(loss).__name__}")
            return loss.astype(np.float32) * self.scale

        with in_half(self.model):
            loss, found = mean_gradients(
                scaled, batches, parameters, counts=counts, allow_unused=allow_unused
            )
        full = [None if g is None else g.astype(np.float32) / self.scale for g in found]
        return loss / self.scale, full

    def may_go_on(self, finite: bool) -> bool:
        """Told after each attempt whether all was finite: whether ``fit`` is to go on with it.

        If not, the update is skipped.  Where the scale is 1 already, what is not finite is no
        matter of the scale, and for ``fit`` to refuse.
        """
        if finite:
            self.good += 1
            if self.good % self.growth == 0:
                self.scale = min(2.0 * self.scale, LARGEST)
            return True
        if self.scale == SMALLEST:
            return True
        self.scale, self.good, self.skipped = self.scale / 2.0, 0, self.skipped + 1
        return False


@contextmanager
def in_half(model: Module) -> Iterator[None]:
    """Within the block the parameters are float16, made from what they are outside of it."""
    kept = [(p, p.data, p.requires_grad) for p in model.parameters()]
    try:
        with np.errstate(over="ignore"):
            for parameter, full, trainable in kept:
                retype(parameter, full.astype(np.float16), trainable)
        yield
    finally:
        for parameter, full, trainable in kept:
            retype(parameter, full, trainable)
