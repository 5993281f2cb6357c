"""The strengths of remedies against longer texts: how they are chosen, and what they do."""

from dataclasses import fields, replace

import numpy as np
import pytest

from minillm.labs.mismatch.length_case import Length
from minillm.labs.mismatch.length_remedies import REMEDIES
from minillm.labs.mismatch.length_sweeps import (
    STUDY,
    SWEPT,
    Grids,
    Settings,
    best_strength,
    measure,
    row_of,
)
from minillm.labs.stored import read_study
from tests.labs.mismatch.test_length import BRIEF


def test_the_mean_accuracy_of_tasks_and_lengths_decides_and_of_equals_the_weakest():
    one = [[0.9, 0.9, 0.5, 0.5, 0.5, 0.5], [0.5, 0.5, 0.5, 0.5, 0.9, 0.9], [0.6] * 6]
    assert best_strength(np.array([one])) == 0
    other = [[0.5] * 6, [0.6] * 6, [0.5] * 6]
    assert best_strength(np.array([one, other])) == 1


def test_every_grid_has_a_remedy_and_the_strength_of_the_lab():
    chosen = STUDY.settings.case.strengths
    assert {entry.name for entry in fields(Grids)} == {*SWEPT}
    for name, remedy in SWEPT.items():
        assert remedy in REMEDIES and getattr(chosen, name) in getattr(Grids(), name)
    rates = {getattr(Grids(), name) for name in SWEPT if name.endswith("rate")}
    assert len(rates) == 1  # none is tuned harder than another


def test_what_is_measured_is_what_the_remedies_do_with_each_strength():
    case = replace(BRIEF, strengths=replace(BRIEF.strengths, steps=4, tuning_steps=1))
    grids = Grids(**{name: getattr(Grids(), name)[:1] for name in SWEPT} | {
        "steps": (4, 2), "tuning_steps": (1, 0)
    })  # fmt: skip
    found = measure(Settings(case=case, grids=grids), 0)
    assert {*found} == {*SWEPT} and np.shape(found["steps"]) == (2, 6)
    one = Length(case, 0)
    shorter = one.with_strengths(steps=2)
    assert found["steps"][1] == row_of(shorter, REMEDIES["none"](shorter))
    assert found["steps"][0] == row_of(one, REMEDIES["none"](one)) == found["tuning_steps"][1]


def test_the_seeds_that_chose_are_not_those_of_the_lab():
    assert [*STUDY.seeds] == [100, 101]


@pytest.mark.parametrize("name", SWEPT)
def test_the_strengths_of_the_lab_are_those_that_the_rule_chooses(name):
    """The steps were chosen before the rate; with the rate that was then chosen, nearly so."""
    rows = read_study(STUDY.name)[name]
    chosen = getattr(Grids(), name).index(getattr(STUDY.settings.case.strengths, name))
    means = rows.mean(axis=(0, 2))
    assert means[chosen] >= means.max() - (0.01 if name == "steps" else 0.0)
