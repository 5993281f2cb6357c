"""The strengths of remedies against longer texts: how they are chosen, and what they do."""

from dataclasses import fields, replace

import numpy as np
import pytest

from minillm.labs.mismatch import length_tuning
from minillm.labs.mismatch.length_case import Length
from minillm.labs.mismatch.length_remedies import REMEDIES
from minillm.labs.mismatch.length_tuning import (
    SWEPT,
    Grids,
    Settings,
    best_strength,
    measure,
    row_of,
)
from tests.labs.mismatch.test_length import BRIEF


def test_the_mean_accuracy_of_tasks_and_lengths_decides_and_of_equals_the_weakest():
    one = [[0.9, 0.9, 0.5, 0.5, 0.5, 0.5], [0.5, 0.5, 0.5, 0.5, 0.9, 0.9], [0.6] * 6]
    assert best_strength(np.array([one])) == 0
    other = [[0.5] * 6, [0.6] * 6, [0.5] * 6]
    assert best_strength(np.array([one, other])) == 1


def test_every_grid_has_a_remedy_and_the_strength_of_the_lab():
    chosen = Settings().case.strengths
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


def test_the_best_of_each_grid_is_chosen(monkeypatch):
    rows = {name: [[0.5] * 6] * len(values) for name, values in vars(Grids()).items()}

    def planted(settings, seed):
        return rows | {"dropout": [[0.5] * 6, [0.4] * 6, [0.5 + seed / 10] * 6]}

    monkeypatch.setattr(length_tuning, "measure", planted)
    found = length_tuning.chosen(Settings(), (1, 2))
    assert found == {name: values[0] for name, values in vars(Grids()).items()} | {"dropout": 0.3}


@pytest.mark.slow
def test_the_strengths_of_the_lab_are_those_that_the_rule_chooses():
    """But for rounding, and the steps were chosen before the rate."""
    settings = Settings()
    found = [measure(settings, seed) for seed in (100, 101)]
    for name, values in vars(settings.grids).items():
        means = np.mean([one[name] for one in found], axis=(0, 2))
        best = values.index(getattr(settings.case.strengths, name))
        assert means[best] >= means.max() - 0.02, name
