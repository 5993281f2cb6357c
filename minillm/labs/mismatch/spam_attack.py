"""Does a spam filter find misspelled spam, and does it help to have trained on misspelled messages?

Every filter is trained on the messages as they are, and on these with a misspelled copy of each,
spam or not.  Its threshold is chosen on dev, with such copies too in the second case.  Then the
spam of the test is misspelled: at random, or so that this very filter finds it less probable; in
the kinds of misspelling that the copies have ("seen"), or in others.  The other messages stay as
they are, or are misspelled at random too ("all"): who takes each unknown word for spam finds all
misspelled spam, and stops misspelled friends as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from minillm.backend import stream
from minillm.labs.mismatch.spam_filters import Filter, Filters, learn_filters, n_parameters
from minillm.labs.study import Study
from minillm.tasks.metrics import average_precision, precision_recall
from minillm.text import Example, augment
from minillm.text.augmentation import Change
from minillm.text.corpora import load_corpus
from minillm.text.misspelling import misspelled
from minillm.text.misspelling_search import misspelled_against

Parts = tuple[Sequence[Example], Sequence[Example], Sequence[Example]]  # train, dev, test
Texts = list[str]
Aim = Callable[[Filter], tuple[Texts, Texts]]  # what a filter gets to see: ham, spam
SCORES = ("precision", "recall", "F1", "average precision", "let through", "false alarms")


@dataclass(frozen=True)
class Attack:
    """Kinds of misspelling in the copies and kept apart, how many words; rows of the results."""

    seen: tuple[str, ...] = ("swap", "double", "look-alike", "blanks")
    unseen: tuple[str, ...] = ("drop", "twin", "dot")
    words: int = 3
    copies: int = 1  # misspelled ones of each message
    rows: tuple[str, ...] = (
        *("none", "blind, seen", "blind, unseen", "aimed, seen", "aimed, unseen"),
        *("all, seen", "all, unseen"),
    )


@dataclass(frozen=True)
class Settings:
    """The corpus, the attack, the filters."""

    corpus: str = "spam"
    language: str = "en"
    sizes: tuple[int, int, int] = (1500, 500, 1000)
    positive: str = "spam"
    attack: Attack = Attack()
    filters: Filters = Filters()


def blind(kinds: Sequence[str], words: int) -> Change:
    """Random misspelling, as a change of texts."""
    return lambda text, rng: misspelled(text, rng, kinds=kinds, words=words)


def attacks_on(settings: Attack, ham: Texts, spam: Texts, seed: int) -> dict[str, Aim]:
    """What becomes of ham and spam under each attack on a filter, by name.

    Raises:
        ValueError: one of ``settings.rows`` is unknown.
    """

    def aimed(kinds: Sequence[str]) -> Aim:
        def attack(filter_: Filter) -> tuple[Texts, Texts]:
            rng, ask = stream(seed, "aimed"), filter_.probability
            return ham, misspelled_against(ask, spam, rng, kinds=kinds, words=settings.words)

        return attack

    def at_random(kinds: Sequence[str]) -> tuple[Texts, Texts]:
        change, rng = blind(kinds, settings.words), stream(seed, "blind")
        return [change(text, rng) for text in ham], [change(text, rng) for text in spam]

    seen, unseen = at_random(settings.seen), at_random(settings.unseen)
    found: dict[str, Aim] = {
        "none": lambda _: (ham, spam),
        "blind, seen": lambda _: (ham, seen[1]),
        "blind, unseen": lambda _: (ham, unseen[1]),
        "aimed, seen": aimed(settings.seen),
        "aimed, unseen": aimed(settings.unseen),
        "all, seen": lambda _: seen,
        "all, unseen": lambda _: unseen,
    }
    unknown = [row for row in settings.rows if row not in found]
    if unknown:
        raise ValueError(f"rows must be among {'; '.join(found)}, got {unknown[0]!r}")
    return {row: found[row] for row in settings.rows}


def scores_of(filter_: Filter, before: Texts, ham: Texts, spam: Texts) -> list[float]:
    """``SCORES`` of a filter on ham and spam after an attack.

    Of the spam that was found ``before``, "let through" is the share that is found no more; 0
    where none was found.  "false alarms" is the share of the ham that is called spam.
    """
    p = filter_.probability([*ham, *spam])
    true = np.arange(len(p)) >= len(ham)
    said = p >= filter_.decision.threshold
    found, still = filter_.says(before), said[true]
    through = float((found & ~still).sum() / max(1, found.sum()))
    alarms = float(said[~true].mean())
    return [*precision_recall(said, true, 1), average_precision(p, true), through, alarms]


def measure_messages(
    parts: Parts, positive: str, attack: Attack, filters: Filters, seed: int
) -> dict[str, np.ndarray]:
    """Of each filter, trained on messages "as they are" and "with copies", ``(A, S)``.

    Rows are ``attack.rows``, columns ``SCORES``.  Also how many numbers each filter has learned.
    """
    train, dev, test = parts
    ham = [text for text, label in test if label != positive]
    spam = [text for text, label in test if label == positive]
    rng, change = stream(seed, "copies"), blind(attack.seen, attack.words)
    copied = [augment(part, change, copies=attack.copies, rng=rng) for part in (train, dev)]
    attacks = attacks_on(attack, ham, spam, seed)
    numbers: dict[str, np.ndarray] = {}
    for name, learned_from, chosen_on, copies in (
        ("as they are", train, dev, 0),
        ("with copies", copied[0], copied[1], attack.copies),
    ):
        found = learn_filters(filters, learned_from, chosen_on, positive, copies=copies, seed=seed)
        for model, filter_ in found.items():
            rows = [scores_of(filter_, spam, *attacked(filter_)) for attacked in attacks.values()]
            numbers[f"{model}, {name}"] = np.array(rows)
            learned = n_parameters(filter_.classifier)
            numbers[f"{model}, {name}, parameters"] = np.array(learned)
    return numbers


def measure(settings: Settings, seed: int) -> dict[str, np.ndarray]:
    """``measure_messages`` of a drawn corpus.

    Guide: 6.1 (G36).
    """
    corpus = load_corpus(settings.corpus, settings.language, seed=seed, sizes=settings.sizes)
    return measure_messages(
        (corpus.train, corpus.dev, corpus.test),
        settings.positive,
        settings.attack,
        settings.filters,
        seed,
    )


STUDY = Study(
    name="spam_attack",
    question="Is misspelled spam found, and does training on misspelled messages help?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
    tolerance=0.12,
)
