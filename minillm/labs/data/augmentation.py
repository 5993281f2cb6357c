"""Does augmentation help, at which size of the data, and does the label survive it?

Learning curves without augmentation and with each of four, on the sentiment corpus.  All
trainings have equally many updates, so that an augmented one is not a longer one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from minillm.backend import stream
from minillm.labs.data import classifiers
from minillm.labs.data.classifiers import KINDS, both_fits, groups_of
from minillm.labs.data.reader import reader
from minillm.labs.study import Study
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
from minillm.text.augmentation import Change, Thesaurus
from minillm.text.corpora import THESAURUS, Corpus, load_corpus, paraphrases

SIZES, TEST = (20, 100, 200, 1000, 2000), 1000  # 1, 5, 10, 50 and 100 % of the data
COPIES = 4
DROPPED, SWAPS, REPLACED = 0.1, 1, 0.5
AUGMENTATIONS = ("none", "word dropout", "swap", "synonyms", "rewriting")


def on_tokens(change: Callable[[list[str], np.random.Generator], list[str]]) -> Change:
    """A change of token lists as a change of texts."""
    words = WordTokenizer()
    return lambda text, rng: words.join(change(words.tokenize(text), rng))


def blind_changes() -> dict[str, Change]:
    """The two augmentations that know nothing about language."""
    return {
        "word dropout": on_tokens(lambda tokens, rng: word_dropout(tokens, rate=DROPPED, rng=rng)),
        "swap": on_tokens(lambda tokens, rng: swap_words(tokens, swaps=SWAPS, rng=rng)),
    }


def synonyms(thesaurus: Thesaurus) -> Change:
    """Replacement of half of the words that the thesaurus knows."""
    return lambda text, rng: replace_synonyms(text, thesaurus, rate=REPLACED, rng=rng)


def corpus_changes(language: str) -> dict[str, Change]:
    """All four, with what is known about the sentiment corpus."""
    families = paraphrases(language)
    return {
        **blind_changes(),
        "synonyms": synonyms(THESAURUS[language]),
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
    tags: Sequence[frozenset[str]],
    change: Change,
    *,
    language: str,
    rng: np.random.Generator,
) -> np.ndarray:
    """Of each kind of sentence the share of changed ones that still say their label, ``(K,)``."""
    read = reader(language)
    kept = np.array([read.label(change(text, rng)) == label for text, label in examples])
    return np.array([kept[mask].mean() for mask in groups_of(tags).values()])


def learning_curve(
    train: Sequence[Example],
    test: Sequence[Example],
    groups: Mapping[str, np.ndarray],
    change: Change | None,
    *,
    fit: Learner,
    sizes: Sequence[int],
    rng: np.random.Generator,
    copies: int = COPIES,
) -> np.ndarray:
    """Test accuracy by size of the training data and group of test sentences, ``(S, K)``.

    The first ``size`` examples of ``train`` are taken, and with a change ``copies`` changed
    ones of each.

    Raises:
        ValueError: train and test share a sentence; a size is larger than ``train``.
    """
    if max(sizes) > len(train):
        raise ValueError(f"sizes up to {max(sizes)} need as many examples, got {len(train)}")
    curve = []
    for size in sizes:
        part = list(train[:size])
        if change is not None:
            part = augment(part, outside(test, change), copies=copies, rng=rng)
        require_disjoint(train=part, test=test)
        curve.append(classifiers.accuracies(fit, part, test, groups))
    return np.array(curve)


def curves(
    corpus: Corpus,
    language: str,
    kinds: Sequence[str],
    *,
    fit: Learner,
    seed: int,
    sizes: Sequence[int],
) -> np.ndarray:
    """A learning curve for each of ``kinds`` of augmentation, ``(A, S, K)``."""
    changes, groups = corpus_changes(language), groups_of(corpus.tags["test"])
    found = []
    for kind in kinds:
        rng, change = stream(seed, f"{kind} {language}"), changes.get(kind)
        found.append(
            learning_curve(corpus.train, corpus.test, groups, change, fit=fit, sizes=sizes, rng=rng)
        )
    return np.array(found)


def measure(
    seed: int,
    *,
    sizes: Sequence[int] = SIZES,
    n_test: int = TEST,
    fits: Mapping[str, Learner] | None = None,
) -> dict[str, np.ndarray]:
    """Curves ``(A, S, K)`` of both models in English, and of the bag of words in Chinese.

    Also ``kept (A - 1, K)``: how many changed sentences still say their label; and ``met``: the
    share of test sentences that rewriting would have put among the training sentences.
    """
    numbers: dict[str, np.ndarray] = {}
    models = both_fits(seed) if fits is None else fits
    for language in ("en", "zh"):
        corpus = load_corpus("sentiment", language, seed=seed, sizes=(max(sizes), 0, n_test))
        used = {n: fit for n, fit in models.items() if (n, language) != ("bert", "zh")}
        measured = measure_corpus(corpus, language, seed=seed, sizes=sizes, fits=used)
        numbers |= {f"{name}_{language}": values for name, values in measured.items()}
    return numbers


def measure_corpus(
    corpus: Corpus, language: str, *, seed: int, sizes: Sequence[int], fits: Mapping[str, Learner]
) -> dict[str, np.ndarray]:
    """The curves of each model, and what becomes of labels, in one language."""
    numbers = {
        name: curves(corpus, language, AUGMENTATIONS, fit=fit, seed=seed, sizes=sizes)
        for name, fit in fits.items()
    }
    changes, tags = corpus_changes(language), corpus.tags["train"]
    kept = [
        share_kept(corpus.train, tags, change, language=language, rng=stream(seed, "kept"))
        for change in changes.values()
    ]
    met = share_met(corpus.train, corpus.test, changes["rewriting"], stream(seed, "met"))
    return {**numbers, "kept": np.array(kept), "met": np.array(met)}


def share_met(
    train: Sequence[Example], test: Sequence[Example], change: Change, rng: np.random.Generator
) -> float:
    """The share of test sentences among the changed training sentences."""
    seen = {text_key(text) for text, _ in augment(train, change, copies=COPIES, rng=rng)}
    return float(np.mean([text_key(text) in seen for text, _ in test]))


STUDY = Study(
    name="augmentation",
    question="Which augmentation helps at which size of the data, and does the label survive?",
    settings={
        "corpus": "sentiment",
        "sizes": list(SIZES),
        "test": TEST,
        "copies": COPIES,
        "augmentations": list(AUGMENTATIONS),
        "word dropout": DROPPED,
        "swaps": SWAPS,
        "synonyms": REPLACED,
        "kinds": list(KINDS),
        **classifiers.SETTINGS,
    },
    measure=measure,
    seeds=(0, 1, 2, 3, 4),
    tolerance=0.12,
)
