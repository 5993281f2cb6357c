"""Vectors out of a published model: those of its tokens, and those of texts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from minillm.backend import to_numpy
from minillm.models import Bert
from minillm.models.pooling import mean_of_real
from minillm.models.published import Published
from minillm.models.word_vectors import WordVectors
from minillm.tasks.collation import collate_sentences, lengths_of
from minillm.tasks.encoding import TextEncoder
from minillm.tasks.published_vocabulary import filled
from minillm.text import BytePairTokenizer
from minillm.text.published_tokenizers import read_published_tokenizer
from minillm.training import bucketed_order, evaluating


def token_vectors(folder: str | Path) -> WordVectors:
    """The table of tokens of a published model, as vectors that can be compared.

    Raises:
        OSError, CheckpointError, ValueError: as ``open_published``.
    """
    published = Published(folder)
    model: Any = published.model("body" if published.kind.model_type == "bert" else None)
    found = read_published_tokenizer(folder).vocabulary
    vocabulary = filled(found, published.config.vocabulary_size, folder)
    return WordVectors(vocabulary.tokens, model.tokens.weight.data)


def token_of(folder: str | Path, word: str) -> str:
    """The one token of a word that stands inside a text.

    Raises:
        ValueError: it has several, or none.
    """
    found = read_published_tokenizer(folder)
    prefix = " " if isinstance(found.tokenizer, BytePairTokenizer) else ""
    tokens = found.tokenizer.tokenize(prefix + word)
    if len(tokens) != 1 or tokens[0] not in found.vocabulary.ordinary:
        raise ValueError(
            f"no vector for {word!r}, whose tokens here are {tokens}: a vector belongs to one token"
        )
    return tokens[0]


def sentence_vectors(
    bert: Bert, encoder: TextEncoder, texts: Sequence[str], *, batch_size: int = 64
) -> np.ndarray:
    """The mean of the last layer's vectors over the real positions of each text, (N, D).

    Source: Reimers & Gurevych 2019, "Sentence-BERT", arXiv:1908.10084, section 3 (MEAN).
    Guide: 5.2.1, 5.2.3 (G4).
    """
    sentences = encoder(texts)
    vectors = np.zeros((len(sentences), bert.config.width), dtype=np.float32)
    order = bucketed_order(lengths_of(sentences), batch_size=batch_size, rng=None)
    with evaluating(bert):
        for batch in map(collate_sentences(sentences), order):
            mean = mean_of_real(bert(batch.ids, batch.mask), batch.mask)
            vectors[batch.indices] = to_numpy(mean.data)
    return vectors
