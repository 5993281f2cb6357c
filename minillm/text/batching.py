"""Sequences of unequal length in rectangular batches: framing, padding, buckets."""

# B batch   T positions of the longest sequence in it

from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np

from minillm.backend.ids import check_ids, integer_array
from minillm.text.vocabulary import Vocabulary

BATCHES_PER_CHUNK = 50  # more sorts better and shuffles less


class Batch(NamedTuple):
    """Some examples side by side, and which positions of them are real."""

    ids: np.ndarray  # (B, T) int64
    mask: np.ndarray  # (B, T) bool, True = a real token, False = padding
    segments: np.ndarray  # (B, T) int64, zeros for single sentences
    targets: np.ndarray | None  # (B, ...) one entry an example, if the task has any
    indices: np.ndarray  # (B,) int64, which examples these are


def frame(ids: Any, vocabulary: Vocabulary, *, max_length: int) -> np.ndarray:
    """The ids between [CLS] and [SEP], cut at the end so that both stay.

        frame([7, 8, 9], vocabulary, max_length=4)  ->  [CLS] 7 8 [SEP]

    Raises:
        ValueError: ``max_length`` is below 3 and leaves no room for a token.
        IndexError, TypeError: as ``check_ids``.
    Source: Devlin et al. 2019, "BERT", section 3, "Input/Output Representations".
    """
    if max_length < 3:
        raise ValueError(f"max_length must be at least 3 ([CLS], a token, [SEP]), got {max_length}")
    content = _flat(check_ids(ids, len(vocabulary)))[: max_length - 2]
    return np.array([vocabulary.cls_id, *content, vocabulary.sep_id], dtype=np.int64)


def pad(
    sequences: Sequence[Any],
    *,
    length: int | None = None,
    pad_id: int = 0,
    side: Literal["right", "left"] = "right",
    truncate: Literal["right", "left"] = "right",
) -> tuple[np.ndarray, np.ndarray]:
    """The sequences as one array, and a mask that tells tokens (True) from padding.

        pad([[7, 8, 9], [7]])           ->  [[7, 8, 9], [7, 0, 0]],  [[T, T, T], [T, F, F]]
        pad([[7, 8, 9], [7]], length=2) ->  [[7, 8], [7, 0]],        [[T, T], [T, F]]

    Shapes: B sequences -> ``ids (B, T) int64, mask (B, T) bool``, where T is ``length`` or the
    length of the longest sequence.  No sequences give ``(0, T)``.

    ``side`` is where padding goes, ``truncate`` where longer sequences are cut; a cut here may
    take [SEP] away, one by ``frame`` does not.  The mask and not the value ``pad_id`` says what
    is padding: a model must be given both.

    Raises:
        ValueError: ``length`` is negative; ``side`` or ``truncate`` is no side; a sequence is
            not one-dimensional.
        TypeError: a sequence does not hold integers.
    """
    for argument, value in (("side", side), ("truncate", truncate)):
        if value not in ("right", "left"):
            raise ValueError(f"pad: {argument} must be 'right' or 'left', got {value!r}")
    if length is not None and length < 0:
        raise ValueError(f"pad: length must not be negative, got {length}")
    rows = [_flat(integer_array(sequence)) for sequence in sequences]
    width = max((len(row) for row in rows), default=0) if length is None else length
    ids = np.full((len(rows), width), pad_id, dtype=np.int64)
    mask = np.zeros(ids.shape, dtype=bool)
    for i, row in enumerate(rows):
        kept = row[:width] if truncate == "right" else row[max(len(row) - width, 0) :]
        place = slice(len(kept)) if side == "right" else slice(width - len(kept), width)
        ids[i, place] = kept
        mask[i, place] = True
    return ids, mask


def bucketed_batches(
    sequences: Sequence[Any],
    targets: Any = None,
    *,
    vocabulary_size: int,
    batch_size: int,
    rng: np.random.Generator | None,
    pad_id: int = 0,
) -> Iterator[Batch]:
    """One epoch of batches, each example in exactly one, neighbours of similar length.

    A batch is as wide as its longest sequence, so mixing short and long ones wastes work on
    padding.  Examples are shuffled, sorted by length within chunks of 50 batches, cut into
    batches, and the batches shuffled.  With ``rng=None``, for evaluation, the order is by
    length and nothing is shuffled; ``Batch.indices`` leads back to the order given.

    Everything is checked, and everything random drawn, before the first batch is asked for.

    Raises:
        ValueError: ``batch_size`` is below 1; ``targets`` has another length; a sequence is not
            one-dimensional.
        IndexError, TypeError: an id is not in ``0 .. vocabulary_size - 1``, or no integer.
    """
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, got {batch_size}")
    rows = [
        _flat(check_ids(sequence, vocabulary_size, name=f"example {i}: token id"))
        for i, sequence in enumerate(sequences)
    ]
    aims = None if targets is None else np.asarray(targets)
    if aims is not None and len(aims) != len(rows):
        raise ValueError(f"{len(rows)} sequences but {len(aims)} targets")
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    plan = _plan(lengths, batch_size, rng)
    return (_batch(rows, aims, indices, pad_id) for indices in plan)


def _flat(sequence: np.ndarray) -> np.ndarray:
    if sequence.ndim != 1:
        raise ValueError(f"a sequence of ids must be one-dimensional, got shape {sequence.shape}")
    return sequence


def _plan(
    lengths: np.ndarray, batch_size: int, rng: np.random.Generator | None
) -> list[np.ndarray]:
    """Which examples make up which batch."""
    if rng is None:
        return _cut(np.argsort(lengths, kind="stable"), batch_size)
    batches = []
    for chunk in _cut(rng.permutation(len(lengths)), batch_size * BATCHES_PER_CHUNK):
        batches += _cut(chunk[np.argsort(lengths[chunk], kind="stable")], batch_size)
    return [batches[i] for i in rng.permutation(len(batches))]


def _cut(order: np.ndarray, size: int) -> list[np.ndarray]:
    return [order[start : start + size] for start in range(0, len(order), size)]


def _batch(
    rows: list[np.ndarray], targets: np.ndarray | None, indices: np.ndarray, pad_id: int
) -> Batch:
    ids, mask = pad([rows[i] for i in indices], pad_id=pad_id)
    chosen = None if targets is None else targets[indices]
    return Batch(ids, mask, np.zeros_like(ids), chosen, indices)
