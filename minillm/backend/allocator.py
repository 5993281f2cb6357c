"""Keep freed memory for the next temporary array, instead of giving it back to the system.

A training step makes and drops hundreds of arrays of a few megabytes.  glibc serves each of
them by ``mmap`` and zeroed pages, which can cost more than the arithmetic.  Two thresholds
change that: blocks up to 32 MiB come from the heap, and up to 512 MiB of free heap is kept.
Set ``MINILLM_ALLOCATOR=system`` to leave the allocator alone.
"""

from __future__ import annotations

import ctypes
import os
import sys

MMAP_THRESHOLD = (-3, 32 << 20)  # M_MMAP_THRESHOLD of <malloc.h>
TRIM_THRESHOLD = (-1, 512 << 20)  # M_TRIM_THRESHOLD


def tune_allocator() -> str:
    """Set both thresholds once and say, in words, what is in force."""
    if os.environ.get("MINILLM_ALLOCATOR", "").lower() == "system":
        return "system default (MINILLM_ALLOCATOR=system)"
    if not sys.platform.startswith("linux"):
        return f"system default ({sys.platform})"
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # not glibc
        return "system default (the C library has no mallopt)"
    accepted = [mallopt(*MMAP_THRESHOLD), mallopt(*TRIM_THRESHOLD)]
    if not all(accepted):  # mallopt returns 0 where it refuses a value
        return f"system default (mallopt returned {accepted})"
    return "glibc, blocks up to 32 MiB from the heap, up to 512 MiB kept"


ALLOCATOR = tune_allocator()
