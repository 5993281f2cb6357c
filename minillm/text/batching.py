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
    targets: np.ndarray | None  # (B, ...) one entry an example, if the task has any
    indices: np.ndarray  # (B,) int64, which examples these are


def frame(
    ids: Any,
    vocabulary: Vocabulary,
    *,
    max_length: int,
    roles: tuple[str, str] = ("cls", "sep"),
) -> np.ndarray:
    """The ids between two special tokens, cut at the end so that both stay::

        frame([7, 8, 9], vocabulary, max_length=4)                         ->  [CLS] 7 8 [SEP]
        frame([7, 8, 9], vocabulary, max_length=4, roles=("bos", "eos"))   ->  [BOS] 7 8 [EOS]

    Raises:
        ValueError: ``max_length`` is below 3 and leaves no room for a token; the vocabulary has
            no token in one of the ``roles``.
        IndexError, TypeError: as ``check_ids``.
    Source: Devlin et al. 2019, "BERT", section 3, "Input/Output Representations".
    """
    first, last = (vocabulary.id_of(role) for role in roles)
    if max_length < 3:
        ends = ", a token, ".join(vocabulary.decode([first, last]))
        raise ValueError(f"max_length must be at least 3 ({ends}), got {max_length}")
    content = one_dimensional(check_ids(ids, len(vocabulary)))[: max_length - 2]
    return np.array([first, *content, last], dtype=np.int64)


def pad(
    sequences: Sequence[Any],
    *,
    length: int | None = None,
    pad_id: int = 0,
    side: Literal["right", "left"] = "right",
    truncate: Literal["right", "left"] = "right",
) -> tuple[np.ndarray, np.ndarray]:
    """The sequences as one array, and a mask that tells tokens (True) from padding::

        pad([[7, 8, 9], [7]])           ->  [[7, 8, 9], [7, 0, 0]],  [[T, T, T], [T, F, F]]
        pad([[7, 8, 9], [7]], length=2) ->  [[7, 8], [7, 0]],        [[T, T], [T, F]]

    Shapes: B sequences -> ``ids (B, T) int64, mask (B, T) bool``, where T is ``length`` or the
    length of the longest sequence.  No sequences give ``(0, T)``.

    ``side`` is where padding goes, ``truncate`` where longer sequences are cut; a cut here may
    take [SEP] away, one by ``frame`` does not.  The mask and not the value ``pad_id`` says what
    is padding: a model must be given both.

    Raises:
        ValueError: ``length`` is negative; ``side`` or ``truncate`` is neither 'right' nor
            'left'; a sequence is not one-dimensional.
        TypeError: a sequence does not hold integers.
    """
    for argument, value in (("side", side), ("truncate", truncate)):
        if value not in ("right", "left"):
            raise ValueError(f"pad: {argument} must be 'right' or 'left', got {value!r}")
    if length is not None and length < 0:
        raise ValueError(f"pad: length must not be negative, got {length}")
    rows = [one_dimensional(integer_array(sequence)) for sequence in sequences]
    width = max((len(row) for row in rows), default=0) if length is None else length
    ids = np.full((len(rows), width), pad_id, dtype=np.int64)
    mask = np.zeros(ids.shape, dtype=bool)
    for i, row in enumerate(rows):
        kept = row[:width] if truncate == "right" else row[max(len(row) - width, 0) :]
        place = slice(len(kept)) if side == "right" else slice(width - len(kept), width)
        ids[i, place] = kept
        mask[i, place] = True
    return ids, mask


def bucketed_order(
    lengths: Any, *, batch_size: int, rng: np.random.Generator | None
) -> list[np.ndarray]:
    """Which examples make up which batch of one epoch: each in exactly one, by similar length.

    A batch is as wide as its longest example, so mixing short and long ones wastes work on
    padding.  Examples are shuffled, sorted by length within chunks of 50 batches, cut into
    batches, and the batches shuffled.  With ``rng=None``, for evaluation, the order is by
    length and nothing is shuffled; of equal lengths the place decides.

    Only lengths are asked for: whether a batch is made of sentences, pairs, tags or pictures is
    for the task to know that turns the indices into a batch.  Examples of one length (all
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
    for chunk in cut(rng.permutation(len(lengths)), batch_size * BATCHES_PER_CHUNK):
        batches += cut(chunk[np.argsort(lengths[chunk], kind="stable")], batch_size)
    return [batches[i] for i in rng.permutation(len(batches))]


def cut(order: np.ndarray, size: int) -> list[np.ndarray]:
    """The order in pieces of that size, the last perhaps shorter."""
    return [order[start : start + size] for start in range(0, len(order), size)]


def bucketed_batches(
    sequences: Sequence[Any],
    targets: Any = None,
    *,
    vocabulary_size: int,
    batch_size: int,
    rng: np.random.Generator | None,
    pad_id: int = 0,
) -> Iterator[Batch]:
    """One epoch of batches of single sequences, in the order of ``bucketed_order``.

    ``Batch.indices`` leads back to the order given.  Everything is checked, and everything
    random drawn, before the first batch is asked for.

    Raises:
        ValueError: ``batch_size`` is below 1; ``targets`` has another length; a sequence is not
            one-dimensional.
        IndexError: an id is not in ``0 .. vocabulary_size - 1``.
        TypeError: an id is not an integer.
    """
    rows = [
        one_dimensional(check_ids(sequence, vocabulary_size, name=f"example {i}: token id"))
        for i, sequence in enumerate(sequences)
    ]
    aims = None if targets is None else np.asarray(targets)
    if aims is not None and len(aims) != len(rows):
        raise ValueError(f"{len(rows)} sequences but {len(aims)} targets")
    order = bucketed_order([len(row) for row in rows], batch_size=batch_size, rng=rng)
    return (padded_batch(rows, aims, indices, pad_id) for indices in order)


def padded_batch(
    rows: Sequence[np.ndarray], targets: np.ndarray | None, indices: np.ndarray, pad_id: int
) -> Batch:
    """The batch of these examples, padded on the right."""
    ids, mask = pad([rows[i] for i in indices], pad_id=pad_id)
    chosen = None if targets is None else targets[indices]
    return Batch(ids, mask, chosen, indices)


def one_dimensional(sequence: np.ndarray) -> np.ndarray:
    """The sequence itself, refused if it is not one row of ids."""
    if sequence.ndim != 1:
        raise ValueError(f"a sequence of ids must be one-dimensional, got shape {sequence.shape}")
    return sequence
