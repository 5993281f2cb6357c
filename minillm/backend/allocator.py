"""Keep freed memory for the next temporary array, instead of giving it back to the system.

A training step makes and drops hundreds of arrays of a few megabytes.  glibc serves each of
them by ``mmap`` and zeroed pages, which can cost more than the arithmetic.  Two settings change
that: blocks of any size come from the heap, and up to 512 MiB of free heap is kept until
``give_back`` is called, as ``fit`` does at its end.
Set ``MINILLM_ALLOCATOR=system`` to leave the allocator alone.
"""

from __future__ import annotations

import ctypes
import os
import sys

MMAP_MAX = (-4, 0)  # M_MMAP_MAX of <malloc.h>: no block by mmap, whatever its size
TRIM_THRESHOLD = (-1, 512 << 20)  # M_TRIM_THRESHOLD


def tune_allocator() -> str:
    """Make both settings once and say, in words, what is in force.

    Raises:
        ValueError: the variable has another value.
    """
    wish = os.environ.get("MINILLM_ALLOCATOR", "").strip().lower()
    if wish not in ("", "system"):
        raise ValueError(f"MINILLM_ALLOCATOR: system, or nothing, got {wish!r}")
    if wish:
        return "system default (MINILLM_ALLOCATOR=system)"
    if not sys.platform.startswith("linux"):
        return f"system default ({sys.platform})"
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # not glibc
        return "system default (the C library has no mallopt)"
    accepted = [mallopt(*setting) for setting in (MMAP_MAX, TRIM_THRESHOLD)]
    if not all(accepted):  # mallopt returns 0 where it refuses a value
        return f"system default (mallopt returned {accepted})"
    return "glibc, all blocks from the heap, up to 512 MiB kept"


def give_back() -> bool:
    """Give free heap back to the system; whether the C library can.

    It takes a few milliseconds, and the next arrays cost their pages again.
    """
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError, TypeError):  # not glibc
        return False
    trim(0)
    return True


ALLOCATOR = tune_allocator()
