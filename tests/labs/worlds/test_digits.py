"""Pictures of digits: every digit is there and can be told, and every dial does what it says."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from minillm.labs.worlds.digits import STROKES, Digits

PLAIN = Digits(wobble=0.0, shift=0, noise=0.0)


def rng(seed=0):
    return np.random.default_rng(seed)


def only_digit(digit):
    """A picture of a digit without wobble, shift and noise."""
    drawn = PLAIN.draw(10, rng())
    return drawn.pixels[drawn.labels == digit][0]


def test_as_many_of_each_digit_are_drawn_as_can_be():
    drawn = Digits().draw(203, rng())
    assert sorted(np.bincount(drawn.labels)) == [20] * 7 + [21] * 3
    assert drawn.pixels.shape == (203, 64) and drawn.pixels.dtype == np.float32
    assert drawn.pixels.min() == 0.0 and drawn.pixels.max() == 1.0
    assert not (np.diff(drawn.labels) >= 0).all()  # in random order
    again = Digits().draw(203, rng())
    np.testing.assert_array_equal(drawn.pixels, again.pixels)
    some = drawn.only(drawn.labels == 3)
    assert {*some.labels} == {3} and len(some.pixels) == len(some.labels)


def test_a_digit_has_ink_on_its_lines_and_none_far_from_them():
    """On a side of 8 a sixth is a pixel; the picture's middle is that of the square."""
    one = Digits(side=9, wobble=0.0, shift=0, noise=0.0, pen=0.2)
    step = 7 / 6
    for digit, lines in enumerate(STROKES.values()):
        drawn = one.draw(10, rng())
        ink = drawn.pixels[drawn.labels == digit][0].reshape(9, 9)
        points = []
        for line in lines:
            corners = np.array([[float(x) for x in at.split(",")] for at in line.split()])
            for start, end in pairwise(corners):
                points += [start + t * (end - start) for t in np.linspace(0, 1, 200)]
        at = (np.array(points) - 3) * step + 4
        for down in range(9):
            for across in range(9):
                d2 = ((at - [across, down]) ** 2).sum(axis=1).min()
                wanted = np.exp(-d2 / (2 * 0.2**2))
                assert ink[down, across] == pytest.approx(wanted, abs=0.03)


def test_without_wobble_shift_and_noise_a_digit_is_always_the_same_and_no_two_digits_are():
    drawn = PLAIN.draw(40, rng())
    assert len({row.tobytes() for row in drawn.pixels}) == 10
    means = np.array([only_digit(digit) for digit in range(10)])
    apart = ((means[:, None] - means) ** 2).sum(axis=2) + 100 * np.eye(10)
    assert apart.min() > 1.0


@pytest.mark.parametrize("dial", ["wobble", "shift", "noise"])
def test_each_dial_alone_makes_pictures_of_a_digit_differ(dial):
    drawn = replace(PLAIN, **{dial: getattr(Digits(), dial)}).draw(40, rng())
    assert len({row.tobytes() for row in drawn.pixels}) > 20


def test_a_shift_moves_the_whole_picture():
    drawn = replace(PLAIN, shift=1).draw(300, rng())
    still = only_digit(7).reshape(8, 8)
    moved = {
        np.roll(still, (down, across), (0, 1))[1:-1, 1:-1].round(4).tobytes()
        for down in (-1, 0, 1)
        for across in (-1, 0, 1)
    }
    sevens = drawn.pixels[drawn.labels == 7].reshape(-1, 8, 8)
    assert {one[1:-1, 1:-1].round(4).tobytes() for one in sevens} == moved


def test_a_digit_can_be_told_from_the_others_by_the_nearest_mean():
    learned, asked = Digits().draw(1000, rng(1)), Digits().draw(500, rng(2))
    means = np.array([learned.only(learned.labels == d).pixels.mean(axis=0) for d in range(10)])
    nearest = ((asked.pixels[:, None] - means) ** 2).sum(axis=2).argmin(axis=1)
    assert (nearest == asked.labels).mean() > 0.5  # of ten


def test_pictures_of_nothing_are_uniform_and_have_no_form():
    pixels = Digits().blank(2000, rng())
    assert pixels.shape == (2000, 64) and pixels.dtype == np.float32
    assert pixels.mean() == pytest.approx(0.5, abs=0.01)
    assert pixels.var() == pytest.approx(1 / 12, abs=0.002)
    between = np.corrcoef(pixels.T) - np.eye(64)
    assert np.abs(between).max() < 0.12


def test_a_picture_can_be_read():
    shades = np.array([[0.0, 0.19, 0.21, 0.39], [0.41, 0.61, 0.81, 1.0]])
    assert Digits(side=2).text(shades.ravel()[:4]) == "  \n.."
    assert Digits(side=2).text(shades.ravel()[4:]) == ":*\n##"
    one = PLAIN.text(only_digit(1)).split("\n")
    assert one[3:6] == ["   **   "] * 3 and one[7] == "  .**.  "


def test_what_cannot_be_drawn_is_refused():
    for name, value in (("side", 1), ("pen", 0.0), ("wobble", -1.0), ("shift", -1), ("noise", -1)):
        with pytest.raises(ValueError, match=f"Digits: {name} must be .*, got {value}"):
            replace(Digits(), **{name: value}).draw(1, rng())
    with pytest.raises(ValueError, match=r"Digits.text: pixels must be \(64,\), got \(63,\)"):
        Digits().text(np.zeros(63))
