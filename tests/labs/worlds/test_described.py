"""Described pictures: what is said is shown, where it is said to be, and how well captions fit."""

import itertools

import numpy as np
import pytest

from minillm.labs.worlds.described import COUNTS, THINGS, WORDS, Described, fit, moved
from minillm.labs.worlds.digits import Digits
from minillm.tasks.metrics import recall_at

pytestmark = pytest.mark.guide("G50")
PLAIN = Described(digits=Digits(wobble=0.0, noise=0.0))


def rng(seed=0):
    return np.random.default_rng(seed)


def test_captions_say_what_is_shown():
    drawn = PLAIN.draw(100, rng())
    for caption, shown in zip(drawn.captions, drawn.shown, strict=True):
        words = [things[i] for things, i in zip(THINGS, shown, strict=True)]
        assert PLAIN.text(caption) == " ".join(words)
    assert {*drawn.shown[:, 1]} == {*drawn.shown[:, 2]} == {0, 1, 2}


def test_the_same_digit_at_another_place_is_the_same_picture_moved():
    drawn = PLAIN.draw(400, rng(1))
    columns, rows = np.meshgrid(np.arange(8), np.arange(8))
    for digit in range(10):
        ink = {}
        for place in itertools.product(range(3), repeat=2):
            (chosen,) = np.nonzero((drawn.shown == (digit, *place)).all(axis=1))
            if len(chosen):
                assert np.ptp(drawn.pixels[chosen], axis=0).max() == 0.0
                square = drawn.pixels[chosen[0]].reshape(8, 8)
                ink[place] = [(square * at).sum() / square.sum() for at in (columns, rows)]
        for (a, first), (b, second) in itertools.combinations(ink.items(), 2):
            for axis in (0, 1):  # the ink is further right or down where it is said to be
                if a[axis] != b[axis]:
                    assert (first[axis] < second[axis]) == (a[axis] < b[axis])


def test_moving_takes_every_pixel_along_and_leaves_nothing_behind():
    pixels = rng().random((1, 16))
    found = moved(pixels, 4, np.array([[1, -1]])).reshape(4, 4)
    square = pixels.reshape(4, 4)
    np.testing.assert_array_equal(found[:3, 1:], square[1:, :3])
    assert not found[3].any() and not found[:, 0].any()
    np.testing.assert_array_equal(moved(pixels, 4, np.array([[0, 0]])), pixels)


@pytest.mark.parametrize("told", [0.0, 0.4, 1.0])
def test_as_many_things_are_said_as_are_told(told):
    drawn = Described(told=told).draw(2000, rng(2))
    assert (drawn.captions != WORDS.index("something")).mean() == pytest.approx(told, abs=0.02)


def test_how_well_a_caption_fits_is_how_much_likelier_it_is_beside_the_picture():
    """By counting all captions that there are, each thing said with probability t."""
    t, shown = 0.3, np.array([[7, 0, 2], [7, 1, 2]])

    def likely(caption, values):
        chance = 1.0
        for word, value, things in zip(caption, values, THINGS, strict=True):
            said = "something" if word == len(WORDS) - 1 else WORDS[word]
            chance *= (1 - t) if said == "something" else t * (said == things[value])
        return chance

    every = [*itertools.product(*(range(count) for count in COUNTS))]
    captions = Described(told=t).draw(60, rng(3)).captions
    for caption, found in zip(captions, fit(shown, captions).T, strict=True):
        overall = np.mean([likely(caption, values) for values in every])
        wanted = [likely(caption, values) / overall for values in shown.tolist()]
        np.testing.assert_allclose(found, wanted, rtol=1e-12)


def test_nobody_finds_more_than_fits_and_captions_that_say_nothing_are_found_by_chance():
    drawn = Described(told=0.0).draw(50, rng(4))
    assert recall_at(fit(drawn.shown, drawn.captions), np.arange(50), 1) == pytest.approx(1 / 50)
    drawn = Described(told=1.0).draw(50, rng(4))
    alike = (drawn.shown[:, None] == drawn.shown[None]).all(axis=2).sum(axis=1)
    wanted = (1 / alike).mean()
    assert recall_at(fit(drawn.shown, drawn.captions), np.arange(50), 1) == pytest.approx(wanted)


def test_shares_that_are_none_are_refused():
    with pytest.raises(ValueError, match="told"):
        Described(told=2.0).draw(4, rng())
    with pytest.raises(ValueError, match="noise must be at least 0"):
        Described(digits=Digits(noise=-1.0)).draw(4, rng())
