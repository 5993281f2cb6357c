"""Word vectors as the table of an embedding layer."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from minillm.backend import check_rng
from minillm.models.word_vectors.vectors import WordVectors
from minillm.nn import Embedding
from minillm.text import Vocabulary


class Filled(NamedTuple):
    """How many ordinary words of the vocabulary have a vector, and which have none."""

    found: int
    missing: tuple[str, ...]

    @property
    def coverage(self) -> float:
        """The share of the ordinary words that have a vector."""
        return self.found / (self.found + len(self.missing))


def fill_embedding(
    layer: Embedding,
    vocabulary: Vocabulary,
    vectors: WordVectors,
    *,
    rng: np.random.Generator,
    frozen: bool = False,
    fold: bool = False,
) -> Filled:
    """Give the layer the vectors of its words; the other rows are drawn to look like them::

        E[i] = vector of word i, if it has one;        else E[i] ~ N(m, s²)

    with the mean m and the deviation s of the found vectors, dimension by dimension.  So a word
    without a vector, and a special token, is neither larger nor smaller than the rest.  With
    ``fold`` a word that has no vector takes that of its small letters.  ``frozen`` vectors stay as
    they are in training, otherwise it goes on from them.

    BERT and GPT are not made like this: they learn their tables from random numbers.

    Shapes: ``layer.weight (V, D)``, V tokens of the vocabulary, D the width of the vectors.

    Raises:
        ValueError: the layer has not a row for each token, or another width; no ordinary word of
            the vocabulary has a vector.  The layer is as it was.
        TypeError: ``rng`` is not a generator.
    Source: Kim 2014, "Convolutional Neural Networks for Sentence Classification", sections 3.3
        and 4: vectors kept still or tuned, those of unknown words drawn with the others' variance.
    Guide: 2.1 (G11).
    """
    size, width = layer.weight.shape
    check_rng(rng)
    if size != len(vocabulary) or width != vectors.width:
        raise ValueError(
            f"fill_embedding: the layer has {size} rows of width {width}; the vocabulary needs "
            f"{len(vocabulary)} rows, and the vectors are {vectors.width} wide"
        )
    number = {word: row_of(word, vectors, fold) for word in vocabulary.ordinary}
    rows = {vocabulary.ordinary[word]: i for word, i in number.items() if i is not None}
    missing = tuple(word for word, i in number.items() if i is None)
    if not rows:
        raise ValueError(
            f"fill_embedding: none of the {len(missing)} words of the vocabulary has a vector, "
            f"such as {missing[0]!r}"
            if missing
            else "fill_embedding: the vocabulary has no words"
        )
    found = vectors.table[[*rows.values()]].astype(np.float64)
    table = rng.normal(found.mean(axis=0), found.std(axis=0), size=(size, width))
    table[[*rows]] = found
    layer.weight.data = table.astype(layer.weight.dtype)
    if frozen:
        layer.freeze()
    return Filled(len(rows), missing)


def row_of(word: str, vectors: WordVectors, fold: bool) -> int | None:
    """Which row of the table is the word's, or that of its small letters; None if there is none."""
    row = vectors.number.get(word)
    return vectors.number.get(word.lower()) if row is None and fold else row
