"""What the study of the dials found, in its stored numbers."""

import numpy as np
import pytest

from minillm.labs import mean_and_interval, read_study
from minillm.labs.challenges.fairness_dials import STUDY
from minillm.tasks.metrics import implied_false_positive_rate, implied_negative_score

FOUND = read_study("fairness_dials")
FAIR, WEAK, STRONG, UNEQUAL, BOTH = range(5)  # the worlds, as the settings list them


def gap(name, world):
    """The first town minus the second: mean over the seeds and half the 95 % interval."""
    values = FOUND[name][:, world]
    mean, half = mean_and_interval(values[:, 0] - values[:, 1])
    return float(mean), float(half)


def test_the_worlds_are_those_of_the_settings():
    assert STUDY.settings.penalties == (0.0, 0.2, 0.4, 0.0, 0.4)
    assert STUDY.settings.second_good == (0.5, 0.5, 0.5, 0.35, 0.35)
    assert FOUND["TPR"].shape == (5, 5, 2)


@pytest.mark.guide("G55")
@pytest.mark.parametrize("name", ["TPR", "FPR", "selected", "merited score"])
def test_without_penalty_and_with_equal_base_rates_the_towns_fare_alike(name):
    mean, half = gap(name, FAIR)
    assert abs(mean) + half < 0.1


@pytest.mark.guide("G55")
def test_the_gap_of_scores_is_the_planted_one_and_grows_with_the_penalty():
    """The closed form says 0.145 and 0.29; a training of this length adds or takes up to 0.1."""
    for world, wanted in ((WEAK, 0.145), (STRONG, 0.290)):
        known = FOUND["known merited score"][0, world]
        assert known[0] - known[1] == pytest.approx(wanted, abs=1e-3)
        mean, half = gap("merited score", world)
        assert mean - half > 0 and mean == pytest.approx(wanted, abs=0.11)
    assert gap("merited score", STRONG)[0] > gap("merited score", WEAK)[0] + 0.05


@pytest.mark.guide("G55")
def test_the_strong_penalty_moves_decisions_as_well():
    mean, half = gap("TPR", STRONG)
    assert mean - half > 0.2
    known = FOUND["known TPR"][0]
    assert known[STRONG, 0] - known[STRONG, 1] > 0.4
    assert known[WEAK, 0] == known[WEAK, 1]  # who knows everything decides as before


@pytest.mark.guide("G55")
def test_unequal_base_rates_alone_make_rates_differ_though_both_towns_are_calibrated():
    errors = FOUND["calibration error"][:, UNEQUAL].mean(axis=0)
    assert errors.max() < 0.08
    for name, least in (("TPR", 0.1), ("FPR", 0.05), ("selected", 0.2)):
        mean, half = gap(name, UNEQUAL)
        assert mean - half > least, name
    known = FOUND["known TPR"][0, UNEQUAL]
    assert known[0] - known[1] > 0.15  # and so do those of who knows everything


@pytest.mark.guide("G55")
def test_every_town_of_every_seed_obeys_the_identity_of_the_rates():
    names = ("base rate", "precision", "TPR", "FPR")
    for base, precision, rate, false in zip(*(FOUND[n].ravel() for n in names), strict=True):
        implied = implied_false_positive_rate(base, precision=precision, true_positive_rate=rate)
        assert implied == pytest.approx(false, abs=1e-5)


@pytest.mark.guide("G55")
def test_where_scores_are_calibrated_the_others_have_what_base_rate_and_merited_leave():
    for world in (FAIR, UNEQUAL):
        for town in (0, 1):
            base, merited, others = (
                FOUND[name][:, world, town].mean()
                for name in ("base rate", "merited score", "others' score")
            )
            implied = implied_negative_score(base, positive_score=merited)
            assert implied == pytest.approx(others, abs=0.05)
    assert np.abs(gap("others' score", UNEQUAL)[0]) > 0.05
