"""Does augmentation help, at which size of the data, and does the label survive it?

Learning curves without augmentation and with each of four, on the sentiment corpus.  All
trainings have equally many updates, so that an augmented one is not a longer one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from minillm.backend import stream
from minillm.labs.learners import Learners, accuracies, fits_of
from minillm.labs.study import Study
from minillm.labs.worlds.kinds import groups_of
from minillm.labs.worlds.reader import reader
from minillm.tasks.label_filter import Learner
from minillm.text import (
    Example,
    WordTokenizer,
    augment,
    replace_synonyms,
    require_disjoint,
    rewrite,
    swap_words,
    text_key,
    word_dropout,
)
from minillm.text.augmentation import Change
from minillm.text.corpora import THESAURUS, Corpus, load_corpus, paraphrases


@dataclass(frozen=True)
class Changes:
    """How strong each augmentation is."""

    dropped: float = 0.1  # of the words
    swaps: int = 1
    replaced: float = 0.5  # of the words that the thesaurus knows


@dataclass(frozen=True)
class Curves:
    """Learning curves: with which augmentations, at which sizes, on which kinds of sentences."""

    augmentations: tuple[str, ...] = ("none", "word dropout", "swap", "synonyms", "rewriting")
    changes: Changes = Changes()
    copies: int = 4  # changed ones of each example
    sizes: tuple[int, ...] = (20, 100, 200, 1000, 2000)  # 1, 5, 10, 50 and 100 % of the data
    test: int = 1000
    kinds: tuple[str, ...] = ("all", "plain", "denial", "order")


@dataclass(frozen=True)
class Settings:
    """The corpus, the learning curves, and the models; the BERT reads some languages only."""

    corpus: str = "sentiment"
    single_clauses: bool = False
    languages: tuple[str, ...] = ("en", "zh")
    bert_languages: tuple[str, ...] = ("en",)
    curves: Curves = Curves()
    learners: Learners = Learners()


def on_tokens(change: Callable[[list[str], np.random.Generator], list[str]]) -> Change:
    """A change of token lists as a change of texts."""
    words = WordTokenizer()
    return lambda text, rng: words.join(change(words.tokenize(text), rng))


def corpus_changes(language: str, changes: Changes) -> dict[str, Change]:
    """Two augmentations that know nothing about language, two that know the sentiment corpus."""
    families, thesaurus = paraphrases(language), THESAURUS[language]
    rate, swaps, replaced = changes.dropped, changes.swaps, changes.replaced
    return {
        "word dropout": on_tokens(lambda tokens, rng: word_dropout(tokens, rate=rate, rng=rng)),
        "swap": on_tokens(lambda tokens, rng: swap_words(tokens, swaps=swaps, rng=rng)),
        "synonyms": lambda text, rng: replace_synonyms(text, thesaurus, rate=replaced, rng=rng),
        "rewriting": lambda text, rng: rewrite(text, families, rng=rng),
    }


def outside(examples: Sequence[Example], change: Change) -> Change:
    """The change, except where it would give a text of ``examples``: that is left as it was.

    A rewritten training sentence may be a test sentence, which would then be known by heart.
    """
    forbidden = {text_key(text) for text, _ in examples}

    def careful(text: str, rng: np.random.Generator) -> str:
        new = change(text, rng)
        return text if text_key(new) in forbidden else new

    return careful


def share_kept(
    examples: Sequence[Example],
    groups: Mapping[str, np.ndarray],
    change: Change,
    *,
    language: str,
    rng: np.random.Generator,
) -> np.ndarray:
    """Of each group of sentences the share of changed ones that still say their label, ``(K,)``."""
    read = reader(language)
    kept = np.array([read.label(change(text, rng)) == label for text, label in examples])
    return np.array([kept[mask].mean() for mask in groups.values()])


def learning_curve(
    train: Sequence[Example],
    test: Sequence[Example],
    groups: Mapping[str, np.ndarray],
    change: Change | None,
    *,
    fit: Learner,
    sizes: Sequence[int],
    copies: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Test accuracy by size of the training data and group of test sentences, ``(S, K)``.

    The first ``size`` examples of ``train`` are taken, and with a change ``copies`` changed
    ones of each.

    Raises:
        ValueError: train and test share a sentence; a size is larger than ``train``.
    Guide: 9.3.2 (G6).
    """
    if max(sizes) > len(train):
        raise ValueError(f"sizes up to {max(sizes)} need as many examples, got {len(train)}")
    curve = []
    for size in sizes:
        part = list(train[:size])
        if change is not None:
            part = augment(part, outside(test, change), copies=copies, rng=rng)
        require_disjoint(train=part, test=test)
        curve.append(accuracies(fit, part, test, groups))
    return np.array(curve)


