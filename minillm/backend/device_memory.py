"""What a full device is asked for and what it has, in the words of an error."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

ASKED = re.compile(r"allocating ([\d,]+) bytes")  # in CuPy's own message


@contextmanager
def telling_what_is_free() -> Iterator[None]:
    """Within the block, CuPy's error about a full device also says how much is free.

    CuPy is not imported for it: without CuPy there is no such error.

    Raises:
        MemoryError: in the place of CuPy's; other errors as they are.
    """
    try:
        yield
    except MemoryError as error:
        cupy = sys.modules.get("cupy")
        if cupy is None or not isinstance(error, cupy.cuda.memory.OutOfMemoryError):
            raise
        raise MemoryError(full(cupy, error)) from error


def full(cupy: Any, error: MemoryError) -> str:
    """One sentence: what was asked for, what is free, and what helps.

    What CuPy keeps for later is free for the next array, if that fits into one of its pieces.
    """
    asked = ASKED.search(str(error))
    wanted = in_mb(int(asked[1].replace(",", ""))) if asked else "more"
    free, total = cupy.cuda.runtime.memGetInfo()
    kept = cupy.get_default_memory_pool().free_bytes()
    return (
        f"the device is full: {wanted} were asked for, {in_mb(free)} of {in_mb(total)} are free "
        f"and {in_mb(kept)} are kept by CuPy in pieces; a smaller batch, width or length needs less"
    )


def in_mb(size: int) -> str:
    """A number of bytes as people read it."""
    return f"{size} bytes" if size < 1e5 else f"{size / 1e6:,.1f} MB"
