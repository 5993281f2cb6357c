"""What a language brings to the dialogues: tables of facts, and forms to ask and to answer."""

from typing import NamedTuple


class Topic(NamedTuple):
    """What may be asked and what is right, and how that is said; see ``dialogues``.

    ``{asked}`` stands for the first column of ``rows``, ``{right}`` for the second.
    """

    rows: tuple[tuple[str, str], ...]
    questions: tuple[str, ...]
    follow: tuple[str, ...]  # on another row, understood behind a question alone
    answer: str
    statements: tuple[str, ...]


class Talk(NamedTuple):
    """The topics of a language; what says nothing; what stands between sentences."""

    topics: tuple[Topic, ...]
    chatter: tuple[str, ...]
    space: str


def both_ways(*pairs: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    """Each pair, and each the other way round."""
    return tuple(row for a, b in pairs for row in ((a, b), (b, a)))


def successors(*names: str) -> tuple[tuple[str, str], ...]:
    """Each name with the one that comes after it; after the last one comes the first."""
    return tuple(zip(names, (*names[1:], names[0]), strict=True))
