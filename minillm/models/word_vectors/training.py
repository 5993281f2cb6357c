"""The passes over a text that make its word vectors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from minillm.backend import quiet, stream
from minillm.models.word_vectors.cbow import cbow_step
from minillm.models.word_vectors.chunks import Chunk, chunks, n_chunks
from minillm.models.word_vectors.noise import Noise
from minillm.models.word_vectors.sentences import Sentences
from minillm.models.word_vectors.settings import CBOW, Word2VecSettings
from minillm.models.word_vectors.skip_gram import skip_gram_step
from minillm.models.word_vectors.subsampling import keep_probabilities
from minillm.models.word_vectors.tables import Tables
from minillm.models.word_vectors.windows import drawn_windows, neighbours, pairs


class Trained(NamedTuple):
    """What is known after a chunk of the text; the tables are those that training goes on with."""

    tables: Tables
    chunks: int  # that were trained on, of all passes
    loss: float  # the mean over pairs, or for cbow over places; 0 where there are none
    items: int  # how many pairs or places


def start_tables(text: Sentences, settings: Word2VecSettings) -> Tables:
    """The tables before the first step."""
    rng = stream(settings.seed, "word vectors at the start")
    return Tables.start(text.vocabulary_size, settings.width, rng)


def train_word2vec(
    text: Sentences, settings: Word2VecSettings, *, tables: Tables | None = None, start: int = 0
) -> Iterator[Trained]:
    """Passes over the text, one chunk after another; the caller may leave after any of them.

    To go on, give the ``tables`` as they were after ``start`` chunks: the rest is the same, bit for
    bit, for all that is random depends on the seed and the number of the chunk.  The tables that
    are given are changed.

    Raises:
        ValueError: fewer than two words occur; ``start`` is not from 0 to the number of chunks;
            tables without a place to go on from, or not of this size; a loss that is not finite.
    Guide: 4.1.1 (G9).
    """
    size = (text.vocabulary_size, settings.width)
    if not 0 <= start <= n_chunks(text, settings):
        raise ValueError(f"start must be from 0 to {n_chunks(text, settings)}, got {start}")
    if start and tables is None:
        raise ValueError(f"to start at chunk {start}, give the tables as they were there")
    tables = start_tables(text, settings) if tables is None else tables
    if any(table.shape != size for table in tables):
        raise ValueError(f"tables must be {size}, got {[table.shape for table in tables]}")
    noise = Noise(text.counts, settings.noise_power)
    keep = keep_probabilities(text.counts, settings.subsample)
    return chunk_by_chunk(text, settings, tables, start, noise, keep)


def chunk_by_chunk(
    text: Sentences,
    settings: Word2VecSettings,
    tables: Tables,
    start: int,
    noise: Noise,
    keep: np.ndarray,
) -> Iterator[Trained]:
    """``train_word2vec`` once its arguments are known to fit."""
    steps = cbow_steps if settings.model == CBOW else skip_gram_steps
    for chunk in chunks(text, settings, start):
        rng = stream(settings.seed, "word2vec", chunk.number)
        kept = chunk.text.only(rng.random(len(chunk.text.ids)) < keep[chunk.text.ids])
        with quiet(overflow=True):  # told below
            found = list(steps(tables, chunk._replace(text=kept), noise, settings, rng))
        loss, items = sum(loss for loss, _ in found), sum(n for _, n in found)
        if not np.isfinite(loss):
            raise ValueError(
                f"word2vec: the loss of chunk {chunk.number} is {loss}; lower rate or batch"
            )
        yield Trained(tables, chunk.number + 1, loss / max(items, 1), items)


def skip_gram_steps(
    tables: Tables,
    chunk: Chunk,
    noise: Noise,
    settings: Word2VecSettings,
    rng: np.random.Generator,
) -> Iterator[tuple[float, int]]:
    """A step for each batch of the chunk's pairs, in random order; its loss and its size."""
    reach = drawn_windows(len(chunk.text.ids), settings.window, rng)
    centres, contexts = pairs(chunk.text, reach)
    order = rng.permutation(len(centres))
    for begin in range(0, len(order), settings.batch):
        some = order[begin : begin + settings.batch]
        negatives = noise.draw((len(some), settings.negatives), rng)
        rate = chunk.rate(settings, begin / len(order))
        step = {"rate": rate, "most": settings.summed_rate / rate}
        loss = skip_gram_step(tables, centres[some], contexts[some], negatives, **step)
        yield loss, len(some)


def cbow_steps(
    tables: Tables,
    chunk: Chunk,
    noise: Noise,
    settings: Word2VecSettings,
    rng: np.random.Generator,
) -> Iterator[tuple[float, int]]:
    """A step for each batch of the chunk's places that have a neighbour, in random order."""
    ids = chunk.text.ids
    places, there = neighbours(chunk.text, drawn_windows(len(ids), settings.window, rng))
    order = rng.permutation(np.flatnonzero(there.any(axis=1)))
    for begin in range(0, len(order), settings.batch):
        some = order[begin : begin + settings.batch]
        negatives = noise.draw((len(some), settings.negatives), rng)
        rate = chunk.rate(settings, begin / len(order))
        step = {"rate": rate, "most": settings.summed_rate / rate}
        loss = cbow_step(tables, ids[places[some]], there[some], ids[some], negatives, **step)
        yield loss, len(some)
