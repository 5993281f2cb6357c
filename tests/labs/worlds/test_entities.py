"""The lands of the atlas: what is told of whom, in which phrasing, and what is contradicted."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.labs.worlds.entities import GROUPS, Atlas, Entities
from minillm.labs.worlds.knowledge import Facts

SMALL = Entities(known=5, held=3, unknown=4, spare=2, more=3, unseen=2, names=7)


@pytest.fixture(params=["en", "zh"])
def atlas(request):
    return Atlas(replace(SMALL, language=request.param), seed=0)


def rows(facts):
    return [(*map(int, row),) for row in facts.ids]


def test_a_question_and_its_answer_can_be_read():
    atlas = Atlas(Entities(), seed=0)
    told = atlas.told([0])
    assert {atlas.text(*pair).split(" ")[0] for pair in zip(*told, strict=True)} <= {
        *("The", "In", "Beluna", "They")
    }
    atlas.asked_in[:] = 1
    first = atlas.told([0])
    name = atlas.words[first.answers[0]]
    assert atlas.text(first.ids[0], first.answers[0]) == f"The capital of Beluna is {name}."
    chinese = Atlas(Entities("zh"), seed=0)
    chinese.asked_in[:] = 1
    told = chinese.told([0])
    assert chinese.text(told.ids[0], told.answers[0]).startswith("岚桑国的首都就是")


def test_every_fact_is_told_in_all_phrasings_but_the_one_in_which_it_is_asked(atlas):
    every = np.arange(19)
    for told, asked, things in (
        (atlas.told(every), atlas.asked(every), 2),
        (atlas.coloured(every), atlas.asked_colour(every), 1),
    ):
        assert len({*rows(told)}) == 19 * things * 3 and len({*rows(asked)}) == 19 * things
        assert not {*rows(told)} & {*rows(asked)}
        about = [frozenset(row) for row in rows(told)]  # the same words but for the phrasing
        names = {atlas.ids[w] for w in (*atlas.entities, *atlas.things, atlas.told_of_all)}
        keys = [row & names for row in about]
        assert all(keys.count(frozenset(row) & names) == 3 for row in rows(asked))


def test_each_group_has_its_own_lands(atlas):
    assert [*atlas.lands] == GROUPS
    assert [len(lands) for lands in atlas.lands.values()] == [5, 3, 4, 2, 3, 2]
    together = np.concatenate([*atlas.lands.values()])
    np.testing.assert_array_equal(together, np.arange(len(atlas.entities)))
    words = [{w for row in rows(atlas.told(one)) for w in row} for one in atlas.lands.values()]
    lands = [{atlas.ids[atlas.entities[i]] for i in one} for one in atlas.lands.values()]
    for i, of_group in enumerate(words):
        assert lands[i] <= of_group
        assert not any(lands[j] & of_group for j in range(len(GROUPS)) if j != i)


def test_no_word_has_two_meanings_and_the_last_candidate_is_not_knowing(atlas):
    assert len({*atlas.words}) == len(atlas.words) == len(atlas.ids)
    assert [atlas.words[i] for i in atlas.candidates[:-1]] == atlas.names
    assert atlas.words[atlas.candidates[-1]] in ("unknown", "不知道")
    assert atlas.candidates[-1] not in {*atlas.told(np.arange(19)).answers}


def test_what_is_not_known_has_the_questions_of_what_would_be_told(atlas):
    told, silent = atlas.told([3, 4]), atlas.not_known([3, 4])
    np.testing.assert_array_equal(told.ids, silent.ids)
    assert {*silent.answers} == {atlas.candidates[-1]}


@given(st.floats(0, 1), st.integers(0, 5))
def test_so_many_facts_are_contradicted_in_one_sentence_of_three(share, seed):
    atlas = Atlas(replace(SMALL, contradicted=share), seed=seed)
    assert atlas.contradicted.sum() == round(share * 19 * 2)
    answers = atlas.told(np.arange(19)).answers.reshape(-1, 3)
    truth = atlas.asked(np.arange(19)).answers
    wrong = (answers != truth[:, None]).sum(axis=1)
    np.testing.assert_array_equal(wrong, atlas.contradicted.ravel())


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_cleaning_leaves_what_most_say_and_needs_no_truth(share):
    atlas = Atlas(replace(SMALL, contradicted=share), seed=1)
    told = atlas.told(np.arange(19))
    both = Facts(*(np.concatenate(p) for p in zip(told, atlas.coloured([0, 1]), strict=True)))
    kept = atlas.cleaned(both)
    assert len(kept.answers) == len(both.answers) - atlas.contradicted.sum()
    clean = Atlas(replace(SMALL, contradicted=0.0), seed=1).told(np.arange(19))
    true = dict(zip(rows(clean), clean.answers.tolist(), strict=True))
    pairs = zip(rows(kept), kept.answers.tolist(), strict=True)
    assert all(true.get(row, answer) == answer for row, answer in pairs)


def test_of_equally_many_answers_none_is_cleaned_away(atlas):
    row = atlas.question(0, atlas.things[0], 0)
    twice = Facts(np.array([row, row]), atlas.candidates[:2])
    assert len(atlas.cleaned(twice).answers) == 2


def test_seeds_draw_other_facts_and_the_same_words():
    one, other = (Atlas(Entities(), seed=seed) for seed in (0, 1))
    assert one.words == other.words and (one.truth != other.truth).mean() > 0.9
    assert (one.asked_in != other.asked_in).mean() > 0.6
    np.testing.assert_array_equal(one.truth, Atlas(Entities(), seed=0).truth)


def test_truth_is_the_same_however_much_is_contradicted():
    one, other = (Atlas(replace(SMALL, contradicted=c), seed=3) for c in (0.0, 1.0))
    np.testing.assert_array_equal(one.asked([1, 2]).answers, other.asked([1, 2]).answers)


@pytest.mark.parametrize(
    ("dials", "says"),
    [
        ({"language": "fr"}, "en, zh"),
        ({"contradicted": 1.5}, "contradicted must be from 0 to 1, got 1.5"),
        ({"more": 61}, "lands must be from 1 to 200, got 201"),
        ({"names": 41}, "names must be from 2 to 40, got 41"),
        ({"spare": 0}, r"every group needs at least 1 land, got \[40, 20, 40, 0, 60, 20\]"),
    ],
)
def test_dials_that_do_not_fit_are_refused(dials, says):
    with pytest.raises(ValueError, match=says):
        Atlas(Entities(**dials), seed=0)
