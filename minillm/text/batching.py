"""Sequences of unequal length in rectangles: framing and padding."""

# B batch   T positions of the longest sequence in it

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from minillm.backend.ids import check_ids, integer_array
from minillm.text.vocabulary import Vocabulary


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
    Guide: 5.2.1 (G3, G4).
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
    Guide: 5.2.1 (G4).
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


def one_dimensional(sequence: np.ndarray) -> np.ndarray:
    """The sequence itself, refused if it is not one row of ids."""
    if sequence.ndim != 1:
        raise ValueError(f"a sequence of ids must be one-dimensional, got shape {sequence.shape}")
    return sequence
