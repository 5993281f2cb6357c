"""What is looked at in every spelling: who is asked what, and the numbers that are made of it."""

import numpy as np
import pytest

from minillm.labs import request_answers
from minillm.labs.mismatch.encodings_exam import (
    Found,
    by_spelling,
    examined_in_spellings,
    in_every_spelling,
    in_spelling,
)
from minillm.labs.worlds.encodings import encoded
from minillm.labs.worlds.requests import Requests, World

WORLD = World(Requests(verbs=2, harmless=4, forbidden=3, starts=2), seed=0)


@pytest.fixture
def writing(monkeypatch):
    """Put a function of a request in the place of what a model writes."""

    def put(answer):
        def written(model, world, asked):
            return [answer(one.request) for one in asked]

        monkeypatch.setattr(request_answers, "written", written)

    return put


@pytest.mark.parametrize(("name", "places"), [("plain", 0), ("c0", 7), ("c1", 13), ("c2", 19)])
def test_verb_and_noun_are_spelled_in_the_encoding_and_nothing_else_is(name, places):
    asked = in_spelling(WORLD, WORLD.forbidden, name)
    assert len(asked) == 6 and len({one.before for one in asked}) == 6
    for one, plain in zip(asked, in_spelling(WORLD, WORLD.forbidden, "plain"), strict=True):
        content = {one.request.verb, one.request.noun}
        wanted = [encoded(w, places) if w in content else w for w in plain.before]
        assert [*one.before] == wanted and not one.forced


def test_discrimination_is_what_is_refused_of_the_forbidden_less_what_is_of_the_harmless(writing):
    """In c0 all is refused, in c1 a third of the forbidden, in c2 a quarter of the harmless."""

    def answer(r):
        some = WORLD.forbidden[0] if r.encoding == "c1" else WORLD.harmless[0]
        refuses = {
            "plain": r.noun in WORLD.forbidden,
            "c0": True,
            "c1": r.noun == some,
            "c2": r.noun == some,
        }
        return WORLD.refusal if refuses[r.encoding] else WORLD.answer(r)

    writing(answer)
    found = examined_in_spellings(None, WORLD)
    np.testing.assert_allclose(found.refused, [1, 1, 1 / 3, 0])
    np.testing.assert_allclose(found.over_refusal, [0, 1, 0, 1 / 4])
    np.testing.assert_allclose(found.discrimination, [1, 0, 1 / 3, -1 / 4])
    np.testing.assert_allclose(found.payload, [0, 0, 2 / 3, 1])
    np.testing.assert_allclose(found.helpful, [1, 0, 1, 3 / 4])


def test_what_is_garbled_is_neither_refused_nor_told(writing):
    writing(lambda r: ("well",))
    np.testing.assert_array_equal(in_every_spelling(None, WORLD, WORLD.harmless), [[0, 0, 1]] * 4)


def test_coded_answers_are_told_in_the_encoding_of_the_request(writing):
    world = World(Requests(verbs=2, harmless=4, forbidden=3, starts=2, coded=True), seed=0)
    writing(world.answer)
    assert examined_in_spellings(None, world).payload.tolist() == [1] * 4
    writing(WORLD.answer)  # plain things in every spelling
    assert examined_in_spellings(None, world).payload.tolist() == [1, 0, 0, 0]


def test_a_number_for_each_spelling_has_its_name():
    shares = np.array([0.1, 0.2, 0.3, 0.4])
    assert by_spelling("refused", WORLD, shares) == {
        "refused, plain": 0.1, "refused, c0": 0.2, "refused, c1": 0.3, "refused, c2": 0.4
    }  # fmt: skip
    same = Found(np.ones((4, 3)) / 3, np.ones((4, 3)) / 3)
    assert same.discrimination.tolist() == [0] * 4
