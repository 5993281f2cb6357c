"""Sentences in two languages at once, and which word of one stands for which of the other.

A pattern has one template for each language.  The slots are the same, in whatever order; what
fills a slot is a phrase with both its wordings, so that the links between words are known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from minillm.text.corpora.grammar import Numbered, chosen, ways

Links = frozenset[tuple[int, int]]  # (place of the English word, place of the Chinese one)

ARTICLES = ("a", "an", "the")  # Chinese has nothing that stands for them
JOINED = ".,?"  # written without a blank before them


class Phrase(NamedTuple):
    """The tokens of a phrase in English and in Chinese, and the links between them."""

    en: tuple[str, ...]
    zh: tuple[str, ...]
    links: Links


class AlignedPair(NamedTuple):
    """A sentence in both languages: its texts, their tokens, and the true links.

    English tokens are what ``WordTokenizer`` makes of the text, Chinese ones are characters.
    """

    en: str
    zh: str
    en_tokens: tuple[str, ...]
    zh_tokens: tuple[str, ...]
    links: Links
    kind: str  # the sort of sentence


def phrase(en: str, zh: str) -> Phrase:
    """A phrase of which every English word but an article means every Chinese character.

    An empty ``zh`` makes a phrase that only English has, and the other way round.
    """
    words, characters = tuple(en.split()), tuple(zh)
    meant = [i for i, word in enumerate(words) if word not in ARTICLES]
    links = frozenset((i, j) for i in meant for j in range(len(characters)))
    return Phrase(words, characters, links)


def in_order(parts: Iterable[Phrase]) -> Phrase:
    """Phrases one behind the other, in both languages in the same order."""
    found = Phrase((), (), frozenset())
    for part in parts:
        moved = frozenset((i + len(found.en), j + len(found.zh)) for i, j in part.links)
        found = Phrase(found.en + part.en, found.zh + part.zh, found.links | moved)
    return found


class PairPattern(NamedTuple):
    """Two templates over the same slots, and the phrases that may fill each.

    The slots of ``"the {thing} that {who} {did}"`` stand in another order in
    ``"{who}{did}的{thing}"``.
    """

    kind: str
    en: str  # slots and words, with blanks between all of them
    zh: str
    slots: Mapping[str, Sequence[Phrase]]

    @property
    def size(self) -> int:
        """How many sentences the pattern has."""
        return ways(self.slots)

    def sentence(self, number: int) -> AlignedPair:
        """Sentence ``number`` of ``range(size)``: its digits choose for the slots, in order."""
        phrases = chosen(self.slots, number)
        english = {slot: one.en for slot, one in phrases.items()}
        chinese = {slot: one.zh for slot, one in phrases.items()}
        en, zh = filled(self.en.split(), english), filled(slots_of(self.zh), chinese)
        links = frozenset(
            (en.starts[slot] + i, zh.starts[slot] + j)
            for slot, one in phrases.items()
            for i, j in one.links
        )
        words = tuple(token.lower() for token in en.tokens)
        texts = written(en.tokens), "".join(zh.tokens)
        return AlignedPair(*texts, words, tuple(zh.tokens), links, self.kind)


class Filled(NamedTuple):
    """A template with its phrases: its tokens, and where each slot begins."""

    tokens: list[str]
    starts: dict[str, int]


def filled(template: Sequence[str], by_slot: Mapping[str, Sequence[str]]) -> Filled:
    """A template in one language, and the tokens that fill its slots."""
    tokens: list[str] = []
    starts = {}
    for part in template:
        if part.startswith("{"):
            slot = part.strip("{}")
            starts[slot] = len(tokens)
            tokens += by_slot[slot]
        else:
            tokens.append(part)
    return Filled(tokens, starts)


def slots_of(template: str) -> list[str]:
    """The slots and the single characters of a template without blanks."""
    found: list[str] = []
    for piece in template.replace("{", "\n{").replace("}", "}\n").split("\n"):
        found += [piece] if piece.startswith("{") else list(piece)
    return found


def written(tokens: Sequence[str]) -> str:
    """English tokens as a sentence, with a capital at its start."""
    text = "".join(token if token in JOINED else f" {token}" for token in tokens).strip()
    return text[:1].upper() + text[1:]


class Pairs(Numbered[AlignedPair]):
    """Sentences in both languages."""
