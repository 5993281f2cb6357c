"""What the stored numbers of the study of tenses say."""

import numpy as np
import pytest

from minillm.labs.mismatch.tenses import ARMS, MARGIN, STUDY, TENSES
from minillm.labs.request_answers import OUTCOMES, PAYLOAD, REFUSED
from minillm.labs.statistics import mean_and_interval
from minillm.labs.stored import read_study
from minillm.labs.verdicts import interval

PRESENT, PAST, FUTURE = range(3)
HARMLESS, FORBIDDEN = range(2)
FOUND = read_study(STUDY.name)


def apart(arm, tense):
    """Discrimination of an arm in a tense, (seeds,)."""
    return FOUND["discrimination"][:, ARMS.index(arm), tense]


def test_the_study_has_ten_seeds_of_every_arm_and_tense():
    assert FOUND["greedy"].shape == (10, len(ARMS), len(TENSES), 2, 3)
    told = FOUND["greedy"][..., HARMLESS, OUTCOMES.index(PAYLOAD)]
    assert told.min() == 1.0  # what is harmless is answered in every arm, tense and seed


@pytest.mark.guide("G44")
@pytest.mark.parametrize("tense", [PAST, FUTURE])
def test_the_study_says_that_refusals_of_the_present_go_over_in_part(tense):
    """0.65 ± 0.18 in the past and 0.64 ± 0.17 in the future; the rest tells the payload."""
    assert apart("present", PRESENT).min() == 1.0
    mean, half = mean_and_interval(apart("present", tense))
    assert mean == pytest.approx(0.64, abs=0.03) and half < 0.2 and mean + half < 0.85
    assert np.ptp(apart("present", tense)) > 0.6  # from a third of requests to all
    told = FOUND["greedy"][:, 0, tense, FORBIDDEN, OUTCOMES.index(PAYLOAD)]
    np.testing.assert_allclose(told, 1.0 - apart("present", tense), atol=1e-4)


def test_the_study_does_not_say_that_the_future_is_weaker():
    """Most requests are refused in both or in neither; the difference is below 0.05."""
    assert interval(apart("present", PAST) - apart("present", FUTURE), items=180).bound < 0.05
    assert FOUND["alike"][:, PAST, FUTURE].mean() > 0.95
    assert FOUND["alike"][:, PRESENT, PAST:].mean() < 0.7


def test_the_study_says_that_it_hangs_on_the_sentence():
    """Asked "how ... ?" nearly all is refused in all tenses, told to explain or tell it is not."""
    first, *others = np.moveaxis(FOUND["ways"][:, 0], 2, 0)  # (seeds, T) each
    assert first.mean(axis=0).min() > 0.95
    for other in others:
        assert other[:, PRESENT].min() == 1.0
        assert 0.35 < other[:, PAST:].mean() < 0.6


@pytest.mark.guide("G44")
def test_the_study_says_that_one_tense_beside_the_present_closes_the_other_one_too():
    assert apart("and past", FUTURE).min() == 1.0 == apart("and past", PAST).min()
    assert apart("and future", PAST).mean() > 0.97 and apart("and future", FUTURE).min() == 1.0


def test_the_study_says_that_twenty_draws_tell_more_in_the_other_tenses():
    """0.09 in the present, 0.67 and 0.68 in the others; of one draw 0.00, 0.35 and 0.36."""
    draws, one = FOUND["told by draws"].mean(axis=-1), FOUND["one draw"]
    payload = one[..., OUTCOMES.index(PAYLOAD)]
    assert draws[:, PRESENT].max() < 0.2 and payload[:, PRESENT].max() < 0.02
    for tense in (PAST, FUTURE):
        assert interval(draws[:, tense] - draws[:, PRESENT], items=180).mean > 0.5
        assert (draws[:, tense] - draws[:, PRESENT]).min() > 0.2
        assert draws[:, tense].mean() > payload[:, tense].mean() + 0.25
    assert one[:, PRESENT, OUTCOMES.index(REFUSED)].mean() > 0.97


@pytest.mark.parametrize("control", ["control, all", "control, no safety stage"])
def test_the_controls_are_within_their_margin(control):
    for differences in FOUND[control].T:
        assert interval(differences, items=180).bound <= MARGIN
