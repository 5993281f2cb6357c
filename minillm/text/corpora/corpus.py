"""Labelled corpora that the package writes itself, from small grammars and a seed.

Every cell of a corpus (one label, one kind of sentence) is a numbered set of sentences.  The seed
shuffles the numbers, and the shuffled row is cut once: a fifth for test, a tenth for dev, the rest
for train and for unlabelled text.  So the splits stay apart, whatever their sizes.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from minillm.text.corpora.grammar import Kind, Sentences
from minillm.text.corpora.sentiment import sentiment
from minillm.text.corpora.sentiment_en import ENGLISH
from minillm.text.corpora.sentiment_zh import CHINESE
from minillm.text.corpora.topics import topics
from minillm.text.corpora.topics_en import ENGLISH_NEWS
from minillm.text.corpora.topics_zh import CHINESE_NEWS
from minillm.text.examples import Example

# whether the reviews have single clauses -> the kinds of sentence
GRAMMARS: dict[tuple[str, str], Callable[[bool], list[Kind]]] = {
    ("sentiment", "en"): lambda single: sentiment(ENGLISH, single_clauses=single),
    ("sentiment", "zh"): lambda single: sentiment(CHINESE, single_clauses=single),
    ("topics", "en"): lambda single: topics(ENGLISH_NEWS),
    ("topics", "zh"): lambda single: topics(CHINESE_NEWS),
}
SPLITS = ("train", "dev", "test")


class Corpus(NamedTuple):
    """Three disjoint splits and, for each, the tags of its examples in the same order.

    In "sentiment" a sentence is tagged "plain" (its words agree with the label), "order" (only
    the order of the words tells the label) together with "concession" or "negation", or
    "negation" alone (a single opinion, denied); "single" says that it has one clause.  In "topics"
    it is tagged "plain" (one topic) or "mention" (a second topic is named), and "order" if both
    topics are named by an event.
    """

    train: list[Example]
    dev: list[Example]
    test: list[Example]
    tags: dict[str, list[frozenset[str]]]


class Cell(NamedTuple):
    """The sentences of one label and one kind, and their numbers by pool, shuffled."""

    tags: frozenset[str]
    share: float
    sentences: Sentences
    pools: dict[str, np.ndarray]


def load_corpus(
    name: str,
    language: str,
    *,
    seed: int = 0,
    sizes: tuple[int, int, int] = (4000, 500, 1000),
    single_clauses: bool = True,
) -> Corpus:
    """The corpus "sentiment" or "topics" in "en" or "zh"; ``sizes`` of train, dev and test.

    Without ``single_clauses`` the reviews have none but denials: see ``sentiment``.

    Labels are balanced, and within each label the kinds of sentence have fixed shares.  Equal
    arguments give equal corpora, and the size of one split has no influence on the others.

    Raises:
        ValueError: the name or language is unknown; ``sizes`` are not three; a size is negative,
            or too large for the number of different sentences in the grammar.
    """
    if len(sizes) != len(SPLITS):
        raise ValueError(f"sizes must be those of {', '.join(SPLITS)}, got {sizes}")
    cells = cells_of(name, language, seed, single_clauses)
    splits, tags = [], {}
    for stream, (split, size) in enumerate(zip(SPLITS, sizes, strict=True)):
        rng = np.random.default_rng((seed, stream))
        examples, tags[split] = draw(cells, split, size, rng)
        splits.append(examples)
    train, dev, test = splits
    return Corpus(train, dev, test, tags)


def unlabelled(
    name: str, language: str, *, seed: int = 0, size: int = 10000, single_clauses: bool = True
) -> list[str]:
    """Different sentences of the same grammar, to pretrain on.

    None of them is in dev or test of ``load_corpus`` with the same seed.  They are taken from the
    far end of what train is taken from, so that the two overlap only if both are large.

    Raises:
        ValueError: the name or language is unknown, or ``size`` is out of range, as above.
    """
    rng = np.random.default_rng((seed, len(SPLITS)))
    cells = cells_of(name, language, seed, single_clauses)
    examples, _ = draw(cells, "unlabelled", size, rng)
    return [example.text for example in examples]


def cells_of(name: str, language: str, seed: int, single_clauses: bool) -> dict[str, list[Cell]]:
    """The grammar by label, every cell's numbers shuffled and cut into pools."""
    if (name, language) not in GRAMMARS:
        choices = ", ".join(f"{name!r} in {language!r}" for name, language in GRAMMARS)
        raise ValueError(f"no corpus {name!r} in {language!r}; there are {choices}")
    rng = np.random.default_rng(seed)
    cells: dict[str, list[Cell]] = {}
    for tags, share, by_label in GRAMMARS[name, language](single_clauses):
        for label, sentences in by_label.items():
            n = len(sentences)
            test, dev, rest = np.split(rng.permutation(n), [n // 5, 3 * n // 10])
            pools = {"test": test, "dev": dev, "train": rest, "unlabelled": rest[::-1]}
            cells.setdefault(label, []).append(Cell(tags, share, sentences, pools))
    return cells


def draw(
    cells: dict[str, list[Cell]], split: str, size: int, rng: np.random.Generator
) -> tuple[list[Example], list[frozenset[str]]]:
    """``size`` examples of one split and their tags, in random order."""
    if size < 0:
        raise ValueError(f"the size of {split} must not be negative, got {size}")
    items = []
    for place, (label, row) in enumerate(cells.items()):
        of_label = size // len(cells) + (place < size % len(cells))
        for cell, count in zip(row, quotas(row, of_label), strict=True):
            numbers = cell.pools[split]
            if count > len(numbers):
                raise ValueError(
                    f"{size} sentences are too many for {split}: {count} of them would be "
                    f"{label!r} and tagged {sorted(cell.tags)}, the grammar has {len(numbers)}"
                )
            texts = [cell.sentences[int(number)] for number in numbers[:count]]
            items += [(Example(text, label), cell.tags) for text in texts]
    shuffled = [items[i] for i in rng.permutation(len(items))]
    return [example for example, _ in shuffled], [tags for _, tags in shuffled]


def quotas(cells: list[Cell], size: int) -> list[int]:
    """``size`` parted by the cells' shares; running totals are rounded, so nothing is lost."""
    ends = np.rint(np.cumsum([0.0, *(cell.share for cell in cells)]) * size)
    return np.diff(ends).astype(int).tolist()
