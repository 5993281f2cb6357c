"""Batches in an order that is a function of the seed and of their number."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from minillm.backend import stream
from minillm.text import Batch, bucketed_batches


def batches_per_epoch(n_examples: int, batch_size: int) -> int:
    """How many updates one pass over the data takes.

    Raises:
        ValueError: ``batch_size`` is below 1.
    """
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, got {batch_size}")
    return -(-n_examples // batch_size)


def numbered_batches(
    sequences: Sequence[Any],
    targets: Any = None,
    *,
    vocabulary_size: int,
    batch_size: int,
    seed: int,
    purpose: str,
    start: int,
    stop: int,
) -> Iterator[Batch]:
    """Batches ``start`` to ``stop - 1`` of an endless row of epochs, each shuffled anew.

    A run that resumes at step ``start`` sees the batches that it would have seen.

    Raises:
        ValueError: there are no sequences, or ``batch_size`` is below 1.
    """
    if len(sequences) == 0:
        raise ValueError(f"{purpose}: there are no sequences to train on")
    per_epoch = batches_per_epoch(len(sequences), batch_size)
    for epoch in itertools.count(start // per_epoch):
        shuffled = bucketed_batches(
            sequences,
            targets,
            vocabulary_size=vocabulary_size,
            batch_size=batch_size,
            rng=stream(seed, f"{purpose} order", epoch),
        )
        for number, batch in enumerate(shuffled, start=epoch * per_epoch):
            if number >= stop:
                return
            if number >= start:
                yield batch
