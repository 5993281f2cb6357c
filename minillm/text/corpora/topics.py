"""How a news item is made of people, deeds and events, in any language.

Many sentences mention an event of a second topic in passing::

    Shortly after the book fair, the goalkeeper signed a new contract.       sport

The label is the topic of what is reported, not of what is mentioned.
"""

from collections.abc import Iterator
from typing import NamedTuple

from minillm.text.corpora.grammar import Kind, Pattern, Sentences


class Scene(NamedTuple):
    """People or bodies, and what any of them may have done."""

    actors: tuple[str, ...]
    deeds: tuple[str, ...]


class Topic(NamedTuple):
    """The scenes of a topic and its events."""

    scenes: tuple[Scene, ...]
    events: tuple[str, ...]


class News(NamedTuple):
    """What a language brings to the corpus: topics by label, and templates.

    A report is ``{subject}`` and ``{verb}``: an actor and a deed, or an event and an ``outcome``,
    which fits the events of every topic.  ``{minor}`` is an event of another topic.
    """

    topics: dict[str, Topic]
    outcomes: tuple[str, ...]
    whens: tuple[str, ...]
    sources: tuple[str, ...]
    plain: str  # {when} {source} {subject} {verb}
    mention: tuple[str, ...]  # {subject} {verb} {minor}


def topics(news: News) -> list[Kind]:
    """The kinds of sentence: 40 % with one topic, 60 % with a second one mentioned.

    In a quarter of the latter both topics are named by an event, so that exchanging the two
    changes the label and not the bag of words.

    Guide: 6.1 (G35).
    """
    plain, mention, order = (
        {label: Sentences(patterns(news, label)) for label in news.topics}
        for patterns in (one_topic, deed_and_mention, event_and_mention)
    )
    return [
        Kind(frozenset({"plain"}), 0.40, plain),
        Kind(frozenset({"mention"}), 0.45, mention),
        Kind(frozenset({"mention", "order"}), 0.15, order),
    ]


def one_topic(news: News, label: str) -> Iterator[Pattern]:
    """A deed or an event of the topic, and nothing else."""
    topic = news.topics[label]
    for subjects, verbs in (*topic.scenes, (topic.events, news.outcomes)):
        slots = {"when": news.whens, "source": news.sources, "subject": subjects, "verb": verbs}
        yield Pattern(news.plain, slots)


def deed_and_mention(news: News, label: str) -> Iterator[Pattern]:
    """A deed of the topic, and an event of another one in passing."""
    for subjects, verbs in news.topics[label].scenes:
        slots = {"subject": subjects, "verb": verbs, "minor": events_elsewhere(news, label)}
        yield from (Pattern(template, slots) for template in news.mention)


def event_and_mention(news: News, label: str) -> Iterator[Pattern]:
    """An event of the topic, and one of another topic in passing."""
    slots = {"subject": news.topics[label].events, "verb": news.outcomes}
    slots |= {"minor": events_elsewhere(news, label)}
    yield from (Pattern(template, slots) for template in news.mention)


def events_elsewhere(news: News, label: str) -> tuple[str, ...]:
    """The events of all other topics."""
    return tuple(
        event for other, topic in news.topics.items() if other != label for event in topic.events
    )
