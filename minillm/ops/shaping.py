"""Arrays joined; reshape, transpose and indexing are among the operators' rules."""

from __future__ import annotations

from minillm.autograd import VJP, op
from minillm.backend import Array, array_module


@op
def concatenate(*parts: Array, axis: int = 0) -> tuple[Array, VJP]:
    """The parts one after another along ``axis``.

        y = [x_1; x_2; ...]          dL/dx_k = the piece of g that x_k became

    Shapes: equal but for ``axis``.

    Raises:
        ValueError: no parts, or a part whose other sizes differ (its place is named).
    """
    if not parts:
        raise ValueError("concatenate needs at least one part")
    if not -parts[0].ndim <= axis < parts[0].ndim:
        raise ValueError(f"concatenate: axis {axis} is out of range for shape {parts[0].shape}")
    axis %= parts[0].ndim
    for i, part in enumerate(parts):
        rest = [(*p.shape[:axis], *p.shape[axis + 1 :]) for p in (parts[0], part)]
        if part.ndim != parts[0].ndim or rest[0] != rest[1]:
            raise ValueError(
                f"concatenate: part {i} is {part.shape}, part 0 is {parts[0].shape}: "
                f"they may differ in axis {axis} alone"
            )

    def vjp(g: Array) -> tuple[Array, ...]:
        pieces, start = [], 0
        for part in parts:
            stop = start + part.shape[axis]
            pieces.append(g[(*[slice(None)] * axis, slice(start, stop))])
            start = stop
        return tuple(pieces)

    return array_module(*parts).concatenate(parts, axis=axis), vjp
