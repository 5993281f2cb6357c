"""What a step of n ranks takes, from what was measured with few: a model with two constants."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Wire:
    """A connection between two neighbours of a ring.

    Raises:
        ValueError: a latency below 0, or a bandwidth that is not positive.
    """

    latency: float  # alpha: seconds before the first byte arrives
    bandwidth: float  # beta: bytes per second

    def __post_init__(self) -> None:
        if not (self.latency >= 0 and self.bandwidth > 0):
            raise ValueError(
                "Wire: latency must be at least 0 seconds and bandwidth above 0 bytes per second, "
                f"got {self.latency} and {self.bandwidth}"
            )


def ring_seconds(ranks: int, n_bytes: float, wire: Wire) -> float:
    """A ring all-reduce of a buffer::

        t(n) = 2 (n - 1) alpha + 2 (n - 1) / n * bytes / beta

    Assumed: every neighbour is as far as every other, all send and receive at once and at full
    bandwidth, adding takes no time, and nobody waits for a slower rank.

    Raises:
        ValueError: fewer than one rank, or fewer than 0 bytes.
    """
    if ranks < 1 or n_bytes < 0:
        raise ValueError(
            f"ring_seconds: ranks must be at least 1 and n_bytes at least 0, got {ranks} and "
            f"{n_bytes}"
        )
    return 2 * (ranks - 1) * (wire.latency + n_bytes / ranks / wire.bandwidth)


def step_seconds(ranks: int, compute: float, n_bytes: float, wire: Wire) -> float:
    """A training step in which every rank computes for ``compute`` seconds::

        T(n) = compute + t(n)                               t(n) as ring_seconds

    The all-reduce begins when the gradients are there: nothing overlaps.

    Raises:
        ValueError: as ``ring_seconds``, or a negative ``compute``.
    """
    if compute < 0:
        raise ValueError(f"step_seconds: compute must be at least 0 seconds, got {compute}")
    return compute + ring_seconds(ranks, n_bytes, wire)


def speed_up(
    ranks: int, compute: float, n_bytes: float, wire: Wire, *, same_batch: bool = False
) -> float:
    """How many times as many examples per second as one rank::

        n * compute / T(n)                   each rank has a batch of its own, as large as before
        compute / T(n), T with compute / n   ``same_batch``: the one batch is cut into n slices

    Raises:
        ValueError: as ``step_seconds``.
    """
    if same_batch:
        return compute / step_seconds(ranks, compute / ranks, n_bytes, wire)
    return ranks * compute / step_seconds(ranks, compute, n_bytes, wire)
