"""Dropout: multiply by noise with mean one."""

from __future__ import annotations

from minillm.autograd import VJP, op
from minillm.backend import Array
from minillm.ops.precision import setting_like


@op
def dropout(x: Array, /, *, keep: Array) -> tuple[Array, VJP]:
    """Each unit times its factor: 0 for a dropped unit, 1/(1-rate) for a kept one::

        y = x * keep         dL/dx = g * keep        E[keep] = 1,  Var[keep] = rate / (1 - rate)

    Shapes: ``x (...), keep (...) -> (...)``, equal shapes.

    The factors are data, drawn by the layer ``Dropout``: a rule that draws would give another
    value at each call, and could be neither checked nor repeated.

    Raises:
        ValueError: ``keep`` has another shape.
        TypeError: ``keep`` does not hold real numbers.
    Source: Srivastava et al. 2014, "Dropout", section 10 describes the scaling at training time.
    Guide: 1.4.2, 9.3.3 (G23).
    """
    keep = setting_like("dropout: keep", keep, x)
    if keep.shape != x.shape:
        raise ValueError(f"dropout: x is {x.shape}, its keep factors are {keep.shape}")
    return x * keep, lambda g: (g * keep,)
