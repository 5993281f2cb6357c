"""The all-reduce in a ring: every rank ends with the sum of what all of them had.

Each of n ranks cuts its buffer into n chunks, and talks to its two neighbours alone::

    reduce-scatter, n - 1 rounds:   a chunk goes on to the next rank, which adds its own to it
    all-gather,     n - 1 rounds:   a chunk that is summed goes on, and takes the place of the old

In each round a rank sends one chunk, about an n-th of the buffer: ``2 (n - 1) / n`` of it in all,
nearly the same for 2 ranks and for 512.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np


class Round(NamedTuple):
    """What a rank does in one round: which chunk it sends on, which it gets, what happens to it."""

    sends: int
    receives: int
    adds: bool  # to its own; otherwise the chunk takes its place


def ring_rounds(rank: int, size: int) -> Iterator[Round]:
    """The ``2 (n - 1)`` rounds of one rank::

        reduce-scatter  k = 0 .. n - 2    sends chunk (rank - k) mod n, gets the one before it
        all-gather      k = 0 .. n - 2    sends chunk (rank + 1 - k) mod n, gets the one before it

    After the first half, rank r holds the sum of chunk r + 1.
    """
    for k in range(size - 1):
        yield Round((rank - k) % size, (rank - k - 1) % size, adds=True)
    for k in range(size - 1):
        yield Round((rank + 1 - k) % size, (rank - k) % size, adds=False)


def chunks_of(flat: np.ndarray, size: int) -> list[np.ndarray]:
    """``flat`` in ``size`` pieces of nearly one length, as views; some are empty if it is short.

    Shapes: ``(N,)``.
    """
    ends = [len(flat) * i // size for i in range(size + 1)]
    return [flat[a:b] for a, b in pairwise(ends)]


def ring_all_reduce(communicator: Any, flat: np.ndarray) -> int:
    """Sum ``flat`` over the ranks of an mpi4py communicator, in place; the bytes that it sent.

    Every rank calls it with as many numbers of one dtype.

    Source: Patarasuk and Yuan 2009, "Bandwidth optimal all-reduce algorithms for clusters of
        workstations", Journal of Parallel and Distributed Computing 69(2).
    """
    rank, size = communicator.Get_rank(), communicator.Get_size()
    chunks, sent = chunks_of(flat, size), 0
    for todo in ring_rounds(rank, size):
        out, mine = chunks[todo.sends], chunks[todo.receives]
        incoming = np.empty_like(mine)
        communicator.Sendrecv(
            out, dest=(rank + 1) % size, recvbuf=incoming, source=(rank - 1) % size
        )
        mine[...] = mine + incoming if todo.adds else incoming
        sent += out.nbytes
    return sent


def simulated_ring(buffers: Sequence[np.ndarray]) -> list[int]:
    """The same among arrays of one process, one for each rank; the bytes that each rank sent.

    All send before anybody receives, so that the order of the ranks does not matter.

    Shapes: each ``(N,)``, summed in place.

    Raises:
        ValueError: no buffers, or some that differ in length or dtype.
    """
    forms = {(b.shape, b.dtype.str) for b in buffers}
    if len(forms) != 1 or buffers[0].ndim != 1:
        raise ValueError(
            "simulated_ring: buffers must be one-dimensional, of one length and one dtype, "
            f"got {sorted(forms) or 'none'}"
        )
    size, sent = len(buffers), [0] * len(buffers)
    chunks = [chunks_of(b, size) for b in buffers]
    for now in zip(*(ring_rounds(rank, size) for rank in range(size)), strict=True):
        under_way = [chunks[rank][todo.sends].copy() for rank, todo in enumerate(now)]
        for rank, todo in enumerate(now):
            mine, incoming = chunks[rank][todo.receives], under_way[rank - 1]
            mine[...] = mine + incoming if todo.adds else incoming
            sent[rank] += under_way[rank].nbytes
    return sent
