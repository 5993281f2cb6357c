"""Texts of many lengths: their labels, how long they are, and how often they judge."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.labs.worlds.lengths import PADDING, TASKS, Asked, Lengths


@pytest.fixture(params=["en", "zh"])
def world(request):
    return Lengths(request.param)


def opinions(world, row):
    """The sides of the opinions of a text, in order: by looking its words up."""
    side = {word: i for i, words in enumerate(world.sides) for word in words}
    words = [world.words[i] for i in row]
    return [side[word] for word in words if word in side]


def n_words(ids):
    return (ids != 0).sum(axis=1) - 1


def test_every_word_is_there_once_and_padding_comes_first(world):
    assert world.words[0] == PADDING and len(world.words) == len({*world.words}) == 34
    assert world.n_fillers == 16 and [len(side) for side in world.sides] == [8, 8]
    sides = world.side(np.arange(34))
    assert sides.tolist() == [-1] * 18 + [0] * 8 + [1] * 8


@given(
    st.integers(1, 6), st.integers(0, 8), st.integers(0, 10**6), st.sampled_from([0.0, 0.3, 1.0])
)
def test_the_labels_are_the_last_opinion_and_the_first(shortest, more, seed, often):
    world = Lengths(often=often)
    drawn = world.draw(20, shortest, shortest + more, np.random.default_rng(seed))
    assert drawn.ids.shape == (20, shortest + more + 1) and drawn.labels.shape == (20, len(TASKS))
    for row, (last, first) in zip(drawn.ids, drawn.labels, strict=True):
        said = opinions(world, row)
        assert (said[-1], said[0]) == (last, first)
        assert world.words[row[-1]] == "?" and (np.diff(row != 0) >= 0).all()
        words = (row != 0).sum() - 1
        assert shortest <= words <= shortest + more
        assert len(said) == {0.0: 1, 1.0: words}.get(often, len(said))


def test_all_lengths_are_as_frequent_and_opinions_as_the_dial_says(world):
    drawn = world.draw(6000, 4, 12, np.random.default_rng(0))
    counts = np.bincount(n_words(drawn.ids), minlength=13)[4:]
    assert len(counts) == 9 and abs(counts / 6000 - 1 / 9).max() < 0.02
    long = world.draw(1000, 48, 48, np.random.default_rng(1))
    assert (world.side(long.ids) >= 0).sum() / 48000 == pytest.approx(0.35, abs=0.01)
    assert 0.45 < long.labels.mean() < 0.55


def test_how_far_the_last_opinion_stands_does_not_depend_on_the_length_but_the_first_does(world):
    def distances(n):
        judging = world.side(world.draw(4000, n, n, np.random.default_rng(n)).ids) >= 0
        return judging[:, ::-1].argmax(axis=1).mean(), n - judging.argmax(axis=1).mean()

    (short_last, short_first), (long_last, long_first) = distances(12), distances(48)
    assert long_last == pytest.approx(short_last, abs=0.15)
    assert long_first > short_first + 30


def test_a_text_can_be_read():
    world = Lengths()
    row = [0, 0, *(world.words.index(word) for word in ("still", "dull", "now", "gripping", "?"))]
    assert world.text(np.array(row)) == "still dull now gripping ?"
    assert Asked(np.array([row]), np.array([[1, 0]])).only(slice(0)).ids.shape == (0, 7)


def test_what_cannot_be_drawn_is_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="got shortest 5 and longest 4"):
        Lengths().draw(1, 5, 4, rng)
    with pytest.raises(ValueError, match="got shortest 0"):
        Lengths().draw(1, 0, 4, rng)
    with pytest.raises(ValueError, match=r"often must be from 0 to 1, got 1\.5"):
        Lengths(often=1.5).draw(1, 4, 4, rng)
    with pytest.raises(ValueError, match="opinions must be from 1 to 20, got 21"):
        Lengths(opinions=21).draw(1, 4, 4, rng)
    with pytest.raises(ValueError, match="en, zh"):
        Lengths("fr").draw(1, 4, 4, rng)
