"""What a hidden trait depends on: how strengths are chosen, and what the study says of them."""

from dataclasses import fields, replace

import numpy as np
import pytest

from minillm.labs.mismatch.subliminal_case import Subliminal, Training
from minillm.labs.mismatch.subliminal_remedies import REMEDIES
from minillm.labs.mismatch.subliminal_sweeps import (
    STUDY,
    SWEPT,
    Grids,
    Settings,
    best_strength,
    measure,
    most_agreeing,
    rows_of,
)
from minillm.labs.stored import read_study
from tests.labs.mismatch.test_subliminal import FAST

CHOSEN = STUDY.settings.case.strengths


def test_agreement_minus_trait_decides_or_agreement_alone_and_of_equals_the_weakest():
    one = [[0.5, 0.8], [0.2, 0.7], [0.2, 0.7], [0.6, 0.9]]
    other = [[0.5, 0.9], [0.9, 0.9], [0.5, 0.7], [0.5, 0.8]]
    assert best_strength(np.array([one])) == 1 and best_strength(np.array([one, other])) == 0
    assert most_agreeing(np.array([one])) == 3 and most_agreeing(np.array([one, other])) == 0


def test_every_grid_has_a_remedy_and_the_strength_of_the_lab():
    assert {entry.name for entry in fields(Grids)} == {*SWEPT}
    for name, remedy in SWEPT.items():
        assert remedy in REMEDIES and getattr(CHOSEN, name) in getattr(Grids(), name)
    assert CHOSEN.early in Grids().steps


def test_what_is_measured_is_what_the_remedies_do_with_each_strength():
    sizes = replace(FAST.sizes, width=16)
    case = replace(
        FAST,
        sizes=sizes,
        images=200,
        teacher=Training(steps=10),
        strengths=replace(FAST.strengths, steps=6),
    )
    grids = Grids(**{name: getattr(Grids(), name)[:1] for name in SWEPT} | {"steps": (6, 2)})
    found = measure(Settings(case=case, grids=grids, distances=(1.0, 0.0)), 100)
    assert {*found} == {*SWEPT, "distance"} and np.shape(found["steps"]) == (2, 2)
    one = Subliminal(case, 100)
    shorter = one.with_strengths(steps=2)
    assert found["steps"][1] == rows_of(shorter, REMEDIES["none"](shorter))
    assert found["steps"][0] == found["distance"][1] == rows_of(one, REMEDIES["none"](one))
    assert found["distance"][0] == rows_of(one, REMEDIES["other start"](one))


@pytest.mark.slow
def test_the_strengths_of_the_lab_are_those_that_the_rule_chooses():
    """But for rounding: none of its grid is clearly better on the seeds it was chosen on."""
    found = [measure(STUDY.settings, seed) for seed in (100, 101)]
    for name in [*SWEPT, "early"]:
        grid = "steps" if name == "early" else name
        trait, agreement = np.array([one[grid] for one in found]).mean(axis=0).T
        score = agreement if name == "steps" else agreement - trait
        chosen = getattr(STUDY.settings.grids, grid).index(getattr(CHOSEN, name))
        assert score[chosen] >= score.max() - 0.03, name


def stored(name):
    """Trait and agreement by strength, means over seeds."""
    trait, agreement = read_study(STUDY.name)[name].mean(axis=0).T
    return trait, agreement


@pytest.mark.guide("G45")
def test_the_study_says_that_the_trait_fades_with_the_distance_of_the_starts_and_the_task_hardly():
    trait, agreement = stored("distance")
    assert trait[0] > 0.75 and trait[1] > 0.6 and trait[2] < 0.3
    assert trait[3:] == pytest.approx(0.1, abs=0.05) and agreement.min() > 0.85


@pytest.mark.parametrize("name", ["images", "outputs", "left_out", "blurred"])
def test_the_study_says_that_the_less_is_told_the_less_of_the_trait_passes_and_of_the_task(name):
    trait, agreement = stored(name)
    assert (np.diff(trait) < 0).all() and agreement[-1] < agreement[0] - 0.05


def test_the_study_says_that_the_trait_grows_with_the_steps():
    trait, agreement = stored("steps")
    assert (np.diff(trait) > 0.05).all() and agreement[0] > 0.8


@pytest.mark.guide("G47")
@pytest.mark.parametrize("name", ["weight_decay", "dropout"])
def test_the_study_says_that_regularization_takes_the_trait_at_a_small_cost_in_the_task(name):
    trait, agreement = stored(name)
    assert trait[0] > 0.5 and trait[3] < 0.3 and agreement[3] > 0.8
