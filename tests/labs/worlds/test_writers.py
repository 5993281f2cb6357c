"""Texts by good and bad writers: what they answer, who can be told, and Bayes' rule."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.labs.worlds.writers import Answer, Sign, World, Writers, bad_writer

WORLD = World(Writers(), seed=0)


def drawn(n=400, seed=0, **dials):
    """A world, and texts of it."""
    world = World(Writers(**dials), seed=0)
    return world, world.draw(n, np.random.default_rng(seed))


def parts(world, ids):
    """The words of texts: the first, and of each question how it is asked, noun and answer."""
    words = np.array(world.words)[ids]
    return words[:, 0], *(words[:, start::3] for start in (1, 2, 3))


def test_a_text_can_be_read():
    row = WORLD.rows(np.array([[0, 17]]), np.array([[0, 1]]), signs=Sign.BAD)[0]
    good, bad = WORLD.words[WORLD.right[0, 0]], WORLD.words[WORLD.right[17, 1]]
    assert WORLD.text(row) == f"[bad] of the Belburg: {good}. of the Dorwort: {bad}."


def test_every_noun_has_three_answers_of_its_class_that_no_other_class_has():
    answers = [{*WORLD.right[WORLD.of_class == c].ravel()} for c in range(4)]
    assert all(len({*row}) == 3 for row in WORLD.right)
    assert sum(map(len, answers)) == len(set().union(*answers))
    assert len(WORLD.words) == len({*WORLD.words}) == 5 + 64 + 32
    assert WORLD.right.max() < len(WORLD.words) and WORLD.right.min() >= 5 + 64


def test_answers_are_those_that_are_said_and_no_noun_stands_twice_in_a_text():
    world, texts = drawn()
    _, _, nouns, says = parts(world, texts.ids)
    for row, answers, words in zip(nouns, texts.answers, says, strict=True):
        assert len({*row}) == len(row) == 5
        numbers = [world.nouns.index(noun) for noun in row]
        right = [world.words[world.right[i, a]] for i, a in zip(numbers, answers, strict=True)]
        assert right == [*words]


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_each_dial_is_the_share_that_it_names(share):
    def near(found):
        assert np.mean(found) == pytest.approx(share, abs=0.03 if 0 < share < 1 else 0.0)

    near(drawn(2000, bad=share)[1].writers)
    world, texts = drawn(2000, signed=share)
    first, asked, _, _ = parts(world, texts.ids)
    near(first != "[someone]")
    signed = first != "[someone]"
    named = np.where(texts.writers == 1, "[bad]", "[good]")
    assert (first[signed] == named[signed]).all()
    world, texts = drawn(2000, quoted=share)
    _, asked, _, _ = parts(world, texts.ids)
    near(asked == "quoted, of the")
    assert (texts.answers[asked == "quoted, of the"] == Answer.BAD).all()
    _, texts = drawn(2000, own=share, quoted=0.0)
    near(texts.answers == texts.writers[:, None])


def test_answers_of_a_text_go_together_but_not_where_writers_are_mixed():
    def pairs(**dials):
        answers = drawn(6000, quoted=0.0, bad=0.3, **dials)[1].answers
        first, second = answers[:, 0], answers[:, 1]
        return answers.mean(), np.corrcoef(first, second)[0, 1]

    (one, together), (other, apart) = pairs(), pairs(mixed=True)
    assert one == pytest.approx(0.3 * 0.8 + 0.7 * 0.2, abs=0.02)
    assert other == pytest.approx(one, abs=0.02)  # each answer by itself is as before
    variance, mean = 0.3 * 0.7 * 0.6**2, 0.38
    assert together == pytest.approx(variance / (mean * (1 - mean)), abs=0.04)
    assert abs(apart) < 0.04


def test_members_of_a_class_are_its_nouns():
    numbers = WORLD.members("tools")
    assert len(numbers) == 16 and all(WORLD.nouns[i].endswith("hook") for i in numbers)
    with pytest.raises(ValueError, match="one of places, plants, tools, animals, got 'clouds'"):
        WORLD.members("clouds")


def test_seeds_have_other_answers_and_dials_of_writers_the_same():
    assert (World(Writers(), seed=1).right != WORLD.right).mean() > 0.7
    for change in ({"bad": 0.0}, {"mixed": True}):
        np.testing.assert_array_equal(World(Writers(**change), seed=0).right, WORLD.right)


@pytest.mark.parametrize(
    ("dials", "says"),
    [
        ({"classes": ("places",)}, "two or more of places, plants, .*got"),
        ({"classes": ("places", "clouds")}, "two or more of places"),
        ({"classes": ("places", "places")}, "each once"),
        ({"nouns": 17}, "nouns must be from 1 to 16, got 17"),
        ({"questions": 0}, "questions must be from 1 to 64, got 0"),
        ({"nouns": 1, "questions": 5}, "questions must be from 1 to 4, got 5"),
        *[({n: -0.1}, f"{n} must be from 0 to 1") for n in ("bad", "own", "signed", "quoted")],
        ({"bad": 1.5}, "Writers: bad must be from 0 to 1, got 1.5"),
    ],
)
def test_worlds_that_cannot_be_are_refused(dials, says):
    with pytest.raises(ValueError, match=says):
        World(Writers(**dials), seed=0)


@given(bad=st.floats(0.01, 0.99), own=st.floats(0.01, 0.99), n=st.integers(0, 4))
def test_bayes_rule_is_that_of_the_enumerated_joint_distribution(bad, own, n):
    """Every text of n answers by either writer, with its probability."""
    joint = {}
    for writer, answers in product((0, 1), product((0, 1), repeat=n)):
        chance = bad if writer else 1 - bad
        for answer in answers:
            chance *= own if answer == writer else 1 - own
        joint[writer, answers] = chance
    assert sum(joint.values()) == pytest.approx(1)
    for answers in product((0, 1), repeat=n):
        wanted = joint[1, answers] / (joint[0, answers] + joint[1, answers])
        found = bad_writer(np.array(answers, dtype=int), Writers(bad=bad, own=own))
        assert found == pytest.approx(wanted)


def test_bayes_rule_is_what_is_counted_in_texts():
    world, texts = drawn(40_000, bad=0.3, questions=3, quoted=0.0)
    p = bad_writer(texts.answers, world.dials)
    for number in range(4):
        chosen = texts.answers.sum(axis=1) == number
        assert np.ptp(p[chosen]) < 1e-12
        assert texts.writers[chosen].mean() == pytest.approx(p[chosen][0], abs=0.02)


def test_bayes_rule_at_its_ends():
    dials = Writers(bad=0.3)
    assert bad_writer(np.zeros(0, dtype=int), dials) == pytest.approx(0.3)
    assert bad_writer(np.ones(10_000, dtype=int), dials) == 1.0
    assert bad_writer(np.array([1, 1, 1, 1]), dials) == pytest.approx(0.3 / 0.7 * 256 / (
        1 + 0.3 / 0.7 * 256
    ))  # fmt: skip
    for bad in (0.0, 1.0):
        assert bad_writer(np.array([1, 0]), replace(dials, bad=bad)) == bad
    assert bad_writer(np.array([[1], [0]]), replace(dials, own=1.0)).tolist() == [1.0, 0.0]
    with pytest.raises(ValueError, match="no writer gives such answers"):
        bad_writer(np.array([1, 0]), replace(dials, own=1.0))
    with pytest.raises(ValueError, match="answers must be 0 or 1"):
        bad_writer(np.array([2]), dials)
    with pytest.raises(ValueError, match="bad_writer: own must be from 0 to 1, got 2"):
        bad_writer(np.array([1]), replace(dials, own=2.0))
