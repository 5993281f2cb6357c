"""What the lab of fairness found, in its stored numbers."""

import json

import numpy as np
import pytest

from minillm.labs import mean_and_interval
from minillm.labs.challenges.fairness import CONTROLS, STUDY
from minillm.labs.challenges.fairness_case import Fairness
from minillm.labs.challenges.fairness_remedies import REMEDIES
from minillm.labs.compare_result import Result
from minillm.labs.stored import STORED, read_file, read_study
from minillm.labs.verdicts import HELPS

BLIND = (  # to the town
    *("weight decay", "dropout", "early stop", "word dropout", "more data"),
    *("wider model", "without attention", "without residuals"),
)
FAIR_SCORES = (
    *("names masked", "names and hobbies masked", "counterfactual towns"),
    *("reweighted", "covariance penalty"),
)


def stored_result():
    """The numbers of the stored file, judged again."""
    file = read_file(STUDY.name, STORED)
    return file, Result(STUDY, [*REMEDIES], file["results"], file["cpu_seconds"])


def words(measure):
    """The verdict on each remedy in a word."""
    verdicts = stored_result()[1].verdicts()
    return {remedy: one.word for (remedy, name), one in verdicts.items() if name == measure}


def mean_of(remedy, measure):
    """The mean over the seeds."""
    return read_study(STUDY.name)[f"{remedy}: {measure}"].mean(axis=0)


def gained(remedy, measure):
    """The ends of the 95 % interval of a remedy minus the baseline."""
    stored = read_study(STUDY.name)
    mean, half = mean_and_interval(stored[f"{remedy}: {measure}"] - stored[f"none: {measure}"])
    return float(mean - half), float(mean + half)


def test_the_stored_verdicts_are_those_of_the_stored_numbers():
    file, result = stored_result()
    again = json.loads(json.dumps(result.stored()))
    assert {key: file[key] for key in again} == again
    assert file["comparisons"] == 32 and len(file["seeds"]) == 10


@pytest.mark.guide("G55")
def test_the_lab_says_that_unfair_labels_are_learned():
    rates = mean_of("none", "TPR")
    assert rates[0] > 0.75 and rates[1] < 0.55
    assert mean_of("none", "TPR gap") > 0.25 and mean_of("none", "score gap") > 0.15
    assert mean_of("none", "flipped by swap") > 0.15
    errors = mean_of("none", "calibration error")
    assert errors[1] > errors[0] + 0.05  # the scores of the second town are too low


@pytest.mark.guide("G55")
def test_the_lab_says_that_who_knows_nothing_of_towns_does_not_help():
    for measure in STUDY.headlines:
        verdicts = words(measure)
        assert [remedy for remedy in BLIND if verdicts[remedy] == HELPS] == []


@pytest.mark.guide("G55")
def test_the_lab_says_what_makes_scores_fairer():
    verdicts = words("score gap")
    assert all(verdicts[remedy] == HELPS for remedy in FAIR_SCORES)
    assert mean_of("names and hobbies masked", "score gap") < 0.05
    assert mean_of("counterfactual towns", "score gap") < 0.05


@pytest.mark.guide("G55")
def test_the_lab_says_that_a_hobby_tells_of_the_town_when_the_name_is_hidden():
    masked, both = (
        mean_of(name, "TPR gap") for name in ("names masked", "names and hobbies masked")
    )
    assert both < 0.06 < 0.12 < masked


@pytest.mark.guide("G55")
def test_the_lab_says_that_thresholds_make_decisions_fair_and_not_scores():
    assert words("TPR gap")["thresholds by town"] == HELPS
    low, high = gained("thresholds by town", "score gap")
    assert low == high == 0
    assert mean_of("thresholds by town", "TPR gap") < 0.08


@pytest.mark.guide("G55")
@pytest.mark.parametrize(
    "remedy",
    ["names and hobbies masked", "counterfactual towns", "reweighted", "thresholds by town"],
)
def test_the_lab_says_that_the_price_is_in_accuracy_on_unfair_labels(remedy):
    """By the labels as told a fair selector is worse; by the merit that they hide it is not."""
    assert gained(remedy, "accuracy, told")[1] < 0
    assert gained(remedy, "accuracy, merit")[0] > -0.02
    assert gained(remedy, "accuracy, worst town")[0] > 0


@pytest.mark.guide("G55")
def test_the_lab_says_that_thresholds_by_town_are_right_more_often():
    assert gained("thresholds by town", "accuracy, merit")[0] > 0.02


@pytest.mark.guide("G55")
def test_the_lab_says_that_three_controls_found_nothing_and_one_has_too_wide_an_interval():
    """Its TPR moves by 0.05 from seed to seed: the bound is 0.07 with a margin of 0.05.

    ``test_towns_by_lot_are_alike_on_other_seeds`` finds nothing.
    """
    _, result = stored_result()
    assert [name for name in CONTROLS if not result.passes(name)] == ["towns by lot, TPR"]
    found = read_study(STUDY.name)["control, towns by lot, TPR: difference"]
    mean, half = mean_and_interval(found)
    assert abs(mean) + half < 0.08 and mean_of("none", "TPR gap") > 4 * (abs(mean) + half)


@pytest.mark.slow
def test_towns_by_lot_are_alike_on_other_seeds():
    found = [
        CONTROLS["towns by lot, TPR"].measure(Fairness(STUDY.settings, seed))
        for seed in range(300, 324)
    ]
    assert abs(np.mean(found)) < 0.03 and np.std(found, ddof=1) < 0.08
