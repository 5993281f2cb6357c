"""The strengths of remedies against forgetting: how they are chosen, and the course of training."""

from dataclasses import fields, replace

import numpy as np
import pytest

from minillm.labs.conflict.forgetting_case import Forgetting, Strengths
from minillm.labs.conflict.forgetting_remedies import REMEDIES
from minillm.labs.conflict.forgetting_sweeps import (
    STUDY,
    SWEPT,
    Grids,
    Settings,
    best_strength,
    course,
    kept_and_learned,
    measure,
)
from minillm.labs.small_gpt import GptTraining
from minillm.labs.stored import read_study
from tests.labs.conflict.test_forgetting import FAST


def test_the_harmonic_mean_of_all_seeds_decides_and_of_equals_the_weakest():
    one = [[0.0, 1.0], [0.5, 0.5], [0.5, 0.5], [1.0, 0.0]]
    assert best_strength(np.array([one])) == 1
    other = [[0.0, 1.0], [0.0, 1.0], [0.9, 0.9], [0.9, 0.9]]
    assert best_strength(np.array([one, other])) == 2
    assert best_strength(np.zeros((2, 3, 2))) == 0


def test_every_grid_has_a_remedy_a_strength_and_the_one_of_the_lab():
    """The one of the lab was chosen from it."""
    chosen = STUDY.settings.case.strengths
    assert {entry.name for entry in fields(Grids)} == {*SWEPT}
    for name, remedy in SWEPT.items():
        assert remedy in REMEDIES
        values, given = getattr(Grids(), name), getattr(chosen, name)
        assert {given} <= {*values} if name != "replay" else {*given} <= {*values}


def test_another_strength_shares_the_model_that_knows_world_a():
    case = Forgetting(FAST, 0)
    other = case.with_strengths(rate=0.123)
    assert other.known() is case.known()
    assert other.settings.strengths == replace(FAST.strengths, rate=0.123)
    assert case.settings.strengths == FAST.strengths
    assert REMEDIES["replay, least"](case.with_strengths(replay=(0.5,))) is not None


def test_the_course_begins_with_what_is_known_and_ends_with_the_baseline():
    case = Forgetting(FAST, 0)
    found = np.array(course(case, (0, 5, FAST.tuning.steps)))
    assert found.shape == (3, 4)
    assert found[0, :2].tolist() == kept_and_learned(case, case.known())
    assert found[-1, :2].tolist() == kept_and_learned(case, case.plain())
    assert (np.abs(found[:, 2:]) <= 1.0).all() and np.ptp(found[:, 2]) > 0.01


def test_what_is_measured_has_a_row_for_each_strength():
    brief = GptTraining(batch=4, steps=3, rate=0.01, warmup=1)
    case = replace(FAST, reading=brief, tuning=brief, strengths=Strengths(lora=1))
    grids = Grids(**{name: getattr(Grids(), name)[-2:] for name in SWEPT} | {"lora": (2, 1)})
    found = measure(Settings(case=case, grids=grids, asked=(0, 2)), 0)
    assert {*found} == {"course", *SWEPT}
    assert all(np.shape(found[name]) == (2, 2) for name in SWEPT)
    assert np.shape(found["course"]) == (2, 4)


@pytest.mark.slow
def test_the_strengths_of_the_lab_are_those_that_the_rule_chooses():
    """But for rounding: none of its grid is clearly better on the seeds it was chosen on."""
    found = [measure(STUDY.settings, seed) for seed in (100, 101)]
    for name in set(SWEPT) - {"replay"}:
        values = getattr(STUDY.settings.grids, name)
        rows = np.array([one[name] for one in found])
        kept, learned = rows[..., 0], rows[..., 1]
        means = (2 * kept * learned / np.maximum(kept + learned, 1e-9)).mean(axis=0)
        chosen = values.index(getattr(STUDY.settings.case.strengths, name))
        assert means[chosen] >= means.max() - 0.1, name


@pytest.mark.guide("G43")
def test_the_study_says_that_the_gradients_of_both_worlds_are_opposed_at_first():
    """On the facts that differ; the conflict is there before anything is forgotten."""
    found = read_study(STUDY.name)["course"]
    asked = list(STUDY.settings.asked)
    assert found[:, asked.index(3), 0].min() > 0.9  # kept still
    assert found[:, asked.index(3), 2].max() < -0.5
    assert found[:, -1, 0].max() == 0.0 and found[:, -1, 1].min() == 1.0


@pytest.mark.guide("G43")
def test_the_study_says_that_the_strengths_make_a_front_and_replay_goes_beyond_it():
    """Kept plus learned: near 2 with enough replay or KL on questions of A, else little above 1."""
    numbers = {name: read_study(STUDY.name)[name].mean(axis=0) for name in SWEPT}
    for name in ("replay", "kl_old"):
        assert numbers[name].sum(axis=1).max() > 1.8
    for name in (
        "kl_new",
        "l2_sp",
        "lora",
        "weight_decay",
        "dropout",
        "rate",
        "steps",
        "output_rate",
    ):
        assert numbers[name].sum(axis=1).max() < 1.3, name
