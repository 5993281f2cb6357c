"""A reader that knows the truth: which label a sentence of the sentiment corpora carries.

It reads as a person would: opinions that are conceded do not count, a denied one counts as its
opposite, and if those that are left disagree, or none is left, the sentence says nothing.  It is
right on every sentence of both grammars (a test reads them all), and it can also read what an
augmentation has left of one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from minillm.text.augmentation import alternatives
from minillm.text.corpora import THESAURUS
from minillm.text.corpora.rewriting import PHRASES
from minillm.text.corpora.sentiment import OPPOSITE

# What the words around the opinions do; of two that begin at one place the longer is read.
CONCEDE, TURN, DENY, STOP, NOTHING = "concede", "turn", "deny", "stop", "nothing"
CUES: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        CONCEDE: ("although", "even though", "while"),  # what follows, up to the comma
        TURN: ("but", "yet"),  # all before does not count
        DENY: ("not", "no", "anything but", "far from", "rather than"),  # the next opinion
        STOP: (",", ";", "."),
        NOTHING: (),
    },
    "zh": {
        CONCEDE: ("虽然", "尽管", "虽说", "别看"),
        TURN: ("但是", "不过", "却"),
        DENY: ("不", "算不上", "谁说", "哪里"),
        STOP: ("，", "。"),
        NOTHING: ("不但",),  # "not only" denies nothing
    },
}
# Verdicts, by the words that carry them.  "不过时" (up to date) does not begin with "不过" (but).
VERDICTS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "positive": ("enjoyed", "delighted", "recommend"),
        "negative": ("regretted", "annoyed", "avoid"),
    },
    "zh": {
        "positive": ("满意", "惊喜", "值得推荐", "不过时"),
        "negative": ("失望", "后悔", "扫兴"),
    },
}
BORDERS = {"en": r"\b", "zh": ""}  # of a word


@dataclass(frozen=True)
class Reader:
    """Polarities of words, roles of other words, and the pattern that finds both."""

    polarity: Mapping[str, str]
    role: Mapping[str, str]
    pattern: re.Pattern[str]

    def label(self, text: str) -> str | None:
        """ "positive", "negative", or ``None`` if the text says neither or both."""
        counted: list[str] = []
        conceding = denying = False
        for found in self.pattern.finditer(text.lower()):
            word = found.group()
            role = self.role.get(word)
            if role is None and not conceding:
                label = self.polarity[word]
                counted.append(OPPOSITE[label] if denying else label)
            if role == TURN:
                counted.clear()
            if role == CONCEDE:
                conceding = True
            if role == STOP:
                conceding = False
            denying = role == DENY or (denying and role == NOTHING)
        labels = set(counted)
        return labels.pop() if len(labels) == 1 else None


@cache
def reader(language: str) -> Reader:
    """The reader for "en" or "zh"."""
    polarity = {word: label for label, words in opinions_of(language).items() for word in words}
    role = {word: role for role, words in CUES[language].items() for word in words}
    words = alternatives({*polarity, *role} - set(CUES[language][STOP]))
    stops = "".join(CUES[language][STOP])
    border = BORDERS[language]
    pattern = re.compile(f"{border}(?:{words}){border}|[{stops}]")
    return Reader(polarity, role, pattern)


def opinions_of(language: str) -> dict[str, set[str]]:
    """The words of each label: those of the grammar, their synonyms, and the verdicts."""
    opinions = {label: set(words) for label, words in VERDICTS[language].items()}
    for domain in PHRASES[language].domains:
        for aspect in domain.aspects:
            for label, words in aspect.words.items():
                synonyms = (THESAURUS[language].get(word, ()) for word in words)
                opinions[label].update(words, *synonyms)
    return opinions
