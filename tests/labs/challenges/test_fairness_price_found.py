"""What the study of prices found, in its stored numbers."""

import pytest

from minillm.labs import mean_and_interval, read_study
from minillm.labs.challenges.fairness_price import STUDY

FOUND = read_study("fairness_price")
NEITHER, UNFAIR, UNEQUAL, BOTH = range(4)  # the worlds, as the settings list them
BLINDING = ["names and hobbies masked", "counterfactual towns"]
EQUALISING = ["covariance penalty", "thresholds by town"]


def interval_of(remedy, measure, world, minus=None):
    """The ends of the 95 % interval, of a number or of its difference to that of another remedy."""
    values = FOUND[f"{remedy}: {measure}"][:, world]
    if minus:
        values = values - FOUND[f"{minus}: {measure}"][:, world]
    mean, half = mean_and_interval(values)
    return float(mean - half), float(mean + half)


def test_the_worlds_are_those_of_the_settings():
    assert STUDY.settings.penalties == (0.0, 0.4, 0.0, 0.4)
    assert STUDY.settings.second_good == (0.5, 0.5, 0.35, 0.35)


@pytest.mark.guide("G55")
def test_where_nothing_is_wrong_no_remedy_makes_a_difference_between_towns():
    for remedy in ("none", *BLINDING, *EQUALISING):
        low, high = interval_of(remedy, "TPR", NEITHER)
        assert -0.06 < low < 0 < high < 0.07, remedy


@pytest.mark.guide("G55")
@pytest.mark.parametrize("remedy", [*BLINDING, "thresholds by town"])
def test_where_labels_are_unfair_the_towns_become_alike_and_accuracy_by_merit_is_not_lost(remedy):
    assert interval_of("none", "TPR", UNFAIR)[0] > 0.2
    low, high = interval_of(remedy, "TPR", UNFAIR)
    assert low > -0.08 and high < 0.08
    low, high = interval_of(remedy, "accuracy", UNFAIR, minus="none")
    assert low > -0.05 and high > 0.02


@pytest.mark.guide("G55")
@pytest.mark.parametrize("remedy", BLINDING)
def test_where_base_rates_differ_who_is_blind_to_towns_costs_nothing_and_leaves_the_gap(remedy):
    """The best decision by merit has a TPR gap of 0.18 there."""
    for world in (UNEQUAL, BOTH):
        low, high = interval_of(remedy, "TPR", world)
        assert low > 0.13 and high < 0.23
    assert interval_of(remedy, "accuracy", UNEQUAL, minus="none")[0] > -0.01


@pytest.mark.guide("G55")
@pytest.mark.parametrize("remedy", EQUALISING)
def test_where_base_rates_differ_equal_opportunity_costs_accuracy_by_merit(remedy):
    low, high = interval_of(remedy, "TPR", UNEQUAL)
    assert -0.08 < low < 0.02 and high < 0.08
    low, high = interval_of(remedy, "accuracy", UNEQUAL, minus="none")
    assert high < 0 and low > -0.06


@pytest.mark.guide("G55")
def test_equal_opportunity_is_no_equal_selection_where_base_rates_differ():
    for remedy in EQUALISING:
        assert interval_of(remedy, "selected", UNEQUAL)[0] > 0.05
