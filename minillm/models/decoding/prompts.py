"""Prompts of several lengths as one batch, ready to be written on.

Letters: B texts, T positions, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minillm.backend import check_ids
from minillm.backend.ids import integer_array


def aligned(prompts: Any, mask: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """The prompts with their ends below each other, padded on the left, and the mask of tokens::

        aligned([[7, 8, 9], [7]])  ->  [[7, 8, 9], [0, 0, 7]],  [[T, T, T], [F, F, T]]

    Shapes: B sequences of ids, or ``(B, T)`` with a ``mask (B, T)`` padded on either side, ``->
    (B, T), (B, T)``.

    The new token of every text then stands in the same column, whatever its prompt's length.

    Raises:
        ValueError: no prompt, or one without a token; a mask of another shape, or with padding
            between tokens.
        TypeError: ids that are not integers, a mask that is not boolean.
    """
    if mask is not None:
        prompts = without_padding(integer_array(prompts), mask)
    rows = [integer_array(row) for row in prompts]
    if not rows:
        raise ValueError("generation needs a prompt at least, got none")
    for i, row in enumerate(rows):
        if row.ndim != 1 or not len(row):
            raise ValueError(
                f"prompt {i} must be a row of at least one id, got shape {row.shape}: begin an "
                "empty text with its first special token"
            )
    length = max(map(len, rows))
    ids = np.zeros((len(rows), length), dtype=np.int64)
    real = np.zeros(ids.shape, dtype=bool)
    for i, row in enumerate(rows):
        ids[i, length - len(row) :], real[i, length - len(row) :] = row, True
    return ids, real


def without_padding(ids: np.ndarray, mask: np.ndarray) -> Sequence[np.ndarray]:
    """The tokens of every row.

    Raises:
        ValueError, TypeError: see ``aligned``.
    """
    if mask.dtype != bool:
        raise TypeError(f"mask must be boolean, True = a token, got {mask.dtype}")
    if ids.ndim != 2 or mask.shape != ids.shape:
        raise ValueError(f"prompts {ids.shape} and mask {mask.shape} must both be (B, T)")
    edges = np.diff(mask.astype(np.int8), axis=1, prepend=0) == 1
    if (edges.sum(axis=1) > 1).any():
        row = int(np.argmax(edges.sum(axis=1)))
        raise ValueError(f"prompt {row} has padding between its tokens")
    return [row[real] for row, real in zip(ids, mask, strict=True)]


def check_room(length: int, n_new: int, longest: int, keep: int | None) -> None:
    """Refuse texts that the model has no positions for.

    Raises:
        ValueError: a prompt beyond ``longest``, or new tokens beyond it and no ``keep``; ``keep``
            outside 1..longest-1.
    """
    if length > longest:
        raise ValueError(
            f"a prompt of {length} tokens is over-long: the model reads max_length={longest}; "
            "cut it, prompt[-n:]"
        )
    if keep is None and length + n_new - 1 > longest:  # the last one is not read any more
        raise ValueError(
            f"a prompt of {length} and {n_new} new tokens need {length + n_new - 1} positions, the "
            f"model has {longest}: ask for fewer, or forget: keep={max(longest // 2, 1)} goes on "
            "with that many last tokens whenever the positions are full"
        )
    if keep is not None and not 1 <= keep < longest:
        raise ValueError(f"keep must be in 1..{longest - 1}, got {keep}")


def seen_tokens(ids: np.ndarray, mask: np.ndarray, size: int) -> np.ndarray:
    """Which tokens each text has, (B, V), and a check of all.

    Raises:
        IndexError: an id outside the vocabulary.
    """
    check_ids(ids, size)
    seen = np.zeros((len(ids), size), dtype=bool)
    rows, columns = np.nonzero(mask)
    seen[rows, ids[rows, columns]] = True
    return seen


def followed(mask: np.ndarray) -> np.ndarray:
    """The mask with one more real token in every row."""
    return np.concatenate([mask, np.ones((len(mask), 1), bool)], axis=1)


def check_batch(tokens: np.ndarray, size: int) -> None:
    """Refuse tokens of another batch than the one that was begun.

    Raises:
        ValueError: see above; nothing was begun.
    """
    if tokens.shape != (size,) or not size:
        raise ValueError(
            f"the cache holds {size} texts, got tokens {tokens.shape}: start(ids, mask) begins "
            "another batch, select(rows) goes on with some of this one"
        )
