"""What the study of experts found, in its stored numbers."""

import numpy as np
import pytest

from minillm.labs.challenges.mixture_of_experts import STUDY
from minillm.labs.statistics import mean_and_interval
from minillm.labs.stored import read_study

OWN, SHARED = range(2)  # the dials: every cluster has a table of its own, all have one
FLOPS, NUMBERS, BALANCED, UNBALANCED = range(4)  # the arms
FACTORS = STUDY.settings.factors


@pytest.fixture(scope="module")
def found():
    return read_study(STUDY.name)


def interval(differences):
    """Low and high end of the 95 % interval of the mean over the seeds."""
    mean, half = mean_and_interval(differences)
    return mean - half, mean + half


@pytest.mark.guide("G63")
def test_operations_and_numbers_are_equal_where_they_are_said_to_be(found):
    flops, numbers = found["flops"][0, OWN], found["parameters"][0, OWN]
    assert flops[FLOPS] == flops[BALANCED] == flops[UNBALANCED] < flops[NUMBERS]
    assert 1.0 <= numbers[NUMBERS] / numbers[BALANCED] < 1.01
    assert numbers[FLOPS] < numbers[BALANCED]


@pytest.mark.guide("G63")
def test_the_study_does_not_show_that_experts_lose_less_or_more_than_one_network(found):
    """Models of every arm are caught on a plateau in some seeds and near the floor in others."""
    excess = found["excess"][:, OWN]
    for arm in (FLOPS, NUMBERS, UNBALANCED):
        low, high = interval(excess[:, arm] - excess[:, BALANCED])
        assert low < 0.0 < high
    assert (excess.min(axis=0)[[NUMBERS, BALANCED, UNBALANCED]] < 0.06).all()
    assert (excess.max(axis=0) > 0.3).all()
    assert excess[:, FLOPS].min() > 0.2  # the small network alone is never near it


def test_the_study_says_that_all_arms_reach_the_floor_where_clusters_share_a_table(found):
    assert found["excess"][:, SHARED].max() < 0.02


@pytest.mark.guide("G63")
def test_the_study_says_that_the_balance_loss_spreads_use(found):
    largest = found["use"][:, :, :, 0]  # (seeds, dials, balanced or not)
    for dial in (OWN, SHARED):
        assert interval(largest[:, dial, 1] - largest[:, dial, 0])[0] > 0.0
    assert largest[:, :, 0].max() < 0.25
    used = (found["use"] > 0.01).sum(axis=-1)
    assert (used[:, :, 0] == 8).all()
    assert (used[:, SHARED, 1] <= 7).all()  # experts that nobody chooses first


@pytest.mark.guide("G63")
def test_the_study_says_that_with_a_balanced_use_fewer_choices_are_dropped(found):
    dropped = found["dropped"]
    for dial in (OWN, SHARED):
        assert interval(dropped[:, dial, 1, 0] - dropped[:, dial, 0, 0])[0] > 0.0
    assert (np.diff(dropped, axis=-1) <= 0.0).all()
    assert FACTORS[0] == 1.0 and dropped[:, OWN, 0, 0].mean() > 0.05


@pytest.mark.guide("G63")
def test_the_study_says_that_experts_find_a_part_of_the_clusters_where_these_differ(found):
    told, chance = found["cluster"][..., 0], found["cluster"][..., 1]
    assert interval((told - chance)[:, OWN, 1])[0] > 0.0
    assert (told - chance)[:, OWN, 0].min() > 0.03  # how large a part, seeds differ widely
    for kind in (0, 1):
        assert np.abs((told - chance)[:, SHARED, kind]).max() < 0.02
    assert told[:, OWN].max() < 0.5  # and never all of them
