"""From the indices of an order to a batch: what a model of single sentences takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from minillm.text import pad


class Batch(NamedTuple):
    """Some sentences side by side, and which positions of them are real."""

    ids: np.ndarray  # (B, T) int64
    mask: np.ndarray  # (B, T) bool, True = a real token, False = padding
    targets: np.ndarray | None  # (B, ...) one entry a sentence, if the task has any
    indices: np.ndarray  # (B,) int64, which sentences these are


def collate_sentences(
    sentences: Sequence[np.ndarray], targets: Any = None
) -> Callable[[np.ndarray], Batch]:
    """The function that turns indices into the batch of those sentences, padded on the right.

    Raises:
        ValueError: there are not as many targets as sentences.
    """
    aims = None if targets is None else np.asarray(targets)
    if aims is not None and len(aims) != len(sentences):
        raise ValueError(f"{len(sentences)} sentences but {len(aims)} targets: one each is needed")

    def collate(indices: np.ndarray) -> Batch:
        ids, mask = pad([sentences[i] for i in indices])
        return Batch(ids, mask, None if aims is None else aims[indices], indices)

    return collate


def lengths_of(sentences: Sequence[Any]) -> np.ndarray:
    """The length of every sentence, by which an order puts alike ones together, (N,)."""
    return np.array([len(sentence) for sentence in sentences], dtype=np.int64)
