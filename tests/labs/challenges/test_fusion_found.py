"""What the study of fusion found, in its stored numbers."""

import numpy as np
import pytest

from minillm.labs.challenges.fusion import MODELS, STUDY
from minillm.labs.statistics import mean_and_interval
from minillm.labs.stored import read_study

pytestmark = pytest.mark.guide("G50")
ARMS = [*STUDY.settings.arms]
PICTURE, BOTH, HALF_TOLD, UNTOLD, EITHER = range(5)
TWO = ["late", "joint", "joint, parts left out"]  # the models of both parts


@pytest.fixture(scope="module")
def found():
    return read_study(STUDY.name)


@pytest.fixture(scope="module")
def accuracy(found):
    """Of a model, (seeds, arms)."""
    return lambda name: found["accuracy"][:, :, [*MODELS].index(name)]


def certain(differences):
    """The least that the mean of all seeds is, with 95 % confidence."""
    mean, half = mean_and_interval(differences)
    return float(mean - half)


def test_the_arms_are_those_that_the_claims_are_about(found):
    assert [arm[:3] for arm in ARMS] == [
        *[("picture", 1.0, 1.0), ("both", 1.0, 1.0), ("both", 0.5, 1.0), ("both", 0.0, 1.0)],
        ("either", 0.6, 0.6),
    ]
    assert len(found["accuracy"]) == 5


def test_the_study_says_that_only_together_both_parts_tell_what_neither_tells_alone(accuracy):
    joint = accuracy("joint")[:, BOTH]
    for name in ("picture", "text", "late"):
        assert certain(joint - accuracy(name)[:, BOTH]) > 0.2, name
        assert accuracy(name)[:, BOTH].mean() == pytest.approx(0.5, abs=0.05), name
    assert joint.mean() > 0.8


def test_the_study_says_that_a_caption_that_tells_half_the_time_is_worth_half(accuracy):
    joint = accuracy("joint")
    assert certain(joint[:, BOTH] - joint[:, HALF_TOLD]) > 0.0
    assert certain(joint[:, HALF_TOLD] - joint[:, UNTOLD]) > 0.0


def test_the_study_says_that_a_caption_that_tells_nothing_leaves_chance(accuracy):
    """The dial at 0, with pictures that are as clear as ever."""
    for name in MODELS:
        mean, half = mean_and_interval(accuracy(name)[:, UNTOLD])
        assert abs(mean - 0.5) < 0.05 and half < 0.1, name


def test_the_study_says_that_two_parts_that_tell_the_same_are_better_than_one(accuracy):
    """And a sum is enough: what each says alone only has to be added."""
    best_alone = np.maximum(accuracy("picture"), accuracy("text"))[:, EITHER]
    for name in TWO:
        assert certain(accuracy(name)[:, EITHER] - best_alone) > 0.0, name


def test_the_study_says_that_a_caption_that_has_nothing_to_do_with_it_hardly_harms(accuracy):
    assert abs((accuracy("joint") - accuracy("picture"))[:, PICTURE].mean()) < 0.05


def test_the_study_says_that_no_model_is_better_than_the_best_that_there_is(found):
    for arm in range(len(ARMS)):
        mean, half = mean_and_interval(found["accuracy"][:, arm])
        assert (mean - half <= found["best"][0, arm] + 0.005).all()


def test_the_study_says_what_a_missing_part_costs_who_was_not_prepared(found):
    """A picture alone is worth less to the joint model than to one that was trained without words.

    The other way round most lose nothing: a colour is read alone as well as beside a picture.
    """
    joint, prepared = (found["one part"][:, :, TWO.index(name)] for name in TWO[1:])
    for arm in (PICTURE, EITHER):
        assert certain((prepared - joint)[:, arm, 0]) > 0.0
        assert (prepared - joint)[:, arm, 0].mean() > 0.04
    assert abs(np.median((prepared - joint)[:, EITHER, 1])) < 0.03
    assert prepared[:, EITHER, 1].mean() == pytest.approx(0.8, abs=0.03)  # all that a text tells


def test_the_study_says_that_whoever_was_prepared_learns_less_where_both_are_needed(accuracy):
    """With as many whole pairs; where half of the captions tell, it learns next to nothing."""
    lost = accuracy("joint") - accuracy("joint, parts left out")
    assert certain(lost[:, HALF_TOLD]) > 0.0
    assert lost[:, BOTH].min() > 0.0 and lost[:, BOTH].mean() > 0.05  # seeds differ widely
    assert accuracy("joint, parts left out")[:, HALF_TOLD].mean() < 0.55
    assert abs(lost[:, EITHER].mean()) < 0.02


def test_the_study_says_that_no_model_reaches_the_best_where_both_are_needed(found, accuracy):
    for arm in (BOTH, HALF_TOLD):
        best = found["best"][:, arm, [*MODELS].index("joint")]
        assert certain(best - accuracy("joint")[:, arm]) > 0.05
