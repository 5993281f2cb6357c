"""Which examples make up which batch: indices, of which a task makes batches.

Nothing here knows what an example is.  An order is a function of lengths, a seed and a number.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from minillm.backend import check_rng, stream
from minillm.backend.ids import integer_array

BATCHES_PER_CHUNK = 50  # more sorts better and shuffles less


def batches_per_epoch(n_examples: int, batch_size: int) -> int:
    """How many batches one pass over the data takes.

    Raises:
        ValueError: ``batch_size`` is below 1.
    """
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, got {batch_size}")
    return -(-n_examples // batch_size)


def numbered_order(
    lengths: Any, *, batch_size: int, seed: int, purpose: str, start: int, stop: int
) -> Iterator[np.ndarray]:
    """Batches ``start`` to ``stop - 1`` of an endless row of epochs, each shuffled anew.

    ``lengths`` is as ``bucketed_order`` wants it; a number n stands for n examples of one
    length.  A run that resumes at batch ``start`` sees the batches that it would have seen.

    Shapes: yields the indices of one batch, ``(B,) int64``.

    Raises:
        ValueError: there are no examples, or as ``bucketed_order``.
        TypeError: as ``bucketed_order``.
    """
    if np.ndim(lengths) == 0:
        lengths = np.zeros(lengths, dtype=np.int64)
    if len(lengths) == 0:
        raise ValueError(f"{purpose}: there are no examples to train on")
    per_epoch = batches_per_epoch(len(lengths), batch_size)
    for epoch in itertools.count(start // per_epoch):
        rng = stream(seed, f"{purpose} order", epoch)
        shuffled = bucketed_order(lengths, batch_size=batch_size, rng=rng)
        for number, indices in enumerate(shuffled, start=epoch * per_epoch):
            if number >= stop:
                return
            if number >= start:
                yield indices


def bucketed_order(
    lengths: Any, *, batch_size: int, rng: np.random.Generator | None
) -> list[np.ndarray]:
    """Which examples make up which batch of one epoch: each in exactly one, by similar length.

    A batch is as wide as its longest example, so mixing short and long ones wastes work on
    padding.  Examples are shuffled, sorted by length within chunks of 50 batches, cut into
    batches, and the batches shuffled.  With ``rng=None``, for evaluation, the order is by
    length and nothing is shuffled; of equal lengths the place decides.

    Only lengths are asked for: whether a batch is made of sentences, pairs, tags or pictures, the
    task knows that turns the indices into a batch.  Examples of one length (all
    zeros) are simply shuffled.

    Shapes: ``lengths (N,)`` -> arrays of indices ``(B,) int64``, the last perhaps shorter.

    Raises:
        ValueError: ``batch_size`` is below 1; ``lengths`` is not one-dimensional.
        TypeError: the lengths are not integers.
    """
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, got {batch_size}")
    lengths = integer_array(lengths, name="length")
    if lengths.ndim != 1:
        raise ValueError(f"lengths must be one-dimensional, got shape {lengths.shape}")
    if rng is None:
        return cut(np.argsort(lengths, kind="stable"), batch_size)
    batches = []
    check_rng(rng)
    for chunk in cut(rng.permutation(len(lengths)), batch_size * BATCHES_PER_CHUNK):
        batches += cut(chunk[np.argsort(lengths[chunk], kind="stable")], batch_size)
    return [batches[i] for i in rng.permutation(len(batches))]


def cut(order: np.ndarray, size: int) -> list[np.ndarray]:
    """The order in pieces of that size, the last perhaps shorter."""
    return [order[start : start + size] for start in range(0, len(order), size)]
