"""Data augmentation: new sentences from labelled ones, in the hope that the label still fits.

Two of the four changes know nothing about language and work on tokens: ``word_dropout`` and
``swap_words``.  Two know something and work on texts: ``replace_synonyms`` knows words of one
meaning, ``rewrite`` knows forms of one meaning.  None of them sees a label, so none can promise
to keep it: "not dull" without its first word is the opposite.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from string import Formatter

import numpy as np

from minillm.backend import check_rng
from minillm.text.examples import Example
from minillm.text.tokenizers import is_ideograph

Thesaurus = Mapping[str, Sequence[str]]  # a word -> words that may stand in its place
Change = Callable[[str, np.random.Generator], str]


def word_dropout(tokens: Sequence[str], *, rate: float, rng: np.random.Generator) -> list[str]:
    """The tokens without some: each is dropped with probability ``rate``, but never all::

        P(token i is kept) = 1 - rate,  independently;  if none is kept, one at random stays

    Raises:
        ValueError: ``rate`` is not in [0, 1].
        TypeError: ``tokens`` is one string, or not a sequence.
    Source: Iyyer, Manjunatha, Boyd-Graber & Daumé III 2015, "Deep Unordered Composition Rivals
        Syntactic Methods for Text Classification", section 2.2; "random deletion" in Wei & Zou.
    Guide: 9.3.2 (G6).
    """
    tokens = token_list(tokens)
    require_rate(rate)
    check_rng(rng)
    kept = [
        token for token, lot in zip(tokens, rng.random(len(tokens)), strict=True) if lot >= rate
    ]
    return kept or (tokens and [tokens[int(rng.integers(len(tokens)))]])


def swap_words(tokens: Sequence[str], *, swaps: int, rng: np.random.Generator) -> list[str]:
    """The same tokens in another order: ``swaps`` times two places, drawn at random, change.

    The two places are any two different ones.  A text of one token comes back as it is.

    Raises:
        ValueError: ``swaps`` is negative.
        TypeError: ``swaps`` is not an integer; ``tokens`` is one string, or not a sequence.
    Source: Wei & Zou 2019, "EDA: Easy Data Augmentation Techniques for Boosting Performance on
        Text Classification Tasks", section 2 (random swap: any two).
    Guide: 9.3.2 (G6).
    """
    moved = token_list(tokens)
    require_count("swaps", swaps)
    check_rng(rng)
    for _ in range(swaps if len(moved) > 1 else 0):
        i, j = (int(place) for place in rng.choice(len(moved), size=2, replace=False))
        moved[i], moved[j] = moved[j], moved[i]
    return moved


def replace_synonyms(
    text: str, thesaurus: Thesaurus, *, rate: float, rng: np.random.Generator
) -> str:
    """The text with words replaced by synonyms: each word of the thesaurus with chance ``rate``::

        replace_synonyms("The plot was dull.", {"dull": ("boring",)}, rate=1, rng=rng)
        ->  "The plot was boring."

    Words are found as they are written in the thesaurus, case included: whole words in a script
    with blanks, any occurrence in Chinese; of two that overlap the first, of two that
    begin at one place the longer.

    Raises:
        TypeError: ``text`` is not a string.
        ValueError: ``rate`` is not in [0, 1]; a word of the thesaurus is empty or has no synonym.
    Source: Zhang, Zhao & LeCun 2015, "Character-level Convolutional Networks for Text
        Classification", section 2.4; "synonym replacement" in Wei & Zou 2019.
    Guide: 9.3.2 (G6).
    """
    require_text(text)
    require_rate(rate)
    check_rng(rng)
    for word, synonyms in thesaurus.items():
        if not word or isinstance(synonyms, str) or len(synonyms) == 0:
            raise ValueError(f"thesaurus: {word!r} needs a sequence of synonyms, got {synonyms!r}")

    def choose(found: re.Match[str]) -> str:
        synonyms = thesaurus[found.group()]
        replaced = rng.random() < rate
        return synonyms[int(rng.integers(len(synonyms)))] if replaced else found.group()

    return any_of(tuple(thesaurus)).sub(choose, text) if thesaurus else text


@dataclass(frozen=True)
class Forms:
    """Templates that say the same, and for each of their slots a pattern of what it may hold::

        Forms(("although {side}, {main}.", "{main}, although {side}."),
              {"side": "[^,]+", "main": "[^,]+"})

    Raises:
        ValueError: there are fewer than two templates, or their slots are not those described.
    """

    templates: tuple[str, ...]
    slots: Mapping[str, str]

    def __post_init__(self) -> None:
        if len(self.templates) < 2:
            raise ValueError(f"Forms: needs at least two templates, got {self.templates}")
        for template in self.templates:
            named = sorted(
                name for _, name, _, _ in Formatter().parse(template) if name is not None
            )
            if named != sorted(self.slots):
                raise ValueError(
                    f"Forms: {template!r} has the slots {named}, must have {sorted(self.slots)}"
                )

    @cached_property
    def patterns(self) -> list[re.Pattern[str]]:
        """One regular expression for each template, with the slots as named groups."""
        return [re.compile(self.pattern_of(template)) for template in self.templates]

    def pattern_of(self, template: str) -> str:
        parts = []
        for literal, name, _, _ in Formatter().parse(template):
            parts.append(re.escape(literal))
            parts.append(f"(?P<{name}>{self.slots[name]})" if name else "")
        return "".join(parts)


def rewrite(text: str, families: Iterable[Forms], *, rng: np.random.Generator) -> str:
    """The text in another form of the same meaning, drawn at random; unchanged if no form fits::

        "Although the plot was dull, the acting was lively."
        ->  "The acting was lively, although the plot was dull."

    The first family with a template that fits the whole text is taken.  Templates are written
    without a capital at the start; the new text begins with one if the given text does.
    This stands in for back-translation, where a pair of translation models finds the new form:
    rules find fewer, but they are readable, and their meaning can be checked.

    Raises:
        TypeError: ``text`` is not a string.
    Source: Sennrich, Haddow & Birch 2016, "Improving Neural Machine Translation Models with
        Monolingual Data" (back-translation).
    Guide: 9.3.2 (G6).
    """
    require_text(text)
    check_rng(rng)
    plain = text[:1].lower() + text[1:]
    for family in families:
        for place, pattern in enumerate(family.patterns):
            found = pattern.fullmatch(plain)
            if found:
                others = [t for i, t in enumerate(family.templates) if i != place]
                new = others[int(rng.integers(len(others)))].format_map(found.groupdict())
                return new[:1].upper() + new[1:] if plain != text else new
    return text


def augment(
    examples: Sequence[Example], change: Change, *, copies: int, rng: np.random.Generator
) -> list[Example]:
    """The examples, then ``copies`` times a changed copy of each under the label that it had.

    Every example counts the same afterwards, whether or not ``change`` found something to do.

    Raises:
        ValueError: ``copies`` is negative.
        TypeError: ``copies`` is not an integer.
    """
    require_count("copies", copies)
    check_rng(rng)
    changed = [Example(change(text, rng), label) for _ in range(copies) for text, label in examples]
    return [*examples, *changed]


def alternatives(words: Iterable[str]) -> str:
    """A regular expression for any of the words; of two that begin alike it takes the longer."""
    return "|".join(map(re.escape, sorted(set(words), key=lambda word: (-len(word), word))))


@lru_cache(maxsize=16)
def any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    """Any of the words; Chinese ones have no borders."""
    chinese = [word for word in words if any(map(is_ideograph, word))]
    others = [word for word in words if word not in chinese]
    bordered = rf"(?<!\w)(?:{alternatives(others)})(?!\w)" if others else ""
    return re.compile("|".join(filter(None, [alternatives(chinese), bordered])))


def token_list(tokens: Sequence[str]) -> list[str]:
    """The tokens as a new list, refused if they are one string or not a sequence."""
    if isinstance(tokens, str) or not isinstance(tokens, Iterable):
        kind = type(tokens).__name__
        raise TypeError(f"tokens must be a list of tokens, got the {kind} {tokens!r:.40}")
    return list(tokens)


def require_text(text: str) -> None:
    """Refuse what is not a string."""
    if not isinstance(text, str):
        raise TypeError(f"text must be a str, got {type(text).__name__}")


def require_count(name: str, count: int) -> None:
    """Refuse what is not an integer, and what is negative."""
    if not isinstance(count, int | np.integer):
        raise TypeError(f"{name} must be an integer, got {count!r}")
    if count < 0:
        raise ValueError(f"{name} must not be negative, got {count}")


def require_rate(rate: float) -> None:
    """Refuse what is not a probability."""
    if not 0 <= rate <= 1:
        raise ValueError(f"rate must be in [0, 1], got {rate}")
