"""The strengths of remedies against a shortcut: how they are chosen."""

from dataclasses import fields, replace

import numpy as np
import pytest

from minillm.labs.mismatch.shortcut import STUDY
from minillm.labs.mismatch.shortcut_case import Shortcut
from minillm.labs.mismatch.shortcut_remedies import REMEDIES
from minillm.labs.mismatch.shortcut_tuning import (
    SWEPT,
    Grids,
    best_strength,
    for_validation,
    tuned,
    validated,
)
from tests.labs.mismatch.test_shortcut import FAST


def test_the_mean_worst_group_decides_and_of_equals_the_weakest():
    one, other = [[0.2], [0.4], [0.4]], [[0.3], [0.1], [0.3]]
    assert best_strength(np.array([one])) == 1
    assert best_strength(np.array([one, other])) == 2
    assert best_strength(np.array([other])) == 0


def test_every_grid_has_a_remedy_and_the_strength_of_the_lab():
    chosen = STUDY.settings.strengths
    assert [entry.name for entry in fields(Grids)] == [*SWEPT]
    for name, remedy in SWEPT.items():
        assert remedy in REMEDIES and getattr(chosen, name) in getattr(Grids(), name)


def test_the_reviews_for_validation_are_balanced_clean_and_none_of_the_test():
    case = Shortcut(FAST, 0)
    found = for_validation(case)
    np.testing.assert_array_equal(found.labels, found.clean)
    assert (found.tags == found.labels).mean() == pytest.approx(0.5, abs=0.1)
    assert not np.array_equal(found.ids, case.tested["balanced"].ids)


def test_one_strength_after_the_other_is_chosen_with_those_before_it():
    """Three steps teach nothing, thirty the tag, and dropout is tried with what was chosen."""
    grids = Grids(**{name: (getattr(FAST.strengths, name),) for name in SWEPT} | {
        "steps": (3, 40), "refit": (1e5, 0.01), "jtt_steps": (40, 10)
    })  # fmt: skip
    settings, found = tuned(replace(FAST, learned=400), grids, (3, 4))
    assert {name: rows.shape for name, rows in found.items()} == {
        name: (2, len(getattr(grids, name)), 1) for name in SWEPT
    }
    for name in SWEPT:
        values = getattr(grids, name)
        assert getattr(settings.strengths, name) == values[best_strength(found[name])]
    case = Shortcut(settings, 3)
    last = validated(case, REMEDIES["last layer"](case))
    assert last == found["refit"][0, best_strength(found["refit"])].tolist()
    assert settings.strengths.refit == 0.01


@pytest.mark.slow
def test_the_strengths_of_the_lab_are_those_that_the_rule_chooses():
    """But for rounding: none of its grid is clearly better on the seeds it was chosen on."""
    _, found = tuned(STUDY.settings, Grids(), (100, 101))
    for name, rows in found.items():
        means = rows.mean(axis=(0, 2))
        chosen = getattr(Grids(), name).index(getattr(STUDY.settings.strengths, name))
        assert means[chosen] >= means.max() - 0.03, name
