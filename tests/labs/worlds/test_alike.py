"""Words that may stand for each other: the label stays, whatever is swapped."""

import numpy as np
import pytest

from minillm.labs.worlds.alike import alike, with_alike
from minillm.labs.worlds.lexicons import Lexicons


@pytest.fixture(params=["en", "zh"])
def world(request):
    return Lexicons(request.param)


def label_of(world, row):
    """What most opinions of a review say, by looking its words up."""
    good = {word for lexicon in world.sides for word in lexicon[1]}
    bad = {word for lexicon in world.sides for word in lexicon[0]}
    words = [world.words[i] for i in row]
    return int(sum(word in good for word in words) > sum(word in bad for word in words))


@pytest.mark.guide("G56")
def test_no_swap_changes_what_a_review_says(world):
    rng = np.random.default_rng(0)
    reviews, allowed = world.draw(50, 0.5, rng), alike(world)
    for row, label in zip(reviews.ids, reviews.labels, strict=True):
        other = row.copy()
        for place, word in enumerate(row):
            choices = np.flatnonzero(allowed[word])
            if len(choices):
                other[place] = rng.choice(choices)
        assert label_of(world, other) == label == label_of(world, row)
        assert (other != row)[[2, 5, 8]].sum() == 0  # the signs


def test_words_of_one_kind_are_alike_and_of_two_they_are_not(world):
    allowed = alike(world)
    np.testing.assert_array_equal(allowed, allowed.T)
    others = len(world.words) - 90  # signs, and what stands in other texts
    assert sorted(allowed.sum(axis=1).tolist()) == [0] * others + [10] * 10 + [40] * 80
    assert allowed.any(axis=1).sum() == 90 and allowed.diagonal().sum() == 90


@pytest.mark.parametrize("rate", [0.0, 0.4, 1.0])
def test_as_many_words_are_replaced_as_are_to_be_each_by_any_of_its_kind(world, rate):
    rng, allowed = np.random.default_rng(1), alike(world)
    ids = world.draw(400, 0.0, rng).ids
    other = with_alike(ids, allowed, rate, rng)
    np.testing.assert_array_equal(other[:, 2::3], ids[:, 2::3])
    changed = other != ids
    assert allowed[ids, other][changed].all()
    assert changed[:, ::3].mean() == pytest.approx(rate * 9 / 10, abs=0.04)
    assert changed[:, 1::3].mean() == pytest.approx(rate * 39 / 40, abs=0.04)
    if rate == 1.0:  # half of all words of a side are those of tools, which the texts had not
        tools = np.isin(other[:, 1::3], world.opinions[1])
        assert tools.mean() == pytest.approx(0.5, abs=0.05)
