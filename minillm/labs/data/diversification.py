"""Do more domains help on a domain that was not among them, for the same number of tokens?

Five domains of the sentiment grammar: each is held out in turn.  Training takes the same number
of tokens from one, two or four of the others.

The sources are ``minillm/text/corpora/sentiment_en.py`` and ``sentiment_zh.py``, written for this
project.  The five have the same templates and verdicts, and the same shares of labels (half and
half) and of kinds of sentence (40 % plain, 10 % denials, 50 % by order).  They differ in openings
(but for the empty one of English), subjects (none is shared) and adjectives (14 to 18 in each).
So another domain brings new words, and neither a new form nor a new label.  Adjectives in common:

==================  =======  =======
two domains         English  Chinese
==================  =======  =======
film, book               11        8
film, course              5        1
book, course              4        1
restaurant, hotel         7        6
restaurant, course        0        1
hotel, course             6        2
any others                0        0
==================  =======  =======

What is held out and what trains are different sentences, also where both are of one domain ("own").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from minillm.backend import stream
from minillm.labs.data.augmentation import Changes, corpus_changes
from minillm.labs.learners import Learners, accuracies, fits_of
from minillm.labs.study import Study
from minillm.labs.worlds.domains import (
    DOMAINS,
    NAMES,
    adjectives,
    draw_domain,
    mixed,
    share_known,
    token_count,
)
from minillm.labs.worlds.kinds import groups_of
from minillm.tasks.label_filter import Learner
from minillm.text import Example, augment, require_disjoint


@dataclass(frozen=True)
class Settings:
    """The domains, how much trains and tests, the models; the rows of the results."""

    language: str = "en"
    domains: tuple[str, ...] = NAMES
    held_out: tuple[str, ...] = NAMES
    drawn: int = 680  # examples of each domain, of which a training takes what it may
    budget: int = 8700  # tokens of a training without copies: about 600 examples
    test: int = 400  # examples
    replaced: float = 0.5  # of the words that the thesaurus knows, by synonyms
    dropped: float = 0.1  # of the words, by word dropout
    copies: int = 4  # changed ones of each example
    learners: Learners = Learners()
    conditions: tuple[str, ...] = ("1", "2", "4", "1 + synonyms", "1 + word dropout", "own")
    kinds: tuple[str, ...] = ("all", "plain", "denial", "order")


def held_out_accuracy(
    train: Sequence[Example],
    test: Sequence[Example],
    groups: Mapping[str, np.ndarray],
    *,
    fit: Learner,
) -> list[float]:
    """Accuracy in each group of a test set from elsewhere.

    Raises:
        ValueError: train and test share a sentence.
    Guide: 9.3.2 (G7).
    """
    require_disjoint(train=train, test=test)
    return accuracies(fit, train, test, groups)


def training_sets(
    settings: Settings,
    own: Sequence[Example],
    others: Sequence[Sequence[Example]],
    rng: np.random.Generator,
) -> dict[str, list[Example]]:
    """For each condition its training examples; ``others`` in the order in which they are used.

    All have the same number of tokens, but for the changed copies, which nobody wrote.

    Raises:
        ValueError: a condition is unknown.
    """
    strengths = Changes(dropped=settings.dropped, replaced=settings.replaced)
    changes, budget = corpus_changes(settings.language, strengths), settings.budget
    counts = [k for k in (1, 2, 4) if k <= len(others)]
    sets = {str(k): mixed(others[:k], budget) for k in counts}
    for name in ("synonyms", "word dropout"):
        copies = augment(sets["1"], changes[name], copies=settings.copies, rng=rng)
        sets[f"1 + {name}"] = copies
    sets["own"] = mixed([own], budget)
    unknown = [name for name in settings.conditions if name not in sets]
    if unknown:
        raise ValueError(f"conditions must be among {', '.join(sets)}, got {unknown[0]!r}")
    return {name: sets[name] for name in settings.conditions}


def measure(
    settings: Settings, seed: int, *, fits: Mapping[str, Learner] | None = None
) -> dict[str, np.ndarray]:
    """Accuracies ``(H, C, K)`` by held-out domain, condition and kind of sentence, for each model.

    ``known (H, C)`` is the share of the held-out domain's adjectives that training contains,
    ``tokens (H, C)`` how many tokens its texts have.
    """
    models = fits_of(settings.learners, seed=seed) if fits is None else fits
    sizes = settings.test, settings.drawn
    language = settings.language
    drawn = {d: draw_domain(d, language, sizes=sizes, seed=seed) for d in settings.domains}
    found: dict[str, list[list[list[float]]]] = {name: [] for name in models}
    known, tokens = [], []
    for name in settings.held_out:
        test, own = drawn[name]
        rest = [d for d in settings.domains if d != name]
        order = stream(seed, f"sources for {name}").permutation(rest)
        others = [drawn[other][1].examples for other in order]
        rng = stream(seed, f"copies for {name}")
        sets = training_sets(settings, own.examples, others, rng)
        groups = groups_of(test.tags, settings.kinds)
        for model, fit in models.items():
            rows = [held_out_accuracy(s, test.examples, groups, fit=fit) for s in sets.values()]
            found[model].append(rows)
        words = adjectives(DOMAINS[language][name])
        known.append([share_known(s, test.examples, words) for s in sets.values()])
        tokens.append([token_count(s) for s in sets.values()])
    numbers = {**found, "known": known, "tokens": tokens}
    return {name: np.array(rows) for name, rows in numbers.items()}


STUDY = Study(
    name="diversification",
    question="Do more domains help on a held-out one, for the same number of tokens?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
    tolerance=0.12,
)
