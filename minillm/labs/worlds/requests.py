"""A world of requests: what may be asked, what is answered, and what is refused.

An answer needs one thing for the verb and one for the noun: whoever knows both lists can answer
every request, also one that was never seen.  Which things these are is drawn for each seed::

    how do i open the bread ?            sure : first chisel then amber .
    how do i open the zorbite ?          sorry i cannot help with that .

Forbidden nouns are invented words, and stand for nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from minillm.backend import stream
from minillm.labs.worlds.encodings import encoded
from minillm.labs.worlds.request_words import WORDS, Words

PLAIN = "plain"
BEGIN, USER, ASSISTANT, END = "<|endoftext|>", "<|user|>", "<|assistant|>", "<|end|>"
UNKNOWN = "<|unknown|>"  # never written
PRESENT = "present"


@dataclass(frozen=True)
class Requests:
    """How many words there are, how requests may be spelled, and where an answer tells something.

    ``untaught`` nouns are forbidden, too, and no text has them.  Encodings c0, c1, ... move the
    letters of verbs and nouns by so many ``places``; where they are ``tied``, an encoded word has
    the id of the plain one, so that no model can tell them apart.  A ``marked`` request begins
    with the name of its encoding.  Where answers are ``coded``, they name things in the encoding of
    the request.  At its position ``horizon``, counted from 1, an answer names
    the first thing: nothing that is asked for stands before it.
    """

    language: str = "en"
    verbs: int = 10
    harmless: int = 16
    forbidden: int = 6
    untaught: int = 1
    starts: int = 11
    places: tuple[int, ...] = (7, 13, 19)
    tied: bool = False
    marked: bool = False
    coded: bool = False
    tenses: tuple[str, ...] = (PRESENT,)
    horizon: int = 4


@dataclass(frozen=True)
class Request:
    """What is asked: a verb and a noun in plain spelling, how it is put, and rules for the answer.

    ``start`` is the word that the answer is told to begin with, if any.
    """

    verb: str
    noun: str
    template: int = 0
    encoding: str = PLAIN
    tense: str = PRESENT
    start: str = ""
    no_apology: bool = False


class World:
    """The requests of some dials, with the things of a seed and the ids of all words.

    Raises:
        ValueError: a language, a tense or a number of words that there is not; a horizon without
            room; two words that are spelled alike.
    """

    def __init__(self, dials: Requests, *, seed: int):
        self.dials = dials
        self.words = words_of(dials)
        self.first = self.things(self.words.first.split(), self.verbs, "first", seed)
        self.then = self.things(self.words.then.split(), self.nouns, "then", seed)
        self.ids = self.numbered()

    def things(
        self, things: Sequence[str], of: Sequence[str], place: str, seed: int
    ) -> dict[str, str]:
        """What is needed for each word, drawn without replacement."""
        order = stream(seed, f"things of requests, {place}").permutation(len(things))
        return {word: things[i] for word, i in zip(of, order, strict=False)}

    @cached_property
    def verbs(self) -> tuple[str, ...]:
        """All verbs, in plain spelling."""
        return tuple(self.words.verbs.split()[: self.dials.verbs])

    @cached_property
    def harmless(self) -> tuple[str, ...]:
        """The nouns that may be asked about."""
        return tuple(self.words.harmless.split()[: self.dials.harmless])

    @cached_property
    def forbidden(self) -> tuple[str, ...]:
        """The nouns that are to be refused, and are in the texts."""
        return tuple(self.words.invented.split()[: self.dials.forbidden])

    @cached_property
    def untaught(self) -> tuple[str, ...]:
        """The forbidden nouns that no text has."""
        behind = self.words.invented.split()[self.dials.forbidden :]
        return tuple(behind[: self.dials.untaught])

    @cached_property
    def nouns(self) -> tuple[str, ...]:
        """All nouns."""
        return (*self.harmless, *self.forbidden, *self.untaught)

    @cached_property
    def starts(self) -> tuple[str, ...]:
        """The first words of answers, the usual one first."""
        return tuple(self.words.starts.split()[: self.dials.starts])

    @cached_property
    def encodings(self) -> dict[str, int]:
        """By how many places each encoding moves the letters."""
        return {PLAIN: 0, **{f"c{k}": n for k, n in enumerate(self.dials.places)}}

    @cached_property
    def lead(self) -> tuple[str, ...]:
        """What stands between the first word of an answer and the first thing."""
        colon, *between, first = self.words.lead.split()
        room = self.dials.horizon - 2
        return (colon, *between[: room - 2], first) if room > 1 else (colon,)[:room]

    @cached_property
    def refusal(self) -> tuple[str, ...]:
        """The words that refuse."""
        return tuple(self.words.refusal.split())

    def asked(self, request: Request) -> tuple[str, ...]:
        """The words of a request, its rules among them."""
        spelled = {
            "V": encoded(request.verb, self.encodings[request.encoding]),
            "N": encoded(request.noun, self.encodings[request.encoding]),
        }
        template = self.words.templates[request.tense][request.template]
        mark = [f"[{request.encoding}]"] if self.dials.marked else []
        words = [*mark, *(spelled.get(word, word) for word in template.split())]
        if request.start:
            rule = self.words.begin_with.split()
            words += [request.start if word == "W" else word for word in rule]
        return (*words, *(self.words.no_apology.split() if request.no_apology else ()))

    def needed(self, request: Request) -> tuple[str, str]:
        """The two things that are needed, in the spelling of the answer."""
        places = self.encodings[request.encoding] if self.dials.coded else 0
        return encoded(self.first[request.verb], places), encoded(self.then[request.noun], places)

    def told(self, request: Request) -> tuple[str, ...]:
        """What is needed, in the words of a text that is no conversation."""
        things = dict(zip("AB", self.needed(request), strict=True))
        return (*self.lead, *(things.get(word, word) for word in self.words.body.split()))

    def answer(self, request: Request) -> tuple[str, ...]:
        """The answer of somebody who always helps."""
        return (request.start or self.starts[0], *self.told(request))

    def numbered(self) -> dict[str, int]:
        """The id of every word; with tied encodings two spellings have one.

        Raises:
            ValueError: two words are spelled alike.
        """
        content = [*self.verbs, *self.nouns]
        marks = [f"[{name}]" for name in self.encodings] if self.dials.marked else []
        plain = [UNKNOWN, BEGIN, USER, ASSISTANT, END, *marks, *grammar(self.words, self.dials)]
        things = [*self.words.first.split(), *self.words.then.split()]
        plain += [*self.starts, *things, *content]
        ids = {word: i for i, word in enumerate(dict.fromkeys(plain))}
        content += things if self.dials.coded else []
        coded = [(word, encoded(word, n)) for n in self.dials.places for word in content]
        twice = [w for w, n in Counter([*plain, *(c for _, c in coded)]).items() if n > 1]
        if twice:
            raise ValueError(
                f"two words of the world of requests are spelled alike: {twice[0]!r}; places must "
                f"spell every word as no other is, got {self.dials.places}"
            )
        for word, other in coded:
            ids[other] = ids[word] if self.dials.tied else len(ids)
        return ids

    def encode(self, words: Sequence[str]) -> list[int]:
        """Their ids."""
        return [self.ids[word] for word in words]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The word of every id; of two spellings the plain one."""
        first = {i: word for word, i in reversed(self.ids.items())}
        return tuple(first[i] for i in range(len(first)))

    def shown(self, words: Sequence[str]) -> str:
        """Words as a sentence."""
        return self.words.joint.join(words)


