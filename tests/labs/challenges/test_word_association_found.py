"""What the study of word vectors found, in its stored numbers."""

import numpy as np
import pytest

from minillm.labs import mean_and_interval, read_study

FOUND = read_study("word_association")


def interval_of(name, place):
    """The 95 % interval over ten seeds of the number at a strength."""
    mean, half = mean_and_interval(FOUND[name][:, place])
    return mean - half, mean + half


@pytest.mark.guide("G55")
def test_the_effect_says_that_there_is_an_association_and_not_how_strong():
    """The largest effect of eight and eight words is 2 sqrt(15 / 16) = 1.936."""
    effects = FOUND["as told: qualities, effect"]
    assert (effects[:, 1] > 1.9).all() and (effects[:, 2] > 1.9).all()
    assert (FOUND["as told: qualities, p_value"][:, 1:] < 0.001).all()
    weak, strong = (interval_of("as told: qualities, difference", place) for place in (1, 2))
    assert weak[1] < 0.9 and strong[0] > 1.55


@pytest.mark.guide("G55")
def test_without_any_bias_the_difference_is_none():
    low, high = interval_of("as told: qualities, difference", 0)
    assert -0.15 < low < 0 < high < 0.15


@pytest.mark.guide("G55")
@pytest.mark.parametrize("name", ["names exchanged", "names and hobbies exchanged"])
def test_exchanged_words_end_the_planted_association(name):
    for place in (1, 2):
        low, high = interval_of(f"{name}: qualities, difference", place)
        assert -0.15 < low < 0 < high < 0.15


@pytest.mark.guide("G55")
def test_exchanging_names_alone_costs_what_is_true():
    for place in range(3):
        low, high = interval_of("names exchanged: hobbies, difference", place)
        assert -0.15 < low < 0 < high < 0.15
        for name in ("as told", "names and hobbies exchanged"):
            assert interval_of(f"{name}: hobbies, difference", place)[0] > 1.4


def test_words_that_share_a_neighbour_are_not_independent_and_p_values_are_too_extreme():
    """Without any bias 10 of 100 p-values should lie in the outer tenth."""
    tell, by_lot = (
        np.abs(FOUND[f"no bias, hobbies {kind}"].ravel() - 0.5) >= 0.45
        for kind in ("tell", "by lot")
    )
    assert len(tell) == len(by_lot) == 200
    error = (0.1 * 0.9 / 200) ** 0.5
    assert abs(by_lot.mean() - 0.1) < 2 * error
    assert tell.mean() > 0.1 + 5 * error
