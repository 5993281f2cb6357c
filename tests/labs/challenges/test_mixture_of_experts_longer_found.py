"""What the study of experts found after three times the steps, in its stored numbers."""

import pytest

from minillm.labs.challenges.mixture_of_experts_longer import STUDY
from minillm.labs.statistics import mean_and_interval
from minillm.labs.stored import read_study

OWN, SHARED = range(2)  # the dials: every cluster has a table of its own, all have one
FLOPS, NUMBERS, BALANCED, UNBALANCED = range(4)  # the arms


@pytest.fixture(scope="module")
def found():
    return read_study(STUDY.name)


def interval(differences):
    """Low and high end of the 95 % interval of the mean over the seeds."""
    mean, half = mean_and_interval(differences)
    return mean - half, mean + half


def test_the_study_does_not_show_that_experts_lose_less_or_more_than_one_network(found):
    excess = found["excess"][:, OWN]
    for one in (BALANCED, UNBALANCED):
        for other in (FLOPS, NUMBERS):
            low, high = interval(excess[:, one] - excess[:, other])
            assert low < 0.0 < high


def test_the_study_says_that_a_rate_that_is_best_on_one_seed_leaves_others_on_a_plateau(found):
    """On seed 100 every arm ended below 0.02 at its rate."""
    caught = (found["excess"][:, OWN] > 0.1).sum(axis=0)
    assert (caught >= 2).all() and caught[[FLOPS, BALANCED]].min() >= 4
    assert found["excess"][:, SHARED].max() < 0.02


def test_the_study_says_that_the_balance_loss_spreads_use_after_more_steps_too(found):
    """In the mean; not in every seed."""
    largest, dropped = found["use"][..., 0], found["dropped"][..., 0]
    for dial in (OWN, SHARED):
        assert (largest[:, dial, 1] - largest[:, dial, 0]).mean() > 0.05
        assert (dropped[:, dial, 1] - dropped[:, dial, 0]).mean() > 0.05
    assert largest[:, :, 0].max() < 0.3
