"""What the study of causes found, in its stored numbers."""

import numpy as np
import pytest

from minillm.labs.mismatch.shortcut_causes import STUDY, changed
from minillm.labs.stored import read_study
from minillm.labs.verdicts import interval
from minillm.tasks.metrics import effective_robustness

NEAR = ("150 steps", "1000 steps", "1000 reviews", "8000 reviews", "width 16", "width 64")


def worst(name):
    """The worst group of every seed."""
    return read_study(STUDY.name)[f"{name}: worst group"]


def lower_end(name):
    """Where the interval of what a change brings begins."""
    found = interval(worst(name) - worst("none"), items=250)
    return found.mean - found.half


def test_every_change_is_stored():
    names = {name for name, _ in changed(STUDY.settings)}
    stored = {key.rsplit(": ", 1)[0] for key in read_study(STUDY.name)}
    assert stored == names | {"none", "tag masked in the test", "tag masked in training"}
    assert {*NEAR} < names and worst("none").shape == (5,)


@pytest.mark.guide("G48")
def test_the_study_says_that_the_tag_is_a_cause_and_how_often_it_agrees():
    for name in ("tag masked in training", "agreement 0.6"):
        assert lower_end(name) > 0.5, name
    shares = [worst(f"agreement {share:g}").mean() for share in (0.6, 0.8, 0.95, 1.0)]
    assert (np.diff(shares) < 0).all() and shares[0] > 0.9 and shares[-1] < 0.02


def test_the_study_says_that_without_wrong_labels_four_models_of_five_learn_the_opinion():
    """The tag agrees with labels as told: where these are right, the opinion is the better clue."""
    right = worst("labels flipped 0")
    assert (right > 0.95).sum() == 4 and right.min() < 0.2


@pytest.mark.guide("G48")
def test_the_study_says_that_neither_length_nor_size_is_the_cause():
    for name in NEAR:
        assert abs(worst(name) - worst("none")).mean() < 0.25, name
        assert worst(name).mean() < 0.3, name


@pytest.mark.guide("G45")
def test_the_study_says_that_causes_lift_the_worst_group_off_the_line_of_the_others():
    stored = read_study(STUDY.name)
    rows = [(stored[f"{name}: inside"].mean(), worst(name).mean()) for name in ("none", *NEAR)]
    for name in ("tag masked in training", "agreement 0.6", "labels flipped 0"):
        inside = stored[f"{name}: inside"].mean()
        above = effective_robustness(inside, worst(name).mean(), baselines=np.array(rows))
        assert above > 0.4, name
