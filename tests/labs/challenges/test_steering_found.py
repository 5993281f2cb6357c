"""What the study of steering found, in its stored numbers."""

import numpy as np
import pytest

from minillm.labs.challenges.steering import KINDS, STUDY
from minillm.labs.statistics import mean_and_interval
from minillm.labs.stored import read_study

MEANS, PROBE, RANDOM = range(len(KINDS))
STRENGTHS = [*STUDY.settings.strengths]


@pytest.fixture(scope="module")
def found():
    return read_study(STUDY.name)


@pytest.mark.guide("G52")
def test_the_study_says_that_a_direction_turns_all_answers_where_they_are_and_a_random_one_none(
    found,
):
    last = found["turned"][:, -1, :, STRENGTHS.index(1.0)]
    assert last[:, [MEANS, PROBE]].min() > 0.99
    assert last[:, RANDOM].max() < 0.01
    kept = found["topics"][:, -1, :, STRENGTHS.index(1.0)]
    assert kept[:, [MEANS, PROBE]].min() > 0.99  # it is only the one answer that is turned


def test_the_study_says_that_a_layer_before_it_turns_few_of_them(found):
    """The clue and "not" are there, and mostly not yet put together.

    In one of five other seeds they are, and more than half of the answers are turned there.
    """
    one = STRENGTHS.index(1.0)
    before, last = found["turned"][:, 0, :, one], found["turned"][:, -1, :, one]
    mean, half = mean_and_interval(last[:, MEANS] - before[:, MEANS])
    assert mean - half > 0.5 and before.mean() < 0.1


def test_the_study_says_that_a_push_of_any_way_costs_other_answers_in_the_end(found):
    lost = 1.0 - found["topics"][:, -1, RANDOM].mean(axis=0)
    assert lost[STRENGTHS.index(1.0)] < 0.05 < 0.5 < lost[STRENGTHS.index(4.0)]
    np.testing.assert_array_equal(found["topics"][..., 0], found["topics at first"][..., 0])
