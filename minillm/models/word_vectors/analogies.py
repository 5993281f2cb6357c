"""Analogies: man is to king as woman is to what?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from minillm.models.word_vectors.vectors import WordVectors
from minillm.text.reading import read_lines

Question = tuple[str, str, str, str]  # a is to b as c is to d


class SectionScore(NamedTuple):
    """How many questions there are, how many have four words with vectors, how many are right."""

    questions: int
    asked: int
    right: int

    @property
    def accuracy(self) -> float:
        """The share of right answers among the questions that were asked; 0 if none was."""
        return self.right / self.asked if self.asked else 0.0

    @property
    def coverage(self) -> float:
        """The share of the questions that could be asked."""
        return self.asked / self.questions if self.questions else 0.0


def read_questions(path: str | Path) -> dict[str, list[Question]]:
    """The questions of a file by section: lines ``: name`` and lines of four words.

    Empty lines are passed over.  It is the format of word2vec's ``questions-words.txt``.

    Raises:
        ValueError: a line of another number of words, a question before the first section, a
            section without a name or met twice, no question at all; the message has the line.
        ValueError, OSError: as ``read_text``.
    """
    sections: dict[str, list[Question]] = {}
    section = ""
    for number, line in enumerate(read_lines(path), start=1):
        words, where = line.split(), f"{path}, line {number}"
        if line.startswith(":"):
            section = line[1:].strip()
            if not section or section in sections:
                raise ValueError(f"{where}: a section needs a name of its own, got {section!r}")
            sections[section] = []
        elif len(words) == 4 and section:
            sections[section].append((words[0], words[1], words[2], words[3]))
        elif words:
            needed = "four words" if section else "a line ': section' before the first question"
            raise ValueError(f"{where}: {needed} needed, got {line[:60]!r}")
    if not any(sections.values()):
        raise ValueError(f"{path}: no question: lines of four words are needed")
    return sections


def answers(vectors: WordVectors, asked: np.ndarray) -> np.ndarray:
    """3CosAdd, the answer to each question "a is to b as c is to ...", as a row of the table::

        d = argmax_w cos(w, b - a + c),     w not a, b or c;  a, b and c at length 1

    Shapes: ``asked (N, 3)``, rows of the table ``-> (N,)``.

    Without the second condition the answer would often be b or c itself.

    Raises:
        ValueError: fewer than four words: no answer is left.
    Source: Mikolov, Yih & Zweig 2013, "Linguistic Regularities in Continuous Space Word
        Representations", section 4; the name is from Levy & Goldberg 2014, "Linguistic
        Regularities in Sparse and Explicit Word Representations".
    """
    if len(vectors) < 4:
        raise ValueError(f"an analogy needs at least 4 words with vectors, got {len(vectors)}")
    a, b, c = (vectors.directions[asked[:, i]] for i in range(3))
    return vectors.best(b - a + c, 1, without=asked)[0][:, 0]


def analogy_scores(
    vectors: WordVectors, sections: Mapping[str, Sequence[Question]], *, fold: bool = True
) -> dict[str, SectionScore]:
    """How many questions of each section the vectors answer as expected.

    A question of which a word has no vector is not asked; ``coverage`` tells how many were.  With
    ``fold`` capital letters do not count: of words that differ in them alone the first is taken,
    and only such first ones may be answers.

    Raises:
        ValueError: as ``answers``.
    Source: as ``answers``.
    """
    asked_of = folded(vectors) if fold else vectors
    number = asked_of.number
    found = {}
    for section, questions in sections.items():
        spelled = [[w.lower() for w in q] if fold else list(q) for q in questions]
        rows = [[number[w] for w in q] for q in spelled if all(w in number for w in q)]
        known = np.array(rows, dtype=np.int64).reshape(-1, 4)
        right = int((answers(asked_of, known[:, :3]) == known[:, 3]).sum()) if rows else 0
        found[section] = SectionScore(len(questions), len(rows), right)
    return found


def folded(vectors: WordVectors) -> WordVectors:
    """The vectors under small letters; of words that become one the first is kept."""
    first: dict[str, int] = {}
    for i, word in enumerate(vectors.words):
        first.setdefault(word.lower(), i)
    return WordVectors([*first], vectors.table[[*first.values()]])


def total(scores: Mapping[str, SectionScore]) -> SectionScore:
    """All sections together, each question counting once."""
    n, asked, right = np.array([*scores.values()], dtype=int).reshape(-1, 3).sum(axis=0).tolist()
    return SectionScore(n, asked, right)
