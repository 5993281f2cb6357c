"""What the study of adversarial directions found, in its stored numbers."""

import numpy as np
import pytest

from minillm.labs.challenges.adversarial_attacks import STEPS, SWAPS
from minillm.labs.challenges.adversarial_directions import STUDY
from minillm.labs.statistics import mean_and_interval
from minillm.labs.stored import read_study

pytestmark = pytest.mark.guide("G56")
LINES, ENCODERS = range(3), range(3, 6)  # no layer, one; no word is rare, some, more
EVEN, RARE, RAREST = range(3)
SIZES = [*STUDY.settings.sizes]


@pytest.fixture(scope="module")
def found():
    return read_study(STUDY.name)


@pytest.fixture(scope="module")
def accuracy(found):
    """After a step, (seeds, arms)."""
    return lambda step, size: found["accuracy"][:, :, STEPS.index(step), SIZES.index(size)]


@pytest.fixture(scope="module")
def after(found):
    """The accuracy after some swaps, (seeds, arms)."""
    return lambda way, turns: found["swapped"][:, :, SWAPS.index(way), turns]


def certain(differences):
    """The least that the mean of all seeds is, with 95 % confidence."""
    mean, half = mean_and_interval(differences)
    return float(mean - half)


def test_the_study_says_that_all_models_are_right_where_nobody_attacks(found, accuracy):
    assert len(found["accuracy"]) == 5
    assert accuracy("gradient sign", 0.0).min() > 0.95
    for step in STEPS:
        np.testing.assert_array_equal(accuracy(step, 0.0), accuracy("gradient sign", 0.0))


@pytest.mark.parametrize("arm", ENCODERS)
def test_the_study_says_that_signs_of_the_gradient_turn_what_random_signs_as_large_do_not(
    accuracy, arm
):
    """A tenth of the words' size turns seven answers of ten, and at random none."""
    aimed, random = (accuracy(step, 0.1)[:, arm] for step in ("gradient sign", "random sign"))
    assert certain(random - aimed) > 0.5 and aimed.mean() < 0.3
    lost = accuracy("random sign", 0.0)[:, arm] - random
    assert abs(lost.mean()) < 0.01
    assert accuracy("random direction", 1.0)[:, arm].mean() > 0.8  # ten times as far
    assert accuracy("gradient sign", 0.5)[:, arm].max() == 0.0


@pytest.mark.parametrize("size", [0.05, 0.2])
def test_the_study_says_that_of_one_length_the_gradient_itself_turns_more_than_its_signs(
    accuracy, size
):
    """The signs are best of all steps whose numbers are as small, not of all that are as long."""
    for arm in ENCODERS:
        difference = accuracy("gradient sign", size) - accuracy("gradient direction", size)
        assert certain(difference[:, arm]) > 0.0


@pytest.mark.parametrize("arm", LINES)
def test_the_study_says_that_of_a_line_all_is_known_beforehand(found, accuracy, arm):
    risen, foretold = found["risen"][:, arm, 0], found["foretold"][:, arm]
    np.testing.assert_allclose(risen, foretold, rtol=2e-3, atol=1e-5)
    assert found["agreement"][:, arm, 2].mean() > 0.97  # equal swaps are told apart by rounding
    assert found["agreement"][:, arm, 3].min() > 0.9999
    assert accuracy("gradient sign", 0.2)[:, arm].mean() < 0.5  # linear models fall, too


def test_the_study_says_that_a_layer_makes_steps_more_effective_than_its_slope_foretells(found):
    for arm in ENCODERS:
        ratio = found["risen"][:, arm, 0, 1:] / found["foretold"][:, arm, 1:]
        assert certain(ratio[:, SIZES.index(0.1) - 1] - 1.0) > 0.5
        assert ratio[:, -1].mean() < 0.6  # and then nothing more is to be turned
    encoders = found["risen"][:, [*ENCODERS], 0, SIZES.index(0.1)].mean()
    assert encoders > 5 * found["risen"][:, [*LINES], 0, SIZES.index(0.1)].mean()


def test_the_study_says_that_one_swap_to_a_rare_word_turns_most_answers(after):
    worst = after("exhaustive", 1)
    assert worst[:, ENCODERS[RAREST]].mean() < 0.35
    lost = after("random", 1)[:, ENCODERS[RAREST]] - worst[:, ENCODERS[RAREST]]
    assert certain(lost) > 0.6


def test_the_study_says_that_where_no_word_is_rare_no_swap_deceives_the_encoder(after):
    """The dial at its end: two swaps turn nothing, and the third next to nothing."""
    assert after("exhaustive", 2)[:, ENCODERS[EVEN]].min() > 0.99
    assert after("exhaustive", 3)[:, ENCODERS[EVEN]].mean() > 0.98


def test_the_study_says_that_the_rarer_words_are_the_more_one_swap_turns(after):
    """Where one word of ten is rare, seeds differ too widely to be certain."""
    even, rare, rarest = after("exhaustive", 1)[:, [*ENCODERS]].T
    assert certain(even - rarest) > 0.6 and certain(rare - rarest) > 0.1
    assert even.mean() - rare.mean() > 0.1 and np.ptp(rare) > 0.3


def test_the_study_says_that_a_line_falls_to_swaps_even_of_words_that_are_not_rare(after):
    """Its margins are small: what two words lose together is more than it is ahead by."""
    line, encoder = (after("exhaustive", 2)[:, arms[EVEN]] for arms in (LINES, ENCODERS))
    assert certain(encoder - line) > 0.0


def test_the_study_says_that_the_first_order_finds_nearly_the_best_swap_and_chance_finds_none(
    found, after
):
    """It misses the best swap in three texts of ten or more, and hardly any of its gain."""
    chance, _, first, reached = found["agreement"].transpose(2, 1, 0)
    for arm in ENCODERS:
        assert first[arm].mean() > 0.4 and chance[arm].mean() < 0.01
        assert first[arm].mean() < 0.75 and reached[arm].mean() > 0.88
    gap = after("first order", 1) - after("exhaustive", 1)
    assert gap.min() >= 0.0 and gap.mean(axis=0).max() < 0.02
