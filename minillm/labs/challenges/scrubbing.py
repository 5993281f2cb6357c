"""How much of what is personal does a scrubber find, and how much does it take that is not?

The dial is the share of data that are written in a way that no pattern was made for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from minillm.backend import stream
from minillm.labs.study import Study
from minillm.labs.worlds.personal import SENTENCES, Personal, Planted
from minillm.tasks.entities.spans import Span
from minillm.tasks.metrics import EntityScores
from minillm.tasks.metrics.entities import counted
from minillm.text.scrubbing import personal_data

KINDS = [*SENTENCES["en"]]


@dataclass(frozen=True)
class Settings:
    """The sentences, how many of each share of odd ones, and the languages."""

    world: Personal = Personal()
    sentences: int = 1000
    odd: tuple[float, ...] = (0.0, 0.25, 0.5, 1.0)
    languages: tuple[str, ...] = ("en", "zh")


def found_in(planted: Sequence[Planted], names: Sequence[str]) -> EntityScores:
    """What the scrubber finds against what is there: a kind, a beginning and an end must be right.

    Guide: 8.2.2 (G54).
    """
    there = [[Span(kind, start, stop) for kind, start, stop in one.spans] for one in planted]
    said = [[Span(*one) for one in personal_data(each.text, names=names)] for each in planted]
    return counted(there, said)


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """Recall and precision over all kinds by the share of odd ones, (S,), and by kind, (S, kinds).

    Guide: 8.2.2 (G54).
    """
    found: dict[str, Any] = {}
    for language in settings.languages:
        rows = []
        for odd in settings.odd:
            world = replace(settings.world, language=language, odd=odd)
            rng = stream(seed, f"scrubbing, {language}, {odd}")
            rows.append(found_in(world.draw(settings.sentences, rng), world.names))
        found[f"{language}: recall"] = [row.micro.recall for row in rows]
        found[f"{language}: precision"] = [row.micro.precision for row in rows]
        for name in ("recall", "precision"):
            by_kind = [[getattr(row.of(kind), name) for kind in KINDS] for row in rows]
            found[f"{language}: {name} by kind"] = by_kind
    return found


STUDY = Study(
    name="scrubbing",
    question="What is personal in a text: how much does a scrubber find, and take too much?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
    tolerance=0.05,
)
