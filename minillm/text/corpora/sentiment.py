"""How opinions combine into sentences, in any language.

Half of the sentences name a good and a bad quality, and only the order of the words says which
of the two the writer means::

    Although the plot was dull, the acting was lively.       positive
    Although the acting was lively, the plot was dull.       negative

Both have the same bag of words, so no bag of words can tell them apart.  By convention the main
clause decides, and of two opposite adjectives the one that is not denied.
"""

from collections.abc import Callable, Iterator
from itertools import permutations
from typing import NamedTuple

from minillm.text.corpora.grammar import Kind, Pattern, Sentences

LABELS = ("negative", "positive")
OPPOSITE = {"negative": "positive", "positive": "negative"}


class Aspect(NamedTuple):
    """A subject and its qualities by label: those at the same place are opposites."""

    subject: str
    words: dict[str, tuple[str, ...]]

    @property
    def thing(self) -> str:
        """The subject without article and verb: "room" of "the room was"; in Chinese the same."""
        return self.subject.removeprefix("the ").removesuffix(" was").removesuffix(" were")


class Domain(NamedTuple):
    """Something that people review: phrases to begin with, and what can be good or bad."""

    settings: tuple[str, ...]
    aspects: tuple[Aspect, ...]


class Phrases(NamedTuple):
    """What a language brings to the corpus: things to review, and templates.

    ``{main}``, ``{side}`` and ``{second}`` are subjects, ``{noun}`` and ``{thing}`` the nouns of
    ``{main}`` and ``{side}``; ``{strong}`` and ``{also}`` are adjectives
    that agree with the label, ``{weak}`` is one that contradicts it.  Every template begins with
    ``{setting}`` or contains it.
    """

    domains: tuple[Domain, ...]
    agreement: tuple[str, ...]  # main strong, second also
    comment: tuple[str, ...]  # main strong, verdict
    verdicts: dict[str, tuple[str, ...]]
    denial: tuple[str, ...]  # main, not weak
    concession: tuple[str, ...]  # side weak, but main strong
    contrast: tuple[str, ...]  # main strong, not weak
    # the same in a single clause; a denial is one as it is
    single_statement: tuple[str, ...]  # main strong
    single_concession: tuple[str, ...]  # strong noun before weak thing
    single_contrast: tuple[str, ...]  # main strong, not weak


def aspect(subject: str, pairs: str) -> Aspect:
    """``aspect("the room was", "clean/dirty quiet/noisy")``; each pair is good/bad."""
    good, bad = zip(*(pair.split("/") for pair in pairs.split()), strict=True)
    return Aspect(subject, {"positive": good, "negative": bad})


def sentiment(phrases: Phrases, *, single_clauses: bool) -> list[Kind]:
    """The kinds of sentence: 40 % plain, 10 % a single denial, 50 % that need word order.

    With ``single_clauses`` a tenth of all sentences are plain ones of a single clause, and another
    tenth need word order though they are one.  Without, the only single clauses are denials: who
    learns from such sentences may take a missing comma for a negation.

    Guide: 6.3 (G37).
    """

    single = phrases._replace(
        concession=phrases.single_concession, contrast=phrases.single_contrast
    )
    if not single_clauses:
        return [
            kind("plain", 0.40, plain, phrases),
            kind("negation", 0.10, denial, phrases),
            kind("order concession", 0.25, concession, phrases),
            kind("order negation", 0.25, contrast, phrases),
        ]
    return [
        kind("plain", 0.30, plain, phrases),
        kind("plain single", 0.10, statement, phrases),
        kind("negation single", 0.10, denial, phrases),
        kind("order concession", 0.20, concession, phrases),
        kind("order concession single", 0.05, concession, single),
        kind("order negation", 0.20, contrast, phrases),
        kind("order negation single", 0.05, contrast, single),
    ]


def kind(
    tags: str, share: float, patterns: Callable[[Phrases, str], Iterator[Pattern]], phrases: Phrases
) -> Kind:
    """One kind of sentence, in both labels."""
    sentences = {label: Sentences(patterns(phrases, label)) for label in LABELS}
    return Kind(frozenset(tags.split()), share, sentences)


def plain(phrases: Phrases, label: str) -> Iterator[Pattern]:
    """Everything said agrees: two subjects, or one and a verdict."""
    for setting, aspects in phrases.domains:
        for main, second in permutations(aspects, 2):
            slots = {"setting": setting, "main": (main.subject,), "strong": main.words[label]}
            slots |= {"second": (second.subject,), "also": second.words[label]}
            yield from (Pattern(template, slots) for template in phrases.agreement)
        for main in aspects:
            slots = {"setting": setting, "main": (main.subject,), "strong": main.words[label]}
            slots |= {"verdict": phrases.verdicts[label]}
            yield from (Pattern(template, slots) for template in phrases.comment)


def statement(phrases: Phrases, label: str) -> Iterator[Pattern]:
    """One opinion in one clause."""
    for setting, aspects in phrases.domains:
        for main in aspects:
            slots = {"setting": setting, "main": (main.subject,), "strong": main.words[label]}
            yield from (Pattern(template, slots) for template in phrases.single_statement)


def denial(phrases: Phrases, label: str) -> Iterator[Pattern]:
    """One opinion, denied: "not at all dull" is praise."""
    for setting, aspects in phrases.domains:
        for main in aspects:
            weak = main.words[OPPOSITE[label]]
            slots = {"setting": setting, "main": (main.subject,), "weak": weak}
            yield from (Pattern(template, slots) for template in phrases.denial)


def concession(phrases: Phrases, label: str) -> Iterator[Pattern]:
    """Two opinions about two subjects: the main clause decides."""
    for setting, aspects in phrases.domains:
        for main, side in permutations(aspects, 2):
            weak = side.words[OPPOSITE[label]]
            slots = {"setting": setting, "main": (main.subject,), "strong": main.words[label]}
            slots |= {"side": (side.subject,), "weak": weak}
            slots |= {"noun": (main.thing,), "thing": (side.thing,)}
            yield from (Pattern(template, slots) for template in phrases.concession)


def contrast(phrases: Phrases, label: str) -> Iterator[Pattern]:
    """Two opposite opinions about one subject, one of them denied: the other decides."""
    for setting, aspects in phrases.domains:
        for main in aspects:
            opposites = zip(main.words[label], main.words[OPPOSITE[label]], strict=True)
            for strong, weak in opposites:
                slots = {"setting": setting, "main": (main.subject,)}
                slots |= {"strong": (strong,), "weak": (weak,)}
                yield from (Pattern(template, slots) for template in phrases.contrast)
