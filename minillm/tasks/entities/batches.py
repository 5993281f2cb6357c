"""From tagged sentences to what a tagger reads.

Letters: B sentences, T pieces with [CLS] and [SEP], W words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from minillm.tasks.encoding import TextEncoder
from minillm.tasks.entities.alignment import align
from minillm.tasks.entities.shapes import NUMBERS, shape_of
from minillm.text import IGNORE, Vocabulary, pad


class Encoded(NamedTuple):
    """The pieces of some words between [CLS] and [SEP], and where each word's first piece is."""

    ids: np.ndarray  # (T,)
    shapes: np.ndarray  # (T,) of the word that each piece belongs to
    first: np.ndarray  # (W,)


class TagBatch(NamedTuple):
    """Some sentences side by side."""

    ids: np.ndarray  # (B, T)
    mask: np.ndarray  # (B, T) True at real pieces
    shapes: np.ndarray  # (B, T)
    first: np.ndarray  # (B, W)
    tags: np.ndarray  # (B, W), IGNORE behind the last word


def encode_words(words: Sequence[str], encoder: TextEncoder) -> list[Encoded]:
    """What the model reads of a sentence; more than one part where it is longer than the model.

    A part ends before the word that would not fit any more.  Of a word that alone is longer than
    the model the first pieces are read.
    """
    room = encoder.max_length - 2
    unknown = encoder.vocabulary.special["unknown"]
    found = align(words, encoder.tokenizer, unknown=unknown)
    ids = encoder.vocabulary.encode(found.pieces)
    stops = [*found.first[1:], len(ids)]
    of_words = [ids[a : min(b, a + room)] for a, b in zip(found.first, stops, strict=True)]
    shapes = [NUMBERS[shape_of(word)] for word in words]
    cuts = [*parts_that_fit([len(of_word) for of_word in of_words], room)]
    return [framed(of_words[a:b], shapes[a:b], encoder) for a, b in cuts]


def framed(pieces: Sequence[np.ndarray], shapes: Sequence[int], encoder: TextEncoder) -> Encoded:
    """The pieces of some words between [CLS] and [SEP]."""
    counts = [len(of_word) for of_word in pieces]
    ends = NUMBERS["ends"]
    return Encoded(
        encoder.frame(np.concatenate(pieces)),
        np.array([ends, *np.repeat(shapes, counts), ends], dtype=np.int64),
        np.cumsum([1, *counts])[:-1],
    )


def parts_that_fit(lengths: Sequence[int], room: int) -> Iterator[tuple[int, int]]:
    """Where to cut a row of words so that no part has more than ``room`` pieces: from, to."""
    cuts, used = [0], 0
    for place, length in enumerate(lengths):
        if used + length > room and used:
            cuts.append(place)
            used = 0
        used += length
    yield from pairwise([*cuts, len(lengths)])


def collate(
    sentences: Sequence[Encoded], tags: Sequence[np.ndarray] | None = None
) -> Callable[[np.ndarray], TagBatch]:
    """The function that turns indices into the batch of those sentences.

    Without ``tags`` every word has the tag 0.
    """

    def batch_of(indices: Iterable[int]) -> TagBatch:
        chosen = [sentences[i] for i in indices]
        ids, mask = pad([one.ids for one in chosen])
        shapes, _ = pad([one.shapes for one in chosen])
        first, _ = pad([one.first for one in chosen])
        own = [
            0 * one.first if tags is None else tags[i]
            for i, one in zip(indices, chosen, strict=True)
        ]
        return TagBatch(ids, mask, shapes, first, pad(own, pad_id=IGNORE)[0])

    return batch_of


def hide_words(
    batch: TagBatch, vocabulary: Vocabulary, rate: float, rng: np.random.Generator
) -> TagBatch:
    """The batch with each piece unknown with a probability; the shape of its word stays.

    So the model learns to find names by their surroundings: at a test most names are unknown.

    Source: Lample et al. 2016, "Neural Architectures for Named Entity Recognition",
        arXiv:1603.01360, section 4.3, where dropout lets a model rely on context too.
    """
    hidden = (rng.random(batch.ids.shape) < rate) & ~vocabulary.is_special(batch.ids)
    return batch._replace(ids=np.where(hidden, vocabulary.unknown_id, batch.ids))


def n_words(batch: TagBatch) -> int:
    """How many words of a batch are to be tagged."""
    return int((batch.tags != IGNORE).sum())
