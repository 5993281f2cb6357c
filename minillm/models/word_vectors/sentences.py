"""A text as one row of ids, and where its sentences end: no window reaches across."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from minillm.backend import check_ids
from minillm.text.vocabulary import Vocabulary, require_tokens


class Sentences(NamedTuple):
    """The ids of all sentences in a row, and which sentence each belongs to, ascending."""

    ids: np.ndarray  # (N,) int64
    sentence: np.ndarray  # (N,) int64
    vocabulary_size: int

    @classmethod
    def of_ids(cls, rows: Iterable[Any], vocabulary_size: int) -> Sentences:
        """Sentences as rows of ids.

        Raises:
            ValueError: an empty vocabulary; a row that is not one; no sentence of two words, so
                that no word stands beside another.
            IndexError, TypeError: ids as in ``check_ids``.
        """
        if vocabulary_size < 1:
            raise ValueError(f"the vocabulary must have at least 1 word, got {vocabulary_size}")
        arrays = []
        for number, row in enumerate(rows):
            array = check_ids(row, vocabulary_size, name=f"sentence {number}: token id")
            if array.ndim != 1:
                raise ValueError(f"sentence {number} must be a row of ids, got {array.shape}")
            arrays.append(array.astype(np.int64))
        lengths = np.array([len(array) for array in arrays], dtype=np.int64)
        if lengths.max(initial=0) < 2:
            raise ValueError(
                "no sentence has two words, so that no word stands beside another: got "
                f"{len(arrays)} sentences, the longest of {lengths.max(initial=0)}"
            )
        numbers = np.repeat(np.arange(len(arrays)), lengths)
        return cls(np.concatenate(arrays), numbers, vocabulary_size)

    @classmethod
    def of_words(cls, sentences: Iterable[Sequence[str]], vocabulary: Vocabulary) -> Sentences:
        """Sentences as lists of words; those that the vocabulary lacks are left out.

        Their neighbours then stand beside each other, as in word2vec.c.

        Raises:
            ValueError: no sentence of two known words is left.
            TypeError: a sentence is a text that was not tokenised.
        """
        known = vocabulary.ordinary
        checked = (require_tokens(sentence) for sentence in sentences)
        rows = ([known[word] for word in words if word in known] for words in checked)
        return cls.of_ids(rows, len(vocabulary))

    @property
    def counts(self) -> np.ndarray:
        """How often each word of the vocabulary occurs, (V,)."""
        return np.bincount(self.ids, minlength=self.vocabulary_size)

    def only(self, places: np.ndarray) -> Sentences:
        """The words at some places, by number in ascending order or by a mask."""
        return Sentences(self.ids[places], self.sentence[places], self.vocabulary_size)
