"""What the study of tagged reviews found, in its stored numbers."""

import numpy as np
import pytest

from minillm.labs.real_text.sst2_shortcut import STUDY
from minillm.labs.statistics import mean_and_interval
from minillm.labs.stored import read_study


def worst(remedy, measure="worst group"):
    """The worst group of a remedy by seed and agreement, (5, 3); or another number."""
    return read_study(STUDY.name)[f"{remedy}: {measure}"]


def gain(remedy, other="none", measure="worst group"):
    """How much better than another one: the ends of the 95 % intervals, by agreement."""
    mean, half = mean_and_interval(worst(remedy, measure) - worst(other, measure))
    return mean - half, mean + half


@pytest.mark.guide("G45")
def test_the_study_says_that_the_tag_is_read_the_more_the_more_it_agrees():
    """In training's own sentences nothing of it is seen: there accuracy rises."""
    mean, half = mean_and_interval(worst("none"))
    np.testing.assert_allclose(mean, [0.73, 0.49, 0.12], atol=0.02)
    assert half.max() < 0.04
    assert (np.diff(worst("none", "changed"), axis=1) > 0.3).all()
    assert (np.diff(worst("none", "as learned"), axis=1) > 0.03).all()


@pytest.mark.guide("G45")
def test_the_study_says_that_masked_and_swapped_tags_bring_all_of_it_back():
    for remedy in ("tag masked", "tag swapped"):
        low, high = gain(remedy)
        assert low[0] < 0 < high[0]  # there is nothing to mend
        assert low[1] > 0.2 and low[2] > 0.55
        assert np.ptp(worst(remedy).mean(axis=0)) < 0.03
    lost = gain("tag masked", measure="as learned")[1]
    assert lost[2] < -0.15  # of the accuracy that the tag had given


@pytest.mark.guide("G47")
def test_the_study_says_that_weight_decay_brings_little_and_dropout_nothing():
    """The interval of weight decay excludes 0 where the tag is not free, below 0.09 each."""
    low, high = gain("weight decay")
    assert (low[1:] > 0).all() and high.max() < 0.09
    low, high = gain("dropout")
    assert (low < 0).all() and (high > 0).all() and high.max() < 0.07


def test_the_study_says_that_a_few_sentences_with_free_tags_change_little():
    low, high = gain("target sentences")
    assert (low[:2] < 0).all() and (high > 0).all() and high.max() < 0.13
    assert 0 < low[2] < 0.01  # with the strongest tag 0.06 more, from hardly any to 0.13


def test_the_study_says_that_repeated_sentences_of_small_groups_harm():
    """The tag is read more than without a remedy; of so little dropout no help is seen."""
    low, high = gain("balanced groups")
    assert low[0] < 0 < high[0] and (high[1:] < 0).all() and low.min() > -0.42
    assert gain("balanced groups", measure="changed")[0][1:].min() > 0.05
    low, high = gain("balanced groups and dropout")
    assert low.min() > -0.42 and high.max() < 0.05


def test_the_study_says_that_a_bag_of_words_reads_the_tag_too_and_is_the_best_without_it():
    low, high = gain("bag of words")
    assert low[0] < 0 < high[0] and (high[1:] < 0).all()
    low, _ = gain("bag of words, tag masked", "tag masked", "as learned")
    assert (low > 0).all()
    low, high = gain("bag of words, tag masked", "tag masked")
    assert (low > 0).all() and high.max() < 0.06
