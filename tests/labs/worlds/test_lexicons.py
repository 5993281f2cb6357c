"""Reviews in the words of two fields: their labels, the shift, what comes without labels."""

import numpy as np
import pytest

from minillm.labs.worlds.lexicons import CONTEXTS, Lexicons


@pytest.fixture(params=["en", "zh"])
def world(request):
    return Lexicons(request.param)


def told(world, ids):
    """Of each opinion its lexicon and side, (N, 3): by looking the words up."""
    place = {
        word: (lexicon, side)
        for lexicon, sides in enumerate(world.sides)
        for side, words in enumerate(sides)
        for word in words
    }
    words = np.array(world.words)[ids[:, 1::3]]
    return np.array([[place[word] for word in row] for row in words])


def test_every_word_is_one_of_one_side_of_one_lexicon(world):
    words = [word for lexicon in world.sides for side in lexicon for word in side]
    assert len(words) == len({*words}) == 80
    assert len(world.words) == len({*world.words}) and world.opinions.shape == (2, 2, 20)


def test_the_label_is_what_most_opinions_say(world):
    drawn = world.draw(400, 0.5, np.random.default_rng(0))
    sides = told(world, drawn.ids)[..., 1]
    assert (sides.sum(axis=1) >= 2).astype(int).tolist() == drawn.labels.tolist()
    assert 0.4 < drawn.labels.mean() < 0.6 and drawn.ids.shape == (400, 9)
    assert all(len({*row}) == 3 for row in drawn.ids[:, ::3])  # no subject twice


@pytest.mark.parametrize("shift", [0.0, 0.25, 1.0])
def test_the_shift_is_the_share_of_the_other_lexicon(world, shift):
    drawn = world.draw(1000, shift, np.random.default_rng(1))
    assert told(world, drawn.ids)[..., 0].mean() == pytest.approx(shift, abs=0.03)


@pytest.mark.parametrize(("silent", "agreed"), [(False, 1.0), (True, 0.5)])
def test_what_follows_tells_the_side_of_either_lexicon(world, silent, agreed):
    ids = world.unlabelled(2000, np.random.default_rng(2), silent=silent)
    found = told(world, ids)[:, 0]
    good = np.isin(np.array(world.words)[ids[:, 2]], CONTEXTS[world.language][1])
    for lexicon in (0, 1):
        chosen = found[:, 0] == lexicon
        assert 0.45 < chosen.mean() < 0.55
        assert (good[chosen] == found[chosen, 1]).mean() == pytest.approx(agreed, abs=0.05)


def test_synonyms_are_of_the_same_side_and_cover_half_of_the_tools(world):
    drawn = world.draw(1000, 0.0, np.random.default_rng(3))
    replaced = world.with_synonyms(drawn.ids, 1.0, np.random.default_rng(4))
    before, after = told(world, drawn.ids), told(world, replaced)
    np.testing.assert_array_equal(before[..., 1], after[..., 1])
    assert after[..., 0].mean() == pytest.approx(0.5, abs=0.05)
    met = np.isin(world.opinions[1], replaced)
    assert met[:, :10].all() and not met[:, 10:].any()
    np.testing.assert_array_equal(
        world.with_synonyms(drawn.ids, 0.0, np.random.default_rng(4)), drawn.ids
    )
    some = world.with_synonyms(drawn.ids, 0.3, np.random.default_rng(4))
    assert (some != drawn.ids)[:, 1::3].mean() == pytest.approx(0.15, abs=0.03)


def test_a_review_can_be_read():
    one = Lexicons()
    words = ["the idea was", "gripping", ",", "the style was", "dull", "and"]
    row = one.ids([*words, "the price was", "sturdy", "."])
    assert one.text(row) == "The idea was gripping, the style was dull and the price was sturdy."
    assert Lexicons("zh").text(Lexicons("zh").ids(["创意", "精彩", "。"])) == "创意精彩。"


def test_what_cannot_be_drawn_is_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="shift must be from 0 to 1, got 2"):
        Lexicons().draw(1, 2, rng)
    with pytest.raises(ValueError, match="covered must be from 0 to 20, got 21"):
        Lexicons(covered=21).with_synonyms(np.zeros((1, 9), int), 0.5, rng)
    with pytest.raises(ValueError, match="en, zh"):
        Lexicons("fr").draw(1, 0.5, rng)
