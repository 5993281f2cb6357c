"""What the study of segment recurrence found, in its stored numbers."""

import numpy as np
import pytest

from minillm.labs.challenges.segment_recurrence import STUDY
from minillm.labs.statistics import mean_and_interval
from minillm.labs.stored import read_study

NEAR, FAR, RANDOM = range(3)  # the arms: distance 4, distance 12, strength 0
SAME = 0.15  # nats that may lie between two models where nothing is to be gained


@pytest.fixture(scope="module")
def found():
    return read_study(STUDY.name)


def interval(differences):
    """Low and high end of the 95 % interval of the mean over the seeds."""
    mean, half = mean_and_interval(differences)
    return mean - half, mean + half


def gains(found, arm):
    """What the memory gains at each position, (seeds, T)."""
    return found["without"][:, arm] - found["nats"][:, arm, -1]


@pytest.mark.guide("G62")
def test_the_study_says_that_a_memory_helps_where_the_source_lies_before_the_segment(found):
    assert (interval(gains(found, FAR))[0] > 2.0).all()  # all positions: 12 is beyond 8
    assert (interval(gains(found, NEAR))[0][:3] > 2.0).all()


@pytest.mark.guide("G62")
def test_the_study_says_that_it_does_not_where_the_source_lies_well_within(found):
    low, high = interval(gains(found, NEAR))
    assert low[5:].min() > -SAME and high[5:].max() < SAME
    assert low[4] < 0.0 < SAME < high[4] < 0.16  # nothing is found, nor is it shown to be so small


def test_the_study_says_that_the_first_token_of_a_segment_is_a_source_that_is_hard_to_use(found):
    """Position 3 sees it at distance 4; with distances alone, a model can hardly tell that the
    positions before it see none, where it is surer than it should be."""
    assert interval(gains(found, NEAR))[0][3] > 0.2
    surer = found["without"][:, NEAR, :3] - found["least"][:, NEAR, 0, :3]
    assert (interval(surer)[0] > 0.1).all()


def test_the_study_says_that_there_is_nothing_to_gain_where_nothing_is_repeated(found):
    low, high = interval(gains(found, RANDOM))
    assert low.min() > -SAME and high.max() < SAME


@pytest.mark.guide("G62")
def test_the_study_says_that_the_loss_falls_where_the_memory_reaches_the_source(found):
    """A staircase that is known beforehand, position by position and memory by memory."""
    nats, least = found["nats"][:, FAR].mean(axis=0), found["least"][0, FAR]
    blind = least == least.max()
    assert blind.sum(axis=1).tolist() == [8, 7, 3, 0, 0]  # memories of 0, 4, 8, 12, 16
    assert np.abs(nats - least)[~blind].max() < SAME
    assert (nats[blind] > least.max() - SAME).all()


@pytest.mark.guide("G62")
def test_the_study_says_that_the_memory_of_another_text_is_worse_than_none(found):
    worse = found["other"] - found["without"]
    assert (interval(worse[:, FAR])[0] > 1.0).all()
    assert (interval(worse[:, NEAR])[0][:3] > 1.0).all()
    assert (interval(worse[:, NEAR])[0][4:7] > 0.0).all()  # within as well: see the next


def test_the_study_says_that_most_models_look_at_a_source_of_the_source_too(found):
    """Eight before stands what is four before it: without a memory such a model loses all over."""
    within = found["nats"][:, NEAR, 0, 4:7] - found["nats"][:, NEAR, -1, 4:7]
    lost = within.mean(axis=1)
    assert lost.min() > -0.05 and (lost > 0.2).sum() == 7


def test_the_study_says_that_who_learned_with_a_memory_needs_it(found):
    """Without it the model is surer of wrong tokens than one that never had a memory."""
    assert (interval(found["nats"][:, FAR, 0] - found["without"][:, FAR])[0] > 1.0).all()
