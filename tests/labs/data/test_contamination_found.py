"""What the study of test reviews in training found, in its stored numbers."""

import numpy as np
import pytest

from minillm.labs.data.contamination import STUDY
from minillm.labs.statistics import mean_and_interval
from minillm.labs.stored import read_study

SHARES = np.array(STUDY.settings.shares)  # 0, 0.1, 0.25, 0.5, 1


@pytest.fixture(scope="module")
def stored():
    """The numbers of all seeds, (5, 5) each: seeds and shares."""
    return read_study(STUDY.name)


@pytest.mark.guide("G42")
def test_the_study_says_that_a_score_rises_with_the_share_and_what_it_measures_does_not(stored):
    apparent, true = (stored[name].mean(axis=0) for name in ("accuracy", "accuracy, fresh"))
    assert (np.diff(apparent) > 0).all() and apparent[-1] > 0.95
    assert np.ptp(true) < 0.03 and abs(apparent[0] - true[0]) < 0.03


def test_the_study_says_that_the_score_lies_near_its_line(stored):
    mean, half = mean_and_interval(stored["accuracy"] - stored["line"])
    assert np.abs(mean).max() < 0.04 and (np.abs(mean) < half + 0.02).all()


def test_the_study_says_that_losses_betray_the_share_along_a_line_too(stored):
    mean, _ = mean_and_interval(stored["AUC"] - stored["AUC line"])
    assert np.abs(mean).max() < 0.03
    auc, half = mean_and_interval(stored["AUC"])
    assert np.abs(auc[0] - 0.5) < half[0] and auc[-1] - half[-1] > 0.6
    assert (auc[SHARES <= 0.1] < 0.55).all()  # a tenth is hardly seen, and is worth 0.03


def test_the_study_says_that_the_other_order_sees_as_much_without_fresh_reviews(stored):
    order, half = mean_and_interval(stored["order"])
    assert order[0] - half[0] < 0.51 and order[-1] - half[-1] > 0.6
    assert np.abs(order - stored["AUC"].mean(axis=0)).max() < 0.05
