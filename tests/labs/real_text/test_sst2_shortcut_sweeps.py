"""The strengths of remedies against a tag: how they are chosen, and what they do."""

from dataclasses import fields, replace

import numpy as np

from minillm.labs.real_text.sst2_shortcut_case import Strengths, TaggedReviews
from minillm.labs.real_text.sst2_shortcut_remedies import REMEDIES
from minillm.labs.real_text.sst2_shortcut_sweeps import (
    STUDY,
    SWEPT,
    Grids,
    Settings,
    best_strength,
    measure,
    numbers_of,
)
from minillm.labs.stored import read_study
from minillm.labs.worlds.public import VARIABLE
from tests.labs.real_text.tagged_files import small_settings


def test_the_worst_group_decides_and_of_equals_the_weakest():
    one = [[0.7, 0.5], [0.7, 0.6], [0.7, 0.6]]
    other = [[0.7, 0.5], [0.5, 0.5], [0.9, 0.5]]
    assert best_strength(np.array([one])) == 1
    assert best_strength(np.array([one, other])) == 2
    assert best_strength(np.array([one[:1] * 3])) == 0


def test_every_grid_has_a_remedy_and_the_strength_of_the_study():
    assert {entry.name for entry in fields(Grids)} == {*SWEPT}
    for name, remedy in SWEPT.items():
        assert remedy in REMEDIES and getattr(Strengths(), name) in getattr(Grids(), name)


def test_what_is_swept_is_what_the_remedies_do_with_each_strength(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    settings = small_settings(tmp_path)
    grids = Grids(**{name: getattr(Grids(), name)[:1] for name in SWEPT} | {"updates": (2, 5)})
    given = {entry.name: getattr(settings, entry.name) for entry in fields(settings)}
    given |= {"agreements": (0.9,), "strengths": replace(settings.strengths, updates=2)}
    found = measure(Settings(**given, grids=grids), 0)
    assert {*found} == {*SWEPT} and np.shape(found["updates"]) == (2, 1)
    case = TaggedReviews(Settings(**given), 0)
    longer = case.with_strengths(updates=5)
    assert found["updates"][0] == numbers_of(case, REMEDIES["none"](case))
    assert found["updates"][1] == numbers_of(longer, REMEDIES["none"](longer))


def test_the_strengths_of_the_study_are_those_that_the_rule_chooses():
    stored = read_study(STUDY.name)
    for name in SWEPT:
        grid = getattr(STUDY.settings.grids, name)
        assert grid[best_strength(stored[name])] == getattr(STUDY.settings.strengths, name), name
