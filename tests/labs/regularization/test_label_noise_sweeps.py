"""The strengths of remedies against wrong labels: how they are chosen, and what they do."""

from dataclasses import fields, replace

import numpy as np
import pytest

from minillm.labs.regularization.label_noise_case import LabelNoise
from minillm.labs.regularization.label_noise_remedies import REMEDIES
from minillm.labs.regularization.label_noise_sweeps import (
    STUDY,
    SWEPT,
    Grids,
    Settings,
    best_strength,
    measure,
    rows_of,
)
from minillm.labs.small_encoder import Learning
from minillm.labs.stored import read_study
from tests.labs.regularization.test_label_noise import FAST


def test_accuracy_minus_membership_decides_and_of_equals_the_weakest():
    one = [[0.7, 0.6, 0, 0], [0.8, 0.6, 0, 0], [0.9, 0.7, 0, 0]]
    other = [[0.7, 0.6, 1, 1], [0.7, 0.6, 1, 1], [0.8, 0.6, 1, 1]]
    assert best_strength(np.array([one])) == 1
    assert best_strength(np.array([one, other])) == 2


def test_every_grid_has_a_remedy_and_the_strength_of_the_lab():
    chosen = STUDY.settings.case.strengths
    assert {entry.name for entry in fields(Grids)} == {*SWEPT}
    for name, remedy in SWEPT.items():
        assert remedy in REMEDIES and getattr(chosen, name) in getattr(Grids(), name)


def test_what_is_measured_is_what_the_remedies_do_with_each_strength():
    case = replace(FAST, learning=Learning(steps=12, batch=8, rate=1e-2))
    grids = Grids(**{name: getattr(Grids(), name)[:1] for name in SWEPT} | {"steps": (6, 2)})
    found = measure(Settings(case=case, grids=grids), 0)
    assert {*found} == {"none", *SWEPT} and np.shape(found["steps"]) == (2, 4)
    one = LabelNoise(case, 0)
    early = one.with_strengths(steps=2)
    assert found["steps"][1] == rows_of(early, REMEDIES["early stop"](early))
    assert found["none"] == rows_of(one, one.plain())


@pytest.mark.slow
def test_the_strengths_of_the_lab_are_those_that_the_rule_chooses():
    """But for rounding: none of its grid is clearly better on the seeds it was chosen on."""
    found = [measure(STUDY.settings, seed) for seed in (100, 101)]
    for name in SWEPT:
        rows = np.array([one[name] for one in found])
        scores = (rows[..., 0] - rows[..., 1]).mean(axis=0)
        chosen = getattr(STUDY.settings.grids, name).index(
            getattr(STUDY.settings.case.strengths, name)
        )
        assert scores[chosen] >= scores.max() - 0.03, name


@pytest.mark.guide("G47")
def test_the_study_says_that_the_more_decay_and_dropout_the_less_is_betrayed():
    """Membership falls with λ and with p, from the first strength to the last but one."""
    numbers = {
        name: read_study(STUDY.name)[name].mean(axis=0) for name in ("weight_decay", "dropout")
    }
    none = read_study(STUDY.name)["none"].mean(axis=0)
    for rows in numbers.values():
        members = [none[1], *rows[:, 1]]
        assert (np.diff(members) < 0.01).all() and members[0] - members[-1] > 0.08


@pytest.mark.guide("G47")
def test_the_study_says_that_too_much_of_it_costs_accuracy():
    """The best λ and the best p lie inside the grids."""
    for name in ("weight_decay", "dropout"):
        accuracy = read_study(STUDY.name)[name].mean(axis=0)[:, 0]
        assert accuracy[0] < accuracy.max() - 0.02 and accuracy[-1] < accuracy.max()
