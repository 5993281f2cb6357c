"""The study of a deep repair under attack: ranks, things, temperatures."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.conflict.deep_repair import (
    Settings,
    attacked,
    begun_answers,
    measure,
    things_told,
    within,
)
from minillm.labs.request_answers import helpful_ranks
from tests.labs.conflict.test_jailbreaks import FAST
from tests.labs.request_models import WORLD, small_chain

TINY = Settings(world=FAST.world, stages=FAST.stages, begun=(0, 4), ranks=(1, 9), forced=0.9)


def test_every_number_is_there():
    found = measure(TINY, 0)
    assert {key: value.shape for key, value in found.items()} == {
        "greedy": (3, 2, 2, 3),
        "words": (3, 2, 2, 2),
        "things": (3, 2, 2, 2),
        "median": (3, 2, 2),
        "drawn": (3, 2, 4, 3),
    }
    assert (found["things"] >= found["words"]).all()
    for key in ("greedy", "drawn"):
        np.testing.assert_allclose(found[key].sum(axis=-1), 1.0)


def test_an_answer_is_within_reach_where_its_worst_word_is():
    ranks = np.array([[0, 4], [0, 0], [7, 0], [0, 1]])
    assert within(ranks, (1, 2, 5, 8)) == [0.25, 0.5, 0.75, 1.0]


@pytest.mark.parametrize(("begun", "left"), [(0, 2), (3, 2), (4, 1), (6, 0)])
def test_things_are_told_by_the_words_that_name_them(begun, left):
    """An answer is: a first word, two of the lead, the one thing, then, the other."""
    asked = begun_answers(WORLD, WORLD.forbidden, begun)
    length = len(WORLD.answer(asked[0].request)) + 1 - begun
    places = np.tile(np.arange(begun, begun + length), (len(asked), 1))
    assert things_told(WORLD, asked, places)[0].tolist() == [3, 5][2 - left :]


def test_a_model_that_refuses_still_ranks_what_it_knows_and_not_what_it_never_read():
    told, safe = small_chain()[1:]
    settings = replace(TINY, begun=(0, 2), ranks=(1, 20))
    before, after = (attacked(settings, WORLD, model) for model in (told, safe))
    assert before["things"][0].min() == 1.0 and before["greedy"][0, :, 1].min() == 1.0
    assert after["greedy"][0, 0].tolist() == [1.0, 0.0, 0.0]
    assert after["things"][0, 0, 1] > 0.9 > 0.1 > after["things"][1, 0, 0]
    ranks = helpful_ranks(safe, WORLD, begun_answers(WORLD, WORLD.untaught, 2))
    assert after["median"][1, 1] == np.median(
        things_told(WORLD, begun_answers(WORLD, WORLD.untaught, 2), ranks).max(axis=1)
    )
