"""The strengths of remedies against another lexicon: how they are chosen, and what they do."""

from dataclasses import fields, replace

import numpy as np
import pytest

from minillm.labs.mismatch.lexicon_case import Lexicon
from minillm.labs.mismatch.lexicon_remedies import REMEDIES
from minillm.labs.mismatch.lexicon_sweeps import (
    STUDY,
    SWEPT,
    Grids,
    Settings,
    best_strength,
    measure,
    rows_of,
)
from minillm.labs.stored import read_study
from tests.labs.mismatch.test_lexicon import FAST


def test_accuracy_minus_calibration_error_at_both_ends_decides_and_of_equals_the_weakest():
    one = [[0.9, 0.5, 0.1, 0.2], [0.9, 0.6, 0.1, 0.2], [0.9, 0.6, 0.1, 0.3]]
    other = [[0.9, 0.5, 0.1, 0.2], [0.8, 0.5, 0.2, 0.2], [0.9, 0.5, 0.1, 0.0]]
    assert best_strength(np.array([one])) == 1
    assert best_strength(np.array([one, other])) == 2
    assert best_strength(np.array([other[:1] * 3])) == 0


def test_every_grid_has_a_remedy_and_the_strength_of_the_lab():
    chosen = STUDY.settings.case.strengths
    assert {entry.name for entry in fields(Grids)} == {*SWEPT}
    for name, remedy in SWEPT.items():
        assert remedy in REMEDIES and getattr(chosen, name) in getattr(Grids(), name)


def test_what_is_measured_is_what_the_remedies_do_with_each_strength():
    case = replace(FAST, strengths=replace(FAST.strengths, steps=6, pretraining=3))
    grids = Grids(**{name: getattr(Grids(), name)[:1] for name in SWEPT} | {
        "steps": (6, 2), "pretraining": (3,)
    })  # fmt: skip
    found = measure(Settings(case=case, grids=grids), 0)
    assert {*found} == {*SWEPT} and np.shape(found["steps"]) == (2, 4)
    one = Lexicon(case, 0)
    shorter = one.with_strengths(steps=2)
    assert found["steps"][1] == rows_of(shorter, REMEDIES["none"](shorter))
    assert found["steps"][0] == rows_of(one, REMEDIES["none"](one))


@pytest.mark.slow
def test_the_strengths_of_the_lab_are_those_that_the_rule_chooses():
    """But for rounding: none of its grid is clearly better on the seeds it was chosen on."""
    found = [measure(STUDY.settings, seed) for seed in (100, 101)]
    for name in SWEPT:
        rows = np.array([one[name] for one in found])
        scores = (rows[..., :2] - rows[..., 2:]).mean(axis=(0, 2))
        chosen = getattr(STUDY.settings.grids, name).index(
            getattr(STUDY.settings.case.strengths, name)
        )
        assert scores[chosen] >= scores.max() - 0.03, name


@pytest.mark.guide("G47")
@pytest.mark.parametrize("name", ["weight_decay", "dropout"])
def test_the_study_says_that_no_decay_and_no_dropout_brings_unknown_words_back(name):
    """On books too much of it costs accuracy; on tools all of them are as good as a coin."""
    books, tools, *_ = read_study(STUDY.name)[name].mean(axis=0).T
    assert np.abs(tools - 0.5).max() < 0.06 < books.min() - 0.5


@pytest.mark.guide("G45")
def test_the_study_says_that_longer_training_makes_a_model_surer_of_what_it_does_not_know():
    rows = read_study(STUDY.name)["steps"].mean(axis=0)  # 100, 200, 400, 800 steps
    assert rows[-1, 3] > rows[1, 3] and abs(rows[-1, 1] - rows[1, 1]) < 0.05


def test_the_study_says_that_the_more_is_read_without_labels_the_better():
    tools = read_study(STUDY.name)["pretraining"].mean(axis=0)[:, 1]
    assert tools[0] < 0.8 and tools[-1] > 0.95
