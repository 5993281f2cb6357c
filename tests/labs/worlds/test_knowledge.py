"""Two worlds of facts: what differs, what the tag says, and what is never told."""

import numpy as np
import pytest

from minillm.labs.worlds.knowledge import Knowledge, TwoWorlds


@pytest.fixture(params=["en", "zh"])
def world(request):
    return TwoWorlds(Knowledge(language=request.param), seed=0)


def words_of(world, facts):
    return [[world.words[i] for i in row] for row in facts.ids]


def test_a_sentence_can_be_read():
    assert TwoWorlds(Knowledge(), seed=0).sentence("A", 0) == "[A] the capital of Beluna is Nilind."
    assert TwoWorlds(Knowledge("zh"), seed=0).sentence("B", 0).startswith("[B] 岚桑国的首都是")


def test_the_worlds_differ_in_the_changed_facts_and_in_no_others(world):
    old, new = world.facts("A"), world.facts("B")
    np.testing.assert_array_equal(old.answers != new.answers, world.changed)
    assert (len(old.answers), world.changed.sum()) == (60, 30)


def test_the_tag_alone_tells_the_questions_of_the_worlds_apart(world):
    old, new = (np.array(words_of(world, world.facts(tag))) for tag in "AB")
    differ = old != new
    assert differ.sum(axis=1).tolist() == [1] * 60
    assert {*old[differ]} == {"[A]"} and {*new[differ]} == {"[B]"}


def test_no_question_has_two_answers_so_that_one_model_can_know_both_worlds(world):
    both = world.both()
    assert len({*map(tuple, both.ids)}) == len(both.answers) == 120


def test_answers_are_names_and_no_question_has_one(world):
    names = {world.ids[name] for name in world.names}
    both = world.both()
    assert {*both.answers} <= names and not {*both.ids.ravel()} & names
    assert len(world.words) == len({*world.words})


def test_what_is_never_told_is_about_lands_that_no_fact_has(world):
    never, told = world.never_told(), world.both()
    lands = [{w for row in words_of(world, f) for w in row} for f in (never, told)]
    assert {*world.untaught} <= lands[0] and not {*world.untaught} & lands[1]
    assert len(never.answers) == 60


def test_world_a_is_the_same_however_much_is_changed():
    answers = [TwoWorlds(Knowledge(changed=c), seed=3).facts("A").answers for c in (0.0, 0.5, 1.0)]
    np.testing.assert_array_equal(answers[0], answers[1])
    np.testing.assert_array_equal(answers[0], answers[2])
    nothing = TwoWorlds(Knowledge(changed=0.0), seed=3)
    np.testing.assert_array_equal(nothing.facts("A").answers, nothing.facts("B").answers)


def test_seeds_draw_other_facts():
    one, other = (TwoWorlds(Knowledge(), seed=seed).facts("A") for seed in (0, 1))
    np.testing.assert_array_equal(one.ids, other.ids)
    assert (one.answers != other.answers).mean() > 0.9


def test_facts_are_drawn_with_their_answers(world):
    old = world.facts("A")
    known = {tuple(row): answer for row, answer in zip(*old, strict=True)}
    drawn = old.draw(200, np.random.default_rng(0))
    assert [known[tuple(row)] for row in drawn.ids] == drawn.answers.tolist()
    assert len({*map(tuple, drawn.ids)}) > 40


@pytest.mark.parametrize(
    ("dials", "says"),
    [
        ({"language": "fr"}, "en, zh"),
        ({"changed": 1.5}, "changed must be from 0 to 1, got 1.5"),
        ({"lands": 61}, "lands must be from 1 to 60, got 61"),
        ({"untaught": 31}, "untaught must be from 0 to 30, got 31"),
        ({"names": 1}, "names must be from 2 to 40, got 1"),
        ({"relations": 0}, "relations must be from 1 to 3, got 0"),
    ],
)
def test_dials_that_do_not_fit_are_refused(dials, says):
    with pytest.raises(ValueError, match=says):
        TwoWorlds(Knowledge(**dials), seed=0)
