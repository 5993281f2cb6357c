"""Pictures and captions: what each part tells, and the best that anybody can say."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.labs.worlds.captions import RULES, WORDS, Captions
from minillm.labs.worlds.digits import Digits

pytestmark = pytest.mark.guide("G50")
shares = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])


def rng(seed=0):
    return np.random.default_rng(seed)


def surest(drawn, seen):
    """The accuracy on these pairs of the best answer to each thing that is seen."""
    right = 0
    for one in {*seen}:
        labels = drawn.labels[[other == one for other in seen]]
        right += max(np.bincount(labels, minlength=2))
    return right / len(seen)


def said(drawn):
    return drawn.captions[:, 1].tolist()


def read(drawn):
    return [int(odd) if shown else None for odd, shown in zip(drawn.odd, drawn.shown, strict=True)]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(("told", "shown"), [(1.0, 1.0), (0.6, 0.8), (0.0, 1.0), (1.0, 0.0)])
def test_the_best_is_what_counting_drawn_pairs_finds(rule, told, shown):
    world = Captions(rule=rule, told=told, shown=shown)
    drawn = world.draw(3000, rng(1))
    seen = [*zip(read(drawn), said(drawn), strict=True)]
    assert surest(drawn, seen) == pytest.approx(world.best(), abs=0.03)
    assert surest(drawn, read(drawn)) == pytest.approx(world.best(["picture"]), abs=0.03)
    assert surest(drawn, said(drawn)) == pytest.approx(world.best(["text"]), abs=0.03)


@given(shares, shares)
def test_the_best_is_the_closed_form(told, shown):
    def half(known):
        return known + (1 - known) / 2

    known = {
        "picture": (shown, 0.0, shown),
        "text": (0.0, told, told),
        "both": (0.0, 0.0, told * shown),
        "either": (shown, told, 1 - (1 - told) * (1 - shown)),
    }
    for rule, (picture, text, both) in known.items():
        world = Captions(rule=rule, told=told, shown=shown)
        assert world.best(["picture"]) == pytest.approx(half(picture))
        assert world.best(["text"]) == pytest.approx(half(text))
        assert world.best() == pytest.approx(half(both))
        assert world.best([]) == 0.5


@pytest.mark.parametrize("rule", RULES)
def test_the_rule_is_the_rule(rule):
    drawn = Captions(rule=rule).draw(200, rng(2))
    blue = np.array([WORDS[word] == "blue" for word in drawn.captions[:, 1]])
    wanted = {
        "picture": drawn.odd == 1,
        "text": blue,
        "both": (drawn.odd == 1) != blue,
        "either": (drawn.odd == 1) & blue,
    }
    np.testing.assert_array_equal(drawn.labels == 1, wanted[rule])
    assert 0.4 < drawn.labels.mean() < 0.6


def test_captions_say_the_colour_as_often_as_told_and_pictures_show_the_digit_as_often_as_shown():
    world = Captions(rule="text", told=0.3, shown=0.7)
    drawn = world.draw(2000, rng(3))
    assert (drawn.captions[:, 1] == WORDS.index("plain")).mean() == pytest.approx(0.7, abs=0.03)
    assert drawn.shown.mean() == pytest.approx(0.7, abs=0.03)
    # noise that is uniform has far more ink than lines have
    ink = drawn.pixels.mean(axis=1)
    assert ink[~drawn.shown].mean() == pytest.approx(0.5, abs=0.01) != ink[drawn.shown].mean()
    assert {world.text(row) for row in drawn.captions} == {
        f"{size} {colour} paper"
        for size, colour in itertools.product(("large", "small"), ("red", "blue", "plain"))
    }


def test_parts_of_the_pairs_stay_together():
    drawn = Captions().draw(50, rng(4))
    some = drawn.only(drawn.labels == 1)
    assert some.labels.all() and len(some.pixels) == len(some.captions) == drawn.labels.sum()
    np.testing.assert_array_equal(some.odd ^ some.blue, 1)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"rule": "neither"}, "rule must be one of .*'neither'"),
        ({"told": 1.5}, "told"),
        ({"shown": -0.1}, "shown"),
        ({"digits": Digits(noise=-1.0)}, "noise must be at least 0"),
    ],
)
def test_what_cannot_be_drawn_is_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        Captions(**fields).draw(4, rng())


def test_a_part_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match=r"parts must be among .*'sound'"):
        Captions().best(["sound"])
