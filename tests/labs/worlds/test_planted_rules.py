"""Texts with a rule: read again word by word, with gaps, and with other words."""

import numpy as np
import pytest

from minillm.labs.worlds.planted_rules import BAD, GAP, GOOD, NOT, START, TOPICS, PlantedRule
from minillm.ops import IGNORE

WORLD = PlantedRule()


def said(words):
    """What a text says, read from left to right: None where it says nothing."""
    for before, word in zip(["", *words], words, strict=False):
        if word in GOOD + BAD:
            return int((word in GOOD) != (before == NOT))
    return None


@pytest.mark.parametrize("gaps", [False, True])
def test_labels_are_what_the_words_say_and_a_coin_where_they_say_nothing(gaps):
    drawn = WORLD.draw(2000, np.random.default_rng(0), gaps=gaps)
    texts = [WORLD.text(row).split() for row in drawn.ids]
    assert (drawn.ids[:, 0] == WORLD.words.index(START)).all()
    read = [said(words) for words in texts]
    silent = np.array([one is None for one in read])
    assert [one for one in read if one is not None] == drawn.labels[~silent].tolist()
    assert silent.any() == gaps == any(GAP in words for words in texts)
    assert not gaps or 0.4 < drawn.labels[silent].mean() < 0.6
    topics = [[TOPICS.index(word) for word in words if word in TOPICS] for words in texts]
    assert [one[0] if one else IGNORE for one in topics] == drawn.topics.tolist()
    assert all(len(one) <= 1 for one in topics)


def test_not_stands_before_the_clue_in_a_third_of_the_texts_and_elsewhere_in_a_third():
    drawn = WORLD.draw(4000, np.random.default_rng(1))
    before = drawn.ids[np.arange(4000), drawn.clue - 1] == WORLD.words.index(NOT)
    somewhere = (drawn.ids == WORLD.words.index(NOT)).sum(axis=1)
    np.testing.assert_array_equal(before, drawn.denied == 1)
    np.testing.assert_array_equal(somewhere, drawn.denied >= 0)
    assert before.mean() == pytest.approx(1 / 3, abs=0.03)
    assert (drawn.denied == 0).mean() == pytest.approx(1 / 3, abs=0.03)
    for kind in (-1, 0, 1):  # "not" alone tells nothing
        assert drawn.labels[drawn.denied == kind].mean() == pytest.approx(0.5, abs=0.05)


def test_what_decides_are_the_words_without_which_the_rule_says_something_else():
    drawn = WORLD.draw(300, np.random.default_rng(2))
    deciding = WORLD.deciding(drawn)
    for t in range(1, drawn.ids.shape[1]):
        without = drawn.ids.copy()
        without[:, t] = 0
        np.testing.assert_array_equal(WORLD.sides(without) != drawn.labels, deciding[:, t])
    assert not deciding[:, 0].any()


def test_with_another_clue_the_rule_says_the_opposite_and_with_another_topic_the_same():
    drawn, rng = WORLD.draw(300, np.random.default_rng(3)), np.random.default_rng(4)
    other = WORLD.with_other_clues(drawn, rng)
    np.testing.assert_array_equal(WORLD.sides(other), 1 - drawn.labels)
    np.testing.assert_array_equal((other != drawn.ids).sum(axis=1), 1)
    moved = WORLD.with_other_topics(drawn, rng)
    np.testing.assert_array_equal(WORLD.sides(moved), drawn.labels)
    np.testing.assert_array_equal((moved != drawn.ids).sum(axis=1), 1)
    assert (WORLD.named_topics(moved) != drawn.topics).all()


def test_a_text_can_be_read():
    row = WORLD.numbers([START, "the", "not", "gripping", "sea"])
    assert WORLD.text(row) == "the not gripping sea"
    assert WORLD.sides(row[None]).tolist() == [0]


@pytest.mark.parametrize("world", [PlantedRule(length=3), PlantedRule(with_gaps=1.5)])
def test_what_cannot_be_drawn_is_refused(world):
    with pytest.raises(ValueError, match="length must be at least 4 and with_gaps from 0 to 1"):
        world.draw(1, np.random.default_rng(0))
