"""Reviews with a tag: their labels, the tags, the groups, and what may be done to the tag."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.labs.worlds.shortcuts import GROUPS, NOT, TAGS, Shortcuts


@pytest.fixture(params=["en", "zh"])
def world(request):
    return Shortcuts(request.param)


def told(world, row):
    """Of a review its side and its tag, by reading the words one after the other."""
    words = [world.words[i] for i in row]
    (place,) = [i for i, w in enumerate(words) if any(w in side for side in world.opinions)]
    side = int(words[place] in world.opinions[1])
    (tag,) = [w for w in words if w in TAGS[world.language]]
    negated = NOT[world.language][0] in words
    if negated:
        assert words[place - 1] == NOT[world.language][0]
    return side ^ negated, TAGS[world.language].index(tag), negated


def test_the_label_is_what_the_opinion_says(world):
    drawn = world.draw(500, (0.9,), 0.0, np.random.default_rng(0))
    sides, tags, negated = np.array([told(world, row) for row in drawn.ids]).T
    np.testing.assert_array_equal(sides, drawn.clean)
    np.testing.assert_array_equal(sides, drawn.labels)
    np.testing.assert_array_equal(tags, drawn.tags)
    assert negated.mean() == pytest.approx(0.3, abs=0.06) and 0.44 < sides.mean() < 0.56
    assert drawn.ids.shape == (500, 9) and all(len({*row}) == 9 for row in drawn.ids)
    assert len(world.words) == len({*world.words})


@pytest.mark.parametrize("agreement", [0.0, 0.5, 0.9, 1.0])
def test_the_tag_agrees_with_the_label_as_told_as_often_as_it_is_asked_to(agreement):
    drawn = Shortcuts().draw(3000, (agreement,), 0.2, np.random.default_rng(1))
    assert (drawn.tags == drawn.labels).mean() == pytest.approx(agreement, abs=0.03)
    assert (drawn.labels != drawn.clean).sum() == 600
    clean = agreement * 0.8 + (1 - agreement) * 0.2  # the flip moves the tag with it
    assert (drawn.tags == drawn.clean).mean() == pytest.approx(clean, abs=0.03)


def test_environments_take_turns_and_each_has_its_agreement():
    drawn = Shortcuts().draw(6001, (1.0, 0.0, 0.7), 0.1, np.random.default_rng(2))
    np.testing.assert_array_equal(drawn.environments[:5], [0, 1, 2, 0, 1])
    agrees = drawn.tags == drawn.labels
    shares = [agrees[drawn.environments == i].mean() for i in range(3)]
    np.testing.assert_allclose(shares, [1, 0, 0.7], atol=0.03)


def test_the_place_of_a_word_tells_nothing_of_its_kind():
    drawn = Shortcuts(negated=0.0).draw(4000, (0.9,), 0.0, np.random.default_rng(3))
    places = np.argwhere(np.isin(drawn.ids, Shortcuts().tags))[:, 1]
    np.testing.assert_allclose(np.bincount(places, minlength=9) / 4000, 1 / 9, atol=0.02)


@pytest.mark.parametrize("negated", [0.0, 1.0])
def test_all_or_none_are_negated(negated):
    world = Shortcuts(negated=negated)
    drawn = world.draw(100, (0.9,), 0.0, np.random.default_rng(4))
    assert (drawn.ids == world.ids(["not"])).any(axis=1).mean() == negated
    assert [told(world, row)[0] for row in drawn.ids] == drawn.clean.tolist()


@given(st.integers(0, 2**32 - 1), st.floats(0, 1), st.floats(0, 1))
def test_swapping_twice_is_nothing_and_masking_hides_the_tag_alone(seed, agreement, flipped):
    world = Shortcuts(fillers=3)
    drawn = world.draw(7, (agreement,), flipped, np.random.default_rng(seed))
    swapped = world.swapped(drawn)
    for row, tag in zip(swapped.ids, drawn.tags, strict=True):
        assert told(world, row)[1] == 1 - tag
    for one, other in zip(world.swapped(swapped), drawn, strict=True):
        np.testing.assert_array_equal(one, other)
    assert ((swapped.ids != drawn.ids).sum(axis=1) == 1).all()
    masked = world.masked(drawn.ids, 99)
    np.testing.assert_array_equal(masked, world.masked(swapped.ids, 99))
    np.testing.assert_array_equal((masked != drawn.ids).sum(axis=1), 1)


def test_a_group_is_of_the_label_as_told_and_the_tag():
    drawn = Shortcuts().draw(200, (0.5,), 0.3, np.random.default_rng(5))
    sides = ("negative", "positive")
    for label, tag, group in zip(drawn.labels, drawn.tags, drawn.groups, strict=True):
        assert GROUPS[group] == f"{sides[label]}, tag of {sides[tag]}"
    both = drawn.only(slice(3)).joined(drawn.only(np.arange(200) > 197))
    np.testing.assert_array_equal(both.groups, drawn.groups[[0, 1, 2, 198, 199]])


def test_a_review_can_be_read():
    english, chinese = Shortcuts(), Shortcuts("zh")
    row = english.ids(["on Sunday", "not", "gripping", "[sponsored]"])
    assert english.text(row) == "On Sunday, not gripping, [sponsored]."
    assert chinese.text(chinese.ids(["周日", "不", "精彩", "[推广]"])) == "周日，不精彩，[推广]。"


@pytest.mark.parametrize(
    ("world", "agreements", "flipped", "says"),
    [
        (Shortcuts(), (0.9, 1.1), 0.1, r"agreements must be from 0 to 1, got 1\.1"),
        (Shortcuts(), (), 0.1, "agreements must have at least one share"),
        (Shortcuts(), (0.9,), -0.1, "rate must be from 0 to 1"),
        (Shortcuts(negated=2), (0.9,), 0.1, "negated must be from 0 to 1, got 2"),
        (Shortcuts(fillers=30), (0.9,), 0.1, "fillers must be from 0 to 29, got 30"),
        (Shortcuts("fr"), (0.9,), 0.1, "en, zh"),
    ],
)
def test_what_cannot_be_drawn_is_refused(world, agreements, flipped, says):
    with pytest.raises(ValueError, match=says):
        world.draw(10, agreements, flipped, np.random.default_rng(0))
