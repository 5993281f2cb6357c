"""Scores of taggers as tables, and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from minillm.commands.tables import table
from minillm.tasks.entities.evaluation import TaggerScores
from minillm.tasks.metrics import PrecisionRecall
from minillm.tasks.metrics.entities import EntityScores

Measured = dict[str, TaggerScores]  # of each tagger, the last one is the model


def print_scores(measured: Measured) -> None:
    """All taggers side by side, then the types of the last one."""
    header = ["", "precision", "recall", "F1", "macro-F1", "F1 seen", "F1 unseen"]
    rows = [
        [
            name,
            *(f"{value:.3f}" for value in scores.all.micro),
            f"{scores.all.macro.f1:.3f}",
            *(shown(part, part.micro) for part in (scores.seen, scores.unseen)),
        ]
        for name, scores in measured.items()
    ]
    print(table(header, rows))
    name, scores = [*measured.items()][-1]
    header = [name, "names", "precision", "recall", "F1", "F1 seen", "F1 unseen"]
    rows = [
        [
            kind,
            str(scores.all.there.get(kind, 0)),
            *(f"{value:.3f}" for value in scores.all.of(kind)),
            *(shown(part, part.of(kind), kind) for part in (scores.seen, scores.unseen)),
        ]
        for kind in scores.all.types
    ]
    print(table(header, rows))


def shown(part: EntityScores, score: PrecisionRecall, kind: str | None = None) -> str:
    """F1, or - where there is no name that could be found."""
    counts: Mapping[str, int] = part.there
    there = sum(counts.values()) if kind is None else counts.get(kind, 0)
    return f"{score.f1:.3f}" if there else "-"


def as_json(measured: Mapping[str, Measured]) -> dict[str, Any]:
    """All scores, by file, tagger and group of names."""
    return {
        "scores": {
            split: {
                tagger: {group: of_group(part) for group, part in scores._asdict().items()}
                for tagger, scores in of_split.items()
            }
            for split, of_split in measured.items()
        }
    }


def of_group(scores: EntityScores) -> dict[str, Any]:
    """Micro and macro means, and every type with its numbers of names."""
    return {
        "micro": scores.micro._asdict(),
        "macro": scores.macro._asdict(),
        "types": {
            kind: {
                **scores.of(kind)._asdict(),
                "right": scores.hits.get(kind, 0),
                "said": scores.said.get(kind, 0),
                "there": scores.there.get(kind, 0),
            }
            for kind in scores.types
        },
    }