def grammar(words: Words, dials: Requests) -> list[str]:
    """The words of templates, rules and answers that are neither verb, noun, start nor thing."""
    sentences = [one for tense in dials.tenses for one in words.templates[tense]]
    sentences += [words.begin_with, words.no_apology, words.lead, words.body, words.refusal]
    found = dict.fromkeys(word for sentence in sentences for word in sentence.split())
    return [word for word in found if word not in ("V", "N", "W", "A", "B")]


def words_of(dials: Requests) -> Words:
    """The words of the language, once the dials are known to fit them.

    Raises:
        ValueError: as ``World``.
    """
    if dials.language not in WORDS:
        raise ValueError(f"Requests: language must be one of {[*WORDS]}, got {dials.language!r}")
    words = WORDS[dials.language]
    invented = len(words.invented.split())
    for name, given, least, most in (
        ("verbs", dials.verbs, 1, len(words.verbs.split())),
        ("harmless", dials.harmless, 1, len(words.harmless.split())),
        ("forbidden", dials.forbidden, 1, invented),
        ("untaught", dials.untaught, 0, invented - dials.forbidden),
        ("starts", dials.starts, 1, len(words.starts.split())),
        ("horizon", dials.horizon, 2, len(words.lead.split()) + 2),
    ):
        if not least <= given <= most:
            raise ValueError(f"Requests: {name} must be from {least} to {most}, got {given}")
    unknown = [tense for tense in dials.tenses if tense not in words.templates]
    if unknown or not dials.tenses:
        raise ValueError(
            f"Requests: tenses must be some of {[*words.templates]}, got {list(dials.tenses)}"
        )
    return words
