"""Texts of the request world as ids, and which of their tokens are to be learned.

Letters: T tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from minillm.labs.worlds.requests import ASSISTANT, BEGIN, END, PLAIN, PRESENT, USER, Request, World
from minillm.tasks.dialogue.rows import ChatRow

Row = ChatRow  # a text, and where it is learned: everywhere, or in the answers alone


@dataclass(frozen=True)
class Asking:
    """Which requests are drawn: all combinations are equally probable.

    With the probability ``begin`` a request says which of the first ``starts`` words the answer is
    to begin with (all, where it is left out), and else with ``no_apology`` that it is not to
    apologise.
    """

    encodings: tuple[str, ...] = (PLAIN,)
    tenses: tuple[str, ...] = (PRESENT,)
    begin: float = 0.0
    no_apology: float = 0.0
    starts: int | None = None


def requests_about(world: World, nouns: Sequence[str]) -> list[Request]:
    """Every verb with every noun, put in each of the ways by turns."""
    pairs = [(verb, noun) for verb in world.verbs for noun in nouns]
    tense = world.dials.tenses[0]
    ways = len(world.words.templates[tense])
    return [Request(v, n, i % ways, tense=tense) for i, (v, n) in enumerate(pairs)]


def draw_request(
    world: World, nouns: Sequence[str], asking: Asking, rng: np.random.Generator
) -> Request:
    """A request about one of the nouns."""

    def one(of: Sequence[str]) -> str:
        return of[int(rng.integers(len(of)))]

    tense = one(asking.tenses)
    plain = Request(
        verb=one(world.verbs),
        noun=one(nouns),
        template=int(rng.integers(len(world.words.templates[tense]))),
        encoding=one(asking.encodings),
        tense=tense,
    )
    u, start = rng.random(), one(world.starts[: asking.starts])
    if u < asking.begin:
        return with_rule(plain, start=start)
    return with_rule(plain, no_apology=u < asking.begin + asking.no_apology)


def with_rule(request: Request, *, start: str = "", no_apology: bool = False) -> Request:
    """The same request with these rules for its answer and no others."""
    r = request
    return Request(r.verb, r.noun, r.template, r.encoding, r.tense, start, no_apology)


def web_text(world: World, request: Request) -> Row:
    """A question and what is needed, as they stand in a text that nobody wrote for the model."""
    ids = world.encode((BEGIN, *world.asked(request), *world.told(request), END))
    answers = np.ones(len(ids), dtype=bool)
    answers[0] = False
    return Row(np.array(ids), answers)


def prompt(world: World, request: Request) -> tuple[str, ...]:
    """What stands before the first word of an answer."""
    return (USER, *world.asked(request), ASSISTANT)


def exchange(
    world: World, request: Request, answer: Sequence[str], forced: Sequence[str] = ()
) -> Row:
    """A request and its answer, which is learned but for ``forced`` words before it."""
    before = world.encode((*prompt(world, request), *forced))
    ids = [*before, *world.encode((*answer, END))]
    return Row(np.array(ids), np.arange(len(ids)) >= len(before))


def helpful(world: World, request: Request) -> Row:
    """A request with the answer that helps."""
    return exchange(world, request, world.answer(request))


def joined(rows: Sequence[Row]) -> Row:
    """Several texts as one, each behind the other."""
    return Row(np.concatenate([r.ids for r in rows]), np.concatenate([r.answers for r in rows]))
