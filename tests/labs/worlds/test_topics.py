"""Planted topics: what is drawn has the chances that are said, and the dial has two ends."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.labs.worlds.topics import Topics

WORLDS = st.builds(
    Topics,
    topics=st.integers(2, 4),
    words=st.integers(1, 4),
    purity=st.floats(0.5, 1.0),
    skew=st.sampled_from([0.0, 1.0]),
)


def drawn(world, n=20_000, length=4, seed=0):
    return world.draw(n, length, np.random.default_rng(seed))


@given(WORLDS)
def test_chances_sum_to_1_and_fit_each_other(world):
    assert world.shares.sum(axis=1) == pytest.approx(1.0)
    chances = world.pair_chances
    assert chances.sum() == pytest.approx(1.0)
    np.testing.assert_allclose(chances, chances.T, atol=1e-15)
    np.testing.assert_allclose(chances.sum(axis=0), world.shares.mean(axis=0), atol=1e-12)


@pytest.mark.parametrize("world", [Topics(3, 4, 0.6, 1.0), Topics(2, 3, 0.95)])
def test_words_and_pairs_come_as_often_as_said(world):
    """χ²: for n cells about n, and twice that beyond any doubt."""
    ids, topics = drawn(world)
    size = world.topics * world.words
    assert np.bincount(topics) / len(topics) == pytest.approx(1 / world.topics, abs=0.02)
    for topic in range(world.topics):
        first = ids[topics == topic][:, 0]
        expected = world.shares[topic] * len(first)
        assert ((np.bincount(first, minlength=size) - expected) ** 2 / expected).sum() < 3 * size
    pairs = np.bincount(ids[:, 1] * size + ids[:, 3], minlength=size**2)
    expected = world.pair_chances.ravel() * len(ids)
    assert ((pairs - expected) ** 2 / expected).sum() < 1.5 * size**2


def test_at_one_end_topics_never_mix():
    world = Topics(topics=3, words=4, purity=1.0)
    ids, topics = drawn(world)
    assert (world.topic_of_word[ids] == topics[:, None]).all()
    same = world.topic_of_word[:, None] == world.topic_of_word
    np.testing.assert_allclose(world.pmi[same], np.log(3))
    assert np.isneginf(world.pmi[~same]).all()


def test_at_the_other_end_words_stand_beside_each_other_by_chance():
    world = Topics(topics=3, words=4, purity=1 / 3, skew=1.0)
    np.testing.assert_allclose(world.pmi, 0, atol=1e-12)
    ids, topics = drawn(world)
    right = (world.topic_of_word[ids] == topics[:, None]).mean()
    assert right == pytest.approx(1 / 3, abs=0.01)


def test_between_them_pmi_grows_with_the_purity():
    found = [Topics(purity=purity).pmi[0, 1] for purity in (0.5, 0.7, 0.9, 1.0)]
    assert found[0] == pytest.approx(0, abs=1e-12) and found[3] == pytest.approx(np.log(2))
    assert (np.diff(found) > 0.1).all()


def test_skew_makes_the_first_words_frequent():
    shares = Topics(topics=2, words=3, purity=1.0, skew=1.0).shares
    np.testing.assert_allclose(shares[0], np.array([6, 3, 2, 0, 0, 0]) / 11)


def test_a_seed_gives_the_same_sentences():
    world = Topics()
    assert np.array_equal(drawn(world)[0], drawn(world)[0])
    assert not np.array_equal(drawn(world)[0], drawn(world, seed=1)[0])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"topics": 1}, "needs 2 topics and a word of each, got 1 and 10"),
        ({"words": 0}, "got 2 and 0"),
        ({"purity": 0.4}, "purity must be from 1 / 2 to 1, got 0.4"),
        ({"purity": 1.1}, "got 1.1"),
        ({"purity": float("nan")}, "got nan"),
    ],
)
def test_topics_that_cannot_be_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        Topics(**settings)
