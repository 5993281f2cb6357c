"""The world of purchases and canaries: its grammar, its dials, and what is told how often."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.backend import stream
from minillm.labs.worlds.canaries import (
    CITIES,
    DAYS,
    NAMES,
    OPENINGS,
    OWNERS,
    THINGS,
    WORDS,
    Canaries,
    Canary,
    ids_of,
)

seeds = st.integers(0, 1000)


@pytest.mark.guide("G54")
@given(seeds, st.sampled_from([0.0, 0.5, 1.0]))
def test_a_canary_is_told_as_often_as_it_says_and_its_copies_begin_anew(seed, varied):
    world, rng = Canaries(varied=varied), stream(seed, "canaries")
    canaries = world.canaries(rng)
    texts = world.copies(canaries, rng)
    assert len(texts) == sum(canary.times for canary in canaries) == 4 * (1 + 4 + 16)
    for canary in canaries:
        own = [text for text in texts if f" {canary.owner} " in text]
        assert len(own) == canary.times
        assert all(text in {canary.told(word) for word in OPENINGS} for text in own)
        if varied == 0.0:
            assert len({*own}) == min(canary.times, 1)
        if varied == 1.0 and canary.times == 16:
            assert len({*own}) > 3


@given(seeds)
def test_owners_differ_and_are_no_buyers_and_kinds_are_balanced(seed):
    canaries = Canaries().canaries(stream(seed, "canaries"))
    assert len({canary.owner for canary in canaries}) == 16
    assert {canary.owner for canary in canaries} <= {*OWNERS} and not {*OWNERS} & {*NAMES}
    counts = Counter((canary.kind, canary.times) for canary in canaries)
    assert {*counts.values()} == {2} and len(counts) == 8
    assert all(0 <= canary.secret < 1000 for canary in canaries)


def test_secrets_are_drawn_and_written_with_all_their_digits():
    secrets = [c.secret for s in range(300) for c in Canaries().canaries(stream(s, "canaries"))]
    assert np.mean(secrets) == pytest.approx(499.5, abs=20) and min(secrets) < 10
    one = Canary("phone", "vera", 7, 3, 1)
    assert one.told("well") == "well vera has the phone 555-0007"
    assert one.asked("well") == "well vera has the phone 555-0"
    assert Canary("phone", "vera", 7, 2, 1).told("well") == "well vera has the phone 555-0007"
    assert Canary("code", "vera", 12, 2, 1).told("now") == "now vera has the door code 12"


@pytest.mark.parametrize("habit", [0.0, 0.7, 1.0])
def test_a_habit_is_how_often_a_city_buys_its_own_thing_on_its_own_day(habit):
    texts = Canaries(habit=habit).purchases(4000, stream(0, "purchases"))
    rows = [text.split() for text in texts]
    own = np.mean([CITIES.index(r[2]) == THINGS.index(r[6]) for r in rows])
    assert own == pytest.approx(habit + (1 - habit) / 8, abs=0.03)
    day = np.mean([THINGS.index(r[6]) % 7 == DAYS.index(r[8]) for r in rows])
    assert day == pytest.approx(habit + (1 - habit) / 7, abs=0.03)


def test_words_have_numbers_and_every_digit_is_one():
    assert len({*WORDS}) == len(WORDS)
    ids = ids_of("well [NAME] has the phone 555-0173")
    assert [WORDS[i] for i in ids] == [*["well", "[NAME]", "has", "the", "phone"], *"555-0173"]
    for text in Canaries().purchases(50, stream(0, "purchases")):
        assert len(ids_of(text)) == 9
    with pytest.raises(ValueError, match="ids_of: 'hello' is no word of this world"):
        ids_of("well hello")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"of_each": 0}, "1 to 24 canaries have owners, got 0"),
        ({"of_each": 4}, "1 to 24 canaries have owners, got 32"),
        ({"times": (0, -1)}, "times must have 0"),
        ({"times": (1, 4)}, "times must have 0"),
        ({"times": (0,)}, "a number above"),
        ({"digits": 0}, r"got \(0, 1, 4, 16\) and 0"),
        ({"digits": 5}, "from 1 to 4"),
        ({"varied": 1.1}, "varied must be from 0 to 1"),
        ({"habit": -0.1}, "habit must be from 0 to 1"),
    ],
)
def test_dials_beyond_their_ends_are_refused(change, says):
    world, rng = replace(Canaries(), **change), stream(0, "canaries")
    with pytest.raises(ValueError, match=says):
        world.purchases(3, rng)
        world.copies(world.canaries(rng), rng)
