"""How many threads BLAS uses."""

from __future__ import annotations

import os

VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def limit_threads(threads: int, *, each: int | None = None) -> None:
    """Let BLAS use at most ``threads`` threads, unless the environment already says a number.

    Where ``threads`` of Python share the work, ``each`` of them has that many for BLAS.

    One is the default of every command and of the lessons: the products of a small model are
    too short to share, and BLAS threads wait for each other by spinning.  With another program
    on one of two cores, a training step of the pipeline took 400 ms with two threads and 8 ms
    with one.

    Raises:
        ValueError: ``threads`` is below 1.
    """
    if threads < 1:
        raise ValueError(f"--threads must be at least 1, got {threads}")
    if any(os.environ.get(variable) for variable in VARIABLES):
        return
    from threadpoolctl import threadpool_limits

    threadpool_limits(limits=each or threads, user_api="blas")
