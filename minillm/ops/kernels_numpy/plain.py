"""Which arrays a kernel is for, and in which pieces it takes them."""

from __future__ import annotations

from collections.abc import Iterator

from minillm.backend import Array
from minillm.backend.arrays import lies_in_one_piece

SMALL = 4096  # numbers; below, the calls cost more than the arithmetic, and the rule is as fast
CHUNK = 1 << 16  # numbers; three or four chunks fit into the second-level cache


def is_plain(*arrays: Array, dtypes: str = "f") -> bool:
    """Whether all are C-contiguous NumPy arrays of one dtype in ``dtypes``, the first not small."""
    first = arrays[0]
    return first.size >= max(SMALL, 1) and all(
        lies_in_one_piece(x) and x.dtype == first.dtype and x.dtype.char in dtypes for x in arrays
    )


def chunks(size: int, chunk: int | None = None) -> Iterator[slice]:
    """The slices of a long array, one after another; of ``CHUNK`` numbers unless it is given."""
    chunk = CHUNK if chunk is None else chunk
    return (slice(start, min(start + chunk, size)) for start in range(0, size, chunk))
