"""Which arrays the compiled loops are for."""

from __future__ import annotations

from minillm.backend import Array
from minillm.ops.kernels_numpy import plain


def is_single(*arrays: Array) -> bool:
    """Whether all are plain float32 arrays that begin where a number may, the first not small."""
    return plain.is_plain(*arrays) and all(x.flags.aligned for x in arrays)
