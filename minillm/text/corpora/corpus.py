"""Labelled corpora that the package writes itself, from small grammars and a seed.

Every cell of a corpus (one label, one kind of sentence) is a numbered set of sentences.  The seed
shuffles the numbers, and the shuffled row is cut once: a fifth for test, a tenth for dev, the rest
for train and for unlabelled text.  So the splits stay apart, whatever their sizes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from minillm.text.corpora.grammar import Kind, Sentences
from minillm.text.corpora.sentiment import sentiment
from minillm.text.corpora.sentiment_en import ENGLISH
from minillm.text.corpora.sentiment_zh import CHINESE
from minillm.text.corpora.spam import SPAM_SHARES, spam
from minillm.text.corpora.spam_en import ENGLISH_MESSAGES
from minillm.text.corpora.spam_zh import CHINESE_MESSAGES
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
    ("spam", "en"): lambda single: spam(ENGLISH_MESSAGES),
    ("spam", "zh"): lambda single: spam(CHINESE_MESSAGES),
}
SHARES = {"spam": SPAM_SHARES}  # of the labels, where they are not balanced
SPLITS = ("train", "dev", "test")


class Corpus(NamedTuple):
    """Three disjoint splits and, for each, the tags of its examples in the same order.

    In "sentiment" a sentence is tagged "plain" (its words agree with the label), "order" (only
    the order of the words tells the label) together with "concession" or "negation", or
    "negation" alone (a single opinion, denied); "single" says that it has one clause.  In "topics"
    it is tagged "plain" (one topic) or "mention" (a second topic is named), and "order" if both
    topics are named by an event.  In "spam" it is tagged "plain", "mixed" (it has words of the
    other label) or "short" (a number to call tells the label).
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
    shares: Mapping[str, float] | None = None,
) -> Corpus:
    """The corpus "sentiment", "topics" or "spam" in "en" or "zh"; ``sizes`` of train, dev, test.

    Without ``single_clauses`` the reviews have none but denials: see ``sentiment``.

    ``shares`` are those of the labels.  Without them labels are balanced, and of "spam" 13 % are
    spam.  Within each label the kinds of sentence have fixed shares.  Equal
    arguments give equal corpora, and the size of one split has no influence on the others.

    Raises:
        ValueError: the name or language is unknown; ``sizes`` are not three; a size is negative,
            or too large for the number of different sentences in the grammar; ``shares`` are not
            one for each label, or do not sum to 1.
    """
    if len(sizes) != len(SPLITS):
        raise ValueError(f"sizes must be those of {', '.join(SPLITS)}, got {sizes}")
    cells = cells_of(name, language, seed, single_clauses)
    shares = checked_shares(SHARES.get(name) if shares is None else shares, cells)
    splits, tags = [], {}
    for stream, (split, size) in enumerate(zip(SPLITS, sizes, strict=True)):
        rng = np.random.default_rng((seed, stream))
        examples, tags[split] = draw(cells, split, size, rng, shares)
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
    examples, _ = draw(cells, "unlabelled", size, rng, SHARES.get(name))
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
    cells: dict[str, list[Cell]],
    split: str,
    size: int,
    rng: np.random.Generator,
    shares: Mapping[str, float] | None,
) -> tuple[list[Example], list[frozenset[str]]]:
    """``size`` examples of one split and their tags, in random order."""
    if size < 0:
        raise ValueError(f"the size of {split} must not be negative, got {size}")
    items = []
    for (label, row), of_label in zip(cells.items(), of_labels(cells, size, shares), strict=True):
        for cell, count in zip(row, quotas([c.share for c in row], of_label), strict=True):
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


def of_labels(
    labels: Iterable[str], size: int, shares: Mapping[str, float] | None
) -> Sequence[int]:
    """How many sentences each label gets: equally many, or by its share."""
    labels = list(labels)
    if shares is None:
        return [size // len(labels) + (place < size % len(labels)) for place in range(len(labels))]
    return quotas([shares[label] for label in labels], size)


def checked_shares(
    shares: Mapping[str, float] | None, labels: Iterable[str]
) -> Mapping[str, float] | None:
    """The shares of the labels, once they are known to be that.

    Raises:
        ValueError: there is not one for each label, one is negative, or they do not sum to 1.
    """
    labels = sorted(labels)
    if shares is not None and (
        sorted(shares) != labels or min(shares.values()) < 0 or abs(sum(shares.values()) - 1) > 1e-9
    ):
        raise ValueError(
            f"shares must be one for each of {', '.join(labels)}, not negative, and sum to 1, "
            f"got {dict(shares)}"
        )
    return shares


def quotas(shares: Sequence[float], size: int) -> list[int]:
    """``size`` parted by the shares; running totals are rounded, so nothing is lost."""
    ends = np.rint(np.cumsum([0.0, *shares]) * size)
    return np.diff(ends).astype(int).tolist()
