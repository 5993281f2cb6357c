"""Dialogues have one right answer, splits that stay apart, and worse answers that are worse."""

import numpy as np
import pytest

from minillm.text.corpora import load_dialogues, preferences, statements
from minillm.text.corpora.dialogues import talk_of, worse_answers

LANGUAGES = ("en", "zh")


def facts(language):
    """Every right answer of the language, in lower case."""
    return {
        topic.answer.format(asked=asked, right=right).lower()
        for topic in talk_of(language).topics
        for asked, right in topic.rows
    }


def test_dialogues_by_example():
    question = load_dialogues("en").test[0]
    assert [role for role, _ in question.answered] == ["user", "assistant", "user", "assistant"]
    assert question.answered[-1].content == question.right
    known = {q.asked[-1].content: q.right for split in load_dialogues("en") for q in split}
    assert known["And the opposite of cold?"] == "The opposite of cold is hot."


@pytest.mark.parametrize("language", LANGUAGES)
def test_splits_are_of_their_sizes_and_share_no_question(language):
    splits = load_dialogues(language, seed=3)
    assert [len(split) for split in splits] == [800, 100, 200]
    asked = [{question.asked for question in split} for split in splits]
    assert sum(map(len, asked)) == len(set().union(*asked)) == 1100
    assert [sum(len(q.asked) == 1 for q in split) for split in splits] == [80, 10, 20]
    openings = {q.asked[0].content for split in splits for q in split if len(q.asked) == 3}
    assert not openings & {q.asked[0].content for q in splits.test if len(q.asked) == 1}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_right_is_a_fact_and_what_is_wrong_is_none(language):
    true = facts(language)
    for question in load_dialogues(language).train:
        assert question.right.lower() in true and question.wrong
        assert not {answer.lower() for answer in question.wrong} & true
        if len(question.asked) == 3:
            assert question.asked[1].content.lower() in true
            assert question.asked[1].content != question.right


@pytest.mark.parametrize(
    ("language", "asked", "right"),
    [
        ("en", "And a frog?", {"A frog is green.", "The young of a frog is a tadpole."}),
        ("zh", "羊呢？", {"羊是白色的。", "羊住在羊圈里。"}),
    ],
)
def test_a_second_question_is_understood_only_behind_the_first(language, asked, right):
    splits = load_dialogues(language)
    assert {q.right for split in splits for q in split if q.asked[-1].content == asked} == right


@pytest.mark.parametrize("language", LANGUAGES)
def test_draws_are_repeated_by_the_seed_and_sizes_do_not_disturb_each_other(language):
    one, other = load_dialogues(language, seed=1), load_dialogues(language, seed=2)
    assert one == load_dialogues(language, seed=1) != other
    assert set(load_dialogues(language, seed=1, sizes=(10, 100, 200)).test) == set(one.test)
    assert statements(language, seed=1) == statements(language, seed=1, size=2000)
    assert statements(language, seed=1, size=50) != statements(language, seed=2, size=50)


@pytest.mark.parametrize("language", LANGUAGES)
def test_statements_say_every_row_before_one_is_said_twice(language):
    every = {
        form.format(asked=asked, right=right).lower()
        for topic in talk_of(language).topics
        for asked, right in topic.rows
        for form in topic.statements
    }
    lines = [line.lower() for line in statements(language, size=1000)]
    assert len(lines) == 1000 and set(lines) == every
    questions = {q.asked[-1].content for q in load_dialogues(language).train}
    assert not questions & set(statements(language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_worse_answers_are_of_three_kinds_and_never_the_right_one(language):
    train = load_dialogues(language).train
    pairs = preferences(train, language, rng=np.random.default_rng(0))
    assert [(p.asked, p.chosen) for p in pairs] == [(q.asked, q.right) for q in train]
    kinds = {"wrong": 0, "said twice": 0, "chatty": 0}
    for question, pair in zip(train, pairs, strict=True):
        assert pair.rejected != pair.chosen
        if pair.rejected in question.wrong:
            kinds["wrong"] += 1
        else:
            assert pair.rejected.endswith(pair.chosen)
            kinds["said twice" if pair.rejected.startswith(pair.chosen) else "chatty"] += 1
    assert list(kinds) == list(worse_answers(language))
    assert min(kinds.values()) > 0.8 * len(train) / 3


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: load_dialogues("fr"), "no dialogues in 'fr'; there are 'en', 'zh'"),
        (lambda: load_dialogues("en", sizes=(1, 2)), "sizes must be three that are not negative"),
        (lambda: load_dialogues("en", sizes=(1, -2, 0)), "that are not negative, got"),
        (lambda: load_dialogues("en", sizes=(0, 0, 9999)), "too many for test: 1000 of them would"),
        (lambda: statements("de"), "no dialogues in 'de'"),
        (lambda: statements("en", size=-1), "size must not be negative, got -1"),
        (lambda: preferences([], "fr", rng=np.random.default_rng(0)), "no dialogues in 'fr'"),
    ],
)
def test_what_cannot_be_drawn_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_a_seed_is_no_generator():
    with pytest.raises(TypeError, match="rng must be a np"):
        preferences([], "en", rng=0)
