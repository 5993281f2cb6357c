"""How the strengths of the remedies of the lab of encodings were chosen."""

from dataclasses import fields

import numpy as np
import pytest

from minillm.labs.mismatch.encodings import STUDY, evaluate
from minillm.labs.mismatch.encodings_case import Encodings, Strengths
from minillm.labs.mismatch.encodings_remedies import REMEDIES
from minillm.labs.mismatch.encodings_tuning import GRIDS, ROWS, SWEPT, best_strength, tried
from tests.labs.mismatch.test_encodings import FAST

UNTUNED = {"many", "width", "examples"}


def test_of_those_that_refuse_and_help_the_one_that_discriminates_best_is_chosen():
    one = [[0.1, 1.0, 1.0], [0.3, 1.0, 1.0], [0.9, 1.0, 0.8]]
    other = [[0.1, 1.0, 1.0], [0.1, 1.0, 1.0], [0.9, 1.0, 1.0]]
    assert best_strength(np.array([one]), able=0.95) == 1
    assert best_strength(np.array([one, other]), able=0.95) == 1
    assert best_strength(np.array([other]), able=0.95) == 2
    assert best_strength(np.array([other, one]), able=0.8) == 2


def test_where_nobody_refuses_and_helps_the_ablest_is_chosen_and_of_equals_the_weakest():
    weak = [[0.5, 0.2, 0.2], [0.0, 0.9, 0.3], [0.1, 0.2, 0.9]]
    assert best_strength(np.array([weak]), able=0.95) == 1
    assert best_strength(np.array([weak[:1] * 3]), able=0.95) == 0
    able = [[0.5, 0.99, 1.0]] * 3
    assert best_strength(np.array([able, able]), able=0.95) == 0


def test_every_strength_has_a_grid_that_it_is_from_and_a_remedy():
    assert {*GRIDS} == {*SWEPT} == {entry.name for entry in fields(Strengths)} - UNTUNED
    for name, remedy in SWEPT.items():
        assert remedy in REMEDIES and getattr(STUDY.settings.strengths, name) in GRIDS[name]


def test_what_is_tried_is_what_a_remedy_does_with_each_strength():
    found = tried(FAST, {"rate": (0.001, 0.02), "longer": (2,)}, 0)
    assert np.shape(found["rate"]) == (2, 3) and np.shape(found["longer"]) == (1, 3)
    case = Encodings(FAST, 0).with_strengths(rate=0.001)
    numbers = evaluate(case, REMEDIES["none"](case))
    assert found["rate"][0] == [numbers[row] for row in ROWS]


@pytest.mark.slow
def test_the_strengths_of_the_lab_are_those_that_the_rule_chooses():
    found = [tried(STUDY.settings, GRIDS, seed) for seed in (100, 101)]
    for name, grid in GRIDS.items():
        chosen = grid[best_strength(np.array([one[name] for one in found]), able=0.95)]
        assert getattr(STUDY.settings.strengths, name) == chosen, name
