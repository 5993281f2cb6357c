"""The study of the choices that a refusal's reach hangs on: its cells, its directions."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.mismatch import encoding_cells
from minillm.labs.mismatch.encoding_cells import (
    NUMBERS,
    STUDY,
    Grids,
    Settings,
    beside_plain,
    cells,
    measure,
    numbers,
    refusal_directions,
    stages_of,
)
from minillm.labs.mismatch.encodings import evaluate
from minillm.labs.mismatch.encodings_case import Encodings
from minillm.labs.mismatch.encodings_remedies import REMEDIES
from minillm.labs.worlds.requests import Requests
from tests.labs.mismatch.test_encodings import FAST

SMALL = Settings(case=FAST, grids=Grids(weight_decay=(1.0, 3.0), dropout=(0.2,)))
SPELLINGS = ("plain", "c0", "c1", "c2")


@pytest.fixture(scope="module")
def found():
    """All numbers of a seed, of models that are hardly trained."""
    return measure(SMALL, 0)


def test_every_number_of_a_seed_is_measured(found):
    assert {key: np.shape(of_it) for key, of_it in found.items()} == {
        "cells": (2, 2, 2, 4, 5),
        "weight_decay": (2, 4, 5),
        "dropout": (1, 4, 5),
        "cosines": (3, 3, 1),
        "lengths": (3, 3, 1),
    }


def test_each_cell_has_its_harmless_requests_its_answers_and_its_refusals(monkeypatch):
    """In place of what a model does stands what it was trained on."""
    seen = []

    def noting(case, answering):
        kept, refusals = answering.model.kept, answering.model.refusals
        seen.append((kept.encodings, case.world.dials.coded, refusals.asking.encodings))
        assert answering.world is case.world
        return np.zeros((4, 5))

    monkeypatch.setattr(encoding_cells, "numbers", noting)
    monkeypatch.setattr(Encodings, "safe", lambda self, stages: stages)
    cells(Encodings(FAST, 0), SMALL)
    plain, both = ("plain",), ("plain", "c0")
    assert seen == [
        (kept, coded, covered)
        for kept in (SPELLINGS, plain)
        for coded in (False, True)
        for covered in (plain, both)
    ]


def test_only_what_is_varied_changes_in_a_cell():
    stages = STUDY.settings.case.stages
    assert stages_of(stages, in_plain=False, covered=()) == stages
    other = stages_of(stages, in_plain=True, covered=("c1",))
    assert replace(other, kept=stages.kept, refusals=stages.refusals) == stages
    assert other.kept.begin == stages.kept.begin


def test_the_numbers_of_a_model_are_those_of_the_lab(found):
    case = Encodings(FAST, 0)
    answering = REMEDIES["none"](case)
    told = evaluate(case, answering)
    wanted = [[told[f"{number}, {spelling}"] for number in NUMBERS] for spelling in SPELLINGS]
    np.testing.assert_allclose(numbers(case, answering), wanted)
    np.testing.assert_allclose(found["cells"][0, 0, 0], wanted)


def test_a_direction_beside_that_of_plain_spelling():
    plain = [[2.0, 0.0], [0.0, 1.0]]  # two layers
    others = [[[0.0, 1.0], [0.0, -3.0]], [[3.0, 3.0], [0.0, 2.0]]]
    cosines, lengths = beside_plain(np.array([plain, *others]))
    np.testing.assert_allclose(cosines, [[0, -1], [np.sqrt(0.5), 1]])
    np.testing.assert_allclose(lengths, [[0.5, 3], [np.sqrt(18) / 2, 2]])


def test_with_one_id_the_direction_is_the_same_in_every_spelling_and_else_it_is_not():
    tied = Encodings(replace(FAST, world=replace(FAST.world, tied=True)), 0)
    for case, same in ((tied, True), (Encodings(FAST, 0), False)):
        cosines, lengths = beside_plain(refusal_directions(case, case.plain()))
        assert np.allclose(cosines, 1.0, atol=1e-5) == same
        assert np.allclose(lengths, 1.0, atol=1e-5) == same


def test_the_direction_is_that_of_forbidden_and_not_of_harmless_requests():
    """Where the two groups change places it is turned round."""
    case = Encodings(replace(FAST, world=Requests(verbs=2, harmless=2, forbidden=2, starts=2)), 0)
    model, world = case.plain(), case.world
    one = refusal_directions(case, model)
    vars(world).update(harmless=world.forbidden, forbidden=world.harmless)
    np.testing.assert_allclose(refusal_directions(case, model), -one, atol=1e-5)
