"""What the study of retrieval found, in its stored numbers."""

import numpy as np
import pytest

from minillm.labs.challenges.retrieval import STUDY
from minillm.labs.statistics import mean_and_interval
from minillm.labs.stored import read_study

pytestmark = pytest.mark.guide("G50")
ALL_TOLD, HALF_TOLD, UNTOLD, NOISY, MISPAIRED = range(5)
CHANCE = 1 / STUDY.settings.tested


@pytest.fixture(scope="module")
def found():
    return read_study(STUDY.name)


@pytest.fixture(scope="module")
def recall(found):
    """Recall@1, the mean of both ways, (seeds, arms)."""
    return found["recall"][..., 0].mean(axis=2)


@pytest.fixture(scope="module")
def best(found):
    """The recall@1 of who knows how well captions fit, (seeds, arms)."""
    return found["best"][..., 0].mean(axis=2)


def certain(differences):
    """The least that the mean of all seeds is, with 95 % confidence."""
    mean, half = mean_and_interval(differences)
    return float(mean - half)


def test_the_arms_are_those_that_the_claims_are_about(found):
    assert [*STUDY.settings.arms] == [
        *[(1.0, 0.1, 0.0), (0.5, 0.1, 0.0), (0.0, 0.1, 0.0), (1.0, 0.6, 0.0), (1.0, 0.1, 1.0)]
    ]
    assert len(found["recall"]) == 5 and STUDY.settings.ranks[0] == 1


def test_the_study_says_that_pairs_find_each_other_nearly_as_often_as_can_be(recall, best):
    """Of 100 pairs some show the same, so that the best is about 0.6, and not 1."""
    assert certain(recall[:, ALL_TOLD]) > 20 * CHANCE
    assert (best - recall)[:, ALL_TOLD].mean() < 0.1
    assert 0.5 < best[:, ALL_TOLD].mean() < 0.7


def test_the_study_says_that_what_is_not_said_is_not_found(recall, best):
    assert certain(recall[:, ALL_TOLD] - recall[:, HALF_TOLD]) > 0.1
    assert certain(recall[:, HALF_TOLD]) > 2 * CHANCE
    assert best[:, HALF_TOLD].mean() < best[:, ALL_TOLD].mean() / 2


@pytest.mark.parametrize("arm", [UNTOLD, MISPAIRED])
def test_the_study_says_that_where_captions_do_not_tell_it_is_chance(recall, arm):
    mean, half = mean_and_interval(recall[:, arm])
    assert abs(mean - CHANCE) < 0.02 and half < 0.03


def test_the_study_says_that_noise_costs_more_than_half(recall, best):
    """The best does not count it: it reads what is shown."""
    assert certain(recall[:, ALL_TOLD] - recall[:, NOISY]) > 0.1
    np.testing.assert_allclose(best[:, NOISY].mean(), best[:, ALL_TOLD].mean(), atol=0.1)


def test_the_study_says_that_the_five_first_have_it_more_often(found):
    first, five = found["recall"][:, ALL_TOLD].mean(axis=1).T
    assert certain(five - first) > 0.2


def test_the_study_says_that_both_ways_are_as_good(found):
    ways = found["recall"][:, ALL_TOLD, :, 0]
    mean, half = mean_and_interval(ways[:, 0] - ways[:, 1])
    assert abs(mean) + half < 0.1


def test_the_study_says_that_nobody_finds_more_than_can_be_found(recall, best):
    mean, half = mean_and_interval(recall - best)
    assert (mean - half <= 0.005).all() and mean.max() < 0.005


def test_the_study_says_that_pictures_find_more_than_captions_where_half_is_told(found):
    """Of captions that fit the one that says most is meant; pictures that fit are all alike."""
    recall, best = (found[name][:, HALF_TOLD, :, 0] for name in ("recall", "best"))
    assert certain(best[:, 0] - best[:, 1]) > 0.0
    assert (recall[:, 0] - recall[:, 1]).mean() > 0.02  # and not quite certain
