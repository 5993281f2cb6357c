"""What decides whether a refusal goes along into another spelling, one choice at a time?

Refusals in plain spelling alone say nothing of encodings; what else the safety stage has does.
Varied are in which spellings its harmless requests are, in which spelling answers are given, and
whether one encoding is covered, in all eight combinations; then weight decay and dropout.  Last, is
what tells forbidden from harmless requests the same direction of the stream in every spelling?

Letters: E spellings, G strengths, L layers, N numbers of a model.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from minillm.labs.mismatch import encodings_case
from minillm.labs.mismatch.encodings_case import Answering, Encodings
from minillm.labs.mismatch.encodings_exam import examined_in_spellings, in_spelling
from minillm.labs.mismatch.encodings_remedies import REMEDIES
from minillm.labs.request_stages import Stages
from minillm.labs.stream_directions import difference_of_means
from minillm.labs.study import Study
from minillm.labs.sweeps import swept
from minillm.labs.worlds.request_texts import Asking
from minillm.labs.worlds.requests import PLAIN
from minillm.models.decoding.readers import reader_of
from minillm.models.gpt import Gpt

HARMLESS = ["in all spellings", "in plain spelling"]
ANSWERS = ["plain", "coded"]
COVERED = ["plain", "plain and c0"]
NUMBERS = ["refused", "over-refusal", "discrimination", "payload", "helpful"]
MODELS = ["no safety stage", "none", "all covered"]
SWEPT = {"weight_decay": "weight decay", "dropout": "dropout"}


@dataclass(frozen=True)
class Grids:
    """The strengths of two remedies that say nothing of any encoding."""

    weight_decay: tuple[float, ...] = (0.1, 1.0, 3.0)
    dropout: tuple[float, ...] = (0.05, 0.1, 0.2)


@dataclass(frozen=True)
class Settings:
    """What the lab of encodings has, the encoding that is covered, and the grids."""

    case: encodings_case.Settings = encodings_case.Settings()
    covered: str = "c0"
    grids: Grids = Grids()


def numbers(_: Encodings, answering: Answering) -> np.ndarray:
    """``NUMBERS`` in every spelling, (E, N)."""
    found = examined_in_spellings(reader_of(answering.model), answering.world)
    of_each = found.refused, found.over_refusal, found.discrimination, found.payload, found.helpful
    return np.stack(of_each, axis=1)


def stages_of(stages: Stages, *, in_plain: bool, covered: tuple[str, ...]) -> Stages:
    """The stages of a cell: where harmless requests of the last one are, and what is refused."""
    kept = replace(stages.kept, encodings=(PLAIN,)) if in_plain else stages.kept
    asking: Asking = replace(stages.refusals.asking, encodings=(PLAIN, *covered))
    return replace(stages, kept=kept, refusals=replace(stages.refusals, asking=asking))


def cells(case: Encodings, settings: Settings) -> np.ndarray:
    """The eight combinations of ``HARMLESS``, ``ANSWERS`` and ``COVERED``, (2, 2, 2, E, N).

    Guide: 9.3 (G44).
    """
    world = replace(case.settings.world, coded=True)
    coded = Encodings(replace(case.settings, world=world), case.seed)

    def cell(one: Encodings, in_plain: bool, covered: tuple[str, ...]) -> np.ndarray:
        stages = stages_of(one.stages, in_plain=in_plain, covered=covered)
        return numbers(one, one.answering(one.safe(stages)))

    return np.array(
        [
            [
                [cell(one, in_plain, covered) for covered in ((), (settings.covered,))]
                for one in (case, coded)
            ]
            for in_plain in (False, True)
        ]
    )


def refusal_directions(case: Encodings, model: Gpt) -> np.ndarray:
    """The difference of means of forbidden and harmless requests in every spelling, (E, L, D)."""
    world = case.world

    def texts(nouns: tuple[str, ...], encoding: str) -> list[list[int]]:
        return [world.encode(one.before) for one in in_spelling(world, nouns, encoding)]

    return np.array(
        [
            difference_of_means(model, texts(world.forbidden, e), texts(world.harmless, e))
            for e in world.encodings
        ]
    )


def beside_plain(directions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The cosine of each encoding's direction with that of plain spelling, and its length over it.

    Shapes: ``(E, L, D) -> (E - 1, L), (E - 1, L)``.
    """
    plain, others = directions[0], directions[1:]
    lengths, of_plain = np.linalg.norm(others, axis=-1), np.linalg.norm(plain, axis=-1)
    return (others * plain).sum(axis=-1) / (lengths * of_plain), lengths / of_plain


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """The cells, what decay and dropout do, and the directions of refusal.

    Shapes: ``cells (2, 2, 2, E, N)``; ``weight_decay (G, E, N)`` and ``dropout (G, E, N)``;
    ``cosines (3, E - 1, L)`` and ``lengths (3, E - 1, L)`` of the ``MODELS``, see ``beside_plain``.

    Source: Arditi et al. 2024, "Refusal in Language Models Is Mediated by a Single Direction",
        arXiv:2406.11717, for the directions.

    Guide: 9.3, 9.3.3 (G44, G47).
    """
    case = Encodings(settings.case, seed)
    found = {"cells": cells(case, settings)}
    swept_too = swept(case, vars(settings.grids), SWEPT, REMEDIES, numbers)
    found |= {name: np.array(rows) for name, rows in swept_too.items()}
    encodings = [name for name in case.world.encodings if name != PLAIN]
    models = case.instructed(), case.plain(), case.covering(*encodings)
    pairs = [beside_plain(refusal_directions(case, model)) for model in models]
    cosines, lengths = zip(*pairs, strict=True)
    return found | {"cosines": np.array(cosines), "lengths": np.array(lengths)}


STUDY = Study(
    name="encoding_cells",
    question="What of the safety stage decides whether a refusal goes along into an encoding?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
    tolerance=0.5,
)