def measure_curves(
    settings: Curves, corpus: Corpus, language: str, *, fit: Learner, seed: int
) -> np.ndarray:
    """A learning curve for each augmentation, ``(A, S, K)``.

    Raises:
        ValueError: an augmentation is unknown.
    """
    changes: dict[str, Change | None] = {"none": None}
    changes |= corpus_changes(language, settings.changes)
    unknown = [name for name in settings.augmentations if name not in changes]
    if unknown:
        raise ValueError(f"augmentations must be among {', '.join(changes)}, got {unknown[0]!r}")
    groups = groups_of(corpus.tags["test"], settings.kinds)
    return np.array(
        [
            learning_curve(
                corpus.train,
                corpus.test,
                groups,
                changes[name],
                fit=fit,
                sizes=settings.sizes,
                copies=settings.copies,
                rng=stream(seed, f"{name} {language}"),
            )
            for name in settings.augmentations
        ]
    )


def measure(
    settings: Settings, seed: int, *, fits: Mapping[str, Learner] | None = None
) -> dict[str, np.ndarray]:
    """Curves ``(A, S, K)`` of the models in each language.

    Also ``kept (4, K)``: how many changed sentences still say their label; and ``met``: the
    share of test sentences that rewriting would have put among the training sentences.
    """
    numbers: dict[str, np.ndarray] = {}
    models = fits_of(settings.learners, seed=seed) if fits is None else fits
    sizes = max(settings.curves.sizes), 0, settings.curves.test
    for language in settings.languages:
        corpus = load_corpus(
            settings.corpus,
            language,
            seed=seed,
            sizes=sizes,
            single_clauses=settings.single_clauses,
        )
        for name, fit in models.items():
            if name != "bert" or language in settings.bert_languages:
                found = measure_curves(settings.curves, corpus, language, fit=fit, seed=seed)
                numbers[f"{name}_{language}"] = found
        fates = of_sentences(settings.curves, corpus, language, seed=seed)
        numbers |= {f"{name}_{language}": values for name, values in fates.items()}
    return numbers


def of_sentences(
    settings: Curves, corpus: Corpus, language: str, *, seed: int
) -> dict[str, np.ndarray]:
    """What becomes of labels, and how many test sentences are met, in one language."""
    changes = corpus_changes(language, settings.changes)
    groups = groups_of(corpus.tags["train"], settings.kinds)
    kept = [
        share_kept(corpus.train, groups, change, language=language, rng=stream(seed, "kept"))
        for change in changes.values()
    ]
    rewriting, copies = changes["rewriting"], settings.copies
    copied = augment(corpus.train, rewriting, copies=copies, rng=stream(seed, "met"))
    return {"kept": np.array(kept), "met": np.array(share_met(copied, corpus.test))}


def share_met(copied: Sequence[Example], test: Sequence[Example]) -> float:
    """The share of test sentences among the changed training sentences."""
    seen = {text_key(text) for text, _ in copied}
    return float(np.mean([text_key(text) in seen for text, _ in test]))


STUDY = Study(
    name="augmentation",
    question="Which augmentation helps at which size of the data, and does the label survive?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
    tolerance=0.12,
)
