"""How short messages are made, wanted ones and spam, in any language.

Both kinds use the same words.  People quote spam, and talk of prizes, banks and free things;
spam begins as a friend does, and a short "please call" differs in nothing but the number.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from minillm.text.corpora.grammar import Kind, Pattern, Sentences

SPAM_SHARES = {"ham": 0.87, "spam": 0.13}


class Messages(NamedTuple):
    """What a language brings to the corpus: parts of messages, and templates.

    ``{greeting}`` may begin any message and ``{closing}`` end a friendly one.  ``{number}`` is a
    telephone number: one of ``numbers[label]``.
    """

    greetings: tuple[str, ...]
    closings: tuple[str, ...]
    everyday: tuple[str, ...]  # nothing of spam in it
    then: tuple[str, ...]  # a second everyday sentence
    talk: tuple[str, ...]  # everyday, in words of spam
    alarms: tuple[str, ...]
    offers: tuple[str, ...]
    actions: tuple[str, ...]  # what the reader is to do
    tips: tuple[str, ...]  # an offer as a friend would make it
    numbers: dict[str, tuple[str, ...]]
    friendly: str  # {greeting} {everyday} {then} {closing}
    quoted: tuple[str, ...]  # {greeting} {offer} {action} {then}
    spam: str  # {alarm} {offer} {action}
    disguised: tuple[str, ...]  # {greeting} {everyday} {talk} {tip} {action} {then}
    short: tuple[str, ...]  # {greeting} {number}


def spam(messages: Messages) -> list[Kind]:
    """The kinds of messages: 50 % plain, 42 % that mix both vocabularies, 8 % short ones.

    Guide: 6.1 (G36).
    """
    kinds = (("plain", 0.50, plain), ("mixed", 0.42, mixed), ("short", 0.08, short))
    return [
        Kind(
            frozenset({tag}),
            share,
            {label: Sentences(patterns(messages, label)) for label in SPAM_SHARES},
        )
        for tag, share, patterns in kinds
    ]


def plain(messages: Messages, label: str) -> Iterator[Pattern]:
    """A friend on everyday things; an offer and what to do."""
    template = messages.spam if label == "spam" else messages.friendly
    yield filled(messages, template)


def mixed(messages: Messages, label: str) -> Iterator[Pattern]:
    """A friend who quotes spam or talks of money; spam that begins as a friend does."""
    if label == "spam":
        yield from (filled(messages, template) for template in messages.disguised)
    else:
        yield filled(messages, messages.friendly.replace("{everyday}", "{talk}"))
        yield from (filled(messages, template) for template in messages.quoted)


def short(messages: Messages, label: str) -> Iterator[Pattern]:
    """A number to call."""
    for template in messages.short:
        yield filled(messages, template, number=messages.numbers[label])


def filled(messages: Messages, template: str, **others: tuple[str, ...]) -> Pattern:
    """The pattern of a template: its slots are filled with the parts of those names."""
    slots = {
        "greeting": messages.greetings,
        "closing": messages.closings,
        "everyday": messages.everyday,
        "then": messages.then,
        "talk": messages.talk,
        "alarm": messages.alarms,
        "offer": messages.offers,
        "action": messages.actions,
        "tip": messages.tips,
        **others,
    }
    return Pattern(template, {slot: slots[slot] for slot in slots if f"{{{slot}}}" in template})
