"""Texts with distant copies: their shares, and the least loss by counting."""

import numpy as np
import pytest

from minillm.labs.worlds.distant_copies import DistantCopies


@pytest.mark.parametrize("distance", [1, 4, 9])
def test_tokens_repeat_the_one_at_the_distance_and_no_other(distance):
    world = DistantCopies(tokens=8, distance=distance, strength=0.7)
    ids = world.draw(400, 40, np.random.default_rng(0))
    for back in range(1, 12):
        repeated = (ids[:, back:] == ids[:, :-back])[:, distance:].mean()
        times = back // distance if back % distance == 0 else 0
        expected = 1 / 8 + 7 / 8 * 0.7**times if times else 1 / 8
        assert repeated == pytest.approx(expected, abs=0.02)


def test_at_strength_0_there_is_nothing_to_be_known():
    world = DistantCopies(strength=0.0)
    assert world.floor == pytest.approx(world.blind) == pytest.approx(np.log(16))


def test_the_floor_is_the_entropy_of_what_comes_by_enumeration():
    world = DistantCopies(tokens=5, strength=0.6)
    p = np.full(5, 0.4 / 5)
    p[3] += 0.6  # the source is token 3
    assert p.sum() == pytest.approx(1.0)
    assert world.floor == pytest.approx(-(p * np.log(p)).sum())


def test_the_least_loss_is_the_floor_where_the_source_is_seen():
    """Position p of a segment that begins at 100 asks for token 101 + p."""
    for distance in (1, 3, 12):
        world = DistantCopies(distance=distance)
        for memory in (0, 2, 16):
            for p, least in enumerate(world.least(8, memory)):
                source = 101 + p - distance
                seen = 100 - memory <= source <= 100 + p
                assert least == (world.floor if seen else world.blind)


@pytest.mark.parametrize(
    "wrong", [{"tokens": 1}, {"distance": 0}, {"strength": 1.0}, {"strength": -0.1}]
)
def test_what_cannot_be_drawn_is_refused(wrong):
    with pytest.raises(ValueError, match=r"a strength in \[0, 1\) are needed, got DistantCopies"):
        DistantCopies(**wrong)
