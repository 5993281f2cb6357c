"""Words are tagged, but models read pieces of them: which piece belongs to which word?

Letters: W words, T pieces.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple, TypeVar

import numpy as np

from minillm.text import IGNORE, LearnedTokenizer, Tokenizer
from minillm.text.tokenizers import KINDS, TOKEN

R = TypeVar("R")


class Aligned(NamedTuple):
    """The pieces of a sentence, the word of each, and the first piece of each word."""

    pieces: list[str]
    word: np.ndarray  # (T,)
    first: np.ndarray  # (W,)


def align(words: Sequence[str], tokenizer: Tokenizer, *, unknown: str) -> Aligned:
    """The pieces of words, told apart by where they lie in the text::

        Anna Johansson       ->  anna  johan  ##sson
        words                    0     1      1           first: 0, 1

    A tokeniser that knows its ``spans`` gets the words as one text, with a blank between, and a
    piece belongs to the word in which it ends; any other gets word by word.  A word of which
    nothing is left, such as a lone control character, has the piece ``unknown``: it can be tagged.

    Raises:
        ValueError: a word is empty.
    Source: Devlin et al. 2019, "BERT", arXiv:1810.04805, section 5.3: the first piece of a word
        is what its tag is read from.
    Guide: 6.4 (G39).
    """
    if not all(words):
        raise ValueError(f"align: word {[*map(bool, words)].index(False)} of a sentence is empty")
    pieces: list[list[str]] = [[] for _ in words]
    if isinstance(tokenizer, LearnedTokenizer):
        text = " ".join(words)
        owner = [i for i, word in enumerate(words) for _ in range(len(word) + 1)]
        ends = [stop - 1 for _, stop in tokenizer.spans(text)]
        blanks = {*accumulate((len(word) + 1 for word in words), initial=-1)}
        for piece, end in zip(tokenizer.tokenize(text), ends, strict=True):
            if end not in blanks:
                pieces[owner[end]].append(piece)
    else:
        pieces = [tokenizer.tokenize(word) for word in words]
    pieces = [of_word or [unknown] for of_word in pieces]
    counts = [len(of_word) for of_word in pieces]
    return Aligned(
        [piece for of_word in pieces for piece in of_word],
        np.repeat(np.arange(len(words)), counts),
        np.cumsum([0, *counts])[:-1],
    )


def spread(numbers: Sequence[int] | np.ndarray, aligned: Aligned) -> np.ndarray:
    """The number of every word at its first piece, ``IGNORE`` at the others, (W,) -> (T,)::

        anna   johan  ##sson
        B-PER  I-PER  ignored by the loss

    Raises:
        ValueError: there are not as many numbers as words.
    Guide: 6.4 (G39).
    """
    if len(numbers) != len(aligned.first):
        raise ValueError(f"spread: {len(numbers)} tags for {len(aligned.first)} words")
    targets = np.full(len(aligned.pieces), IGNORE, dtype=np.int64)
    targets[aligned.first] = numbers
    return targets


def gathered(of_pieces: Sequence[R], aligned: Aligned) -> list[R]:
    """What was said of the first piece of every word: the way back from ``spread``."""
    return [of_pieces[place] for place in aligned.first]


def words_of(text: str) -> list[tuple[int, int]]:
    """Where the words, numbers and signs of a running text lie; a Chinese character is one::

        "Anna's in 北京."  ->  (0, 6) (7, 9) (10, 11) (11, 12) (12, 13)

    They are cut as ``WordTokenizer`` cuts them, but nothing is changed, so that names can be
    shown where they stand.
    """
    plain = "".join(" " if character.isspace() else character for character in text)
    return [match.span() for match in TOKEN.finditer(plain.translate(KINDS))]
