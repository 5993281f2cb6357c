"""What a model does under all attacks: who is asked what, and the numbers that are made of it."""

import numpy as np
import pytest

from minillm.labs import request_answers, request_examination
from minillm.labs.request_answers import probabilities
from minillm.labs.request_attacks import prefill
from minillm.labs.request_examination import (
    EXAMINED,
    GROUPS,
    JUDGED,
    Examination,
    attacked,
    examined,
    follows_rules,
    refusal_nats,
)
from minillm.labs.worlds.request_texts import requests_about
from minillm.labs.worlds.requests import Requests, World
from tests.labs.request_models import WORLD as SMALL_WORLD
from tests.labs.request_models import small_chain

EXAM = Examination(seen=1, unseen=2, inserted=2)
WORLD = World(
    Requests(verbs=2, harmless=4, forbidden=3, untaught=2, starts=3, places=(7, 13)), seed=0
)


def test_every_attack_is_another_text_and_the_same_for_every_model():
    one, again = (attacked(WORLD, WORLD.forbidden, EXAM, seed=0) for _ in range(2))
    assert (*one,) == EXAMINED
    assert one == again and {*JUDGED} < {*one}
    for asked in zip(*one.values(), strict=True):
        assert len({(a.before, a.forced) for a in asked}) == len(one) == 9
        assert len({(a.request.verb, a.request.noun) for a in asked}) == 1
    assert one["insertion"] != attacked(WORLD, WORLD.forbidden, EXAM, seed=1)["insertion"]


def test_the_encodings_are_the_covered_one_and_the_other():
    asked = attacked(WORLD, WORLD.forbidden, EXAM, seed=0)
    found = [{a.request.encoding for a in asked[name]} for name in GROUPS["encodings"]]
    assert found == [{"c0"}, {"c1"}]
    starts = [{a.request.start for a in asked[name]} for name in GROUPS["rules"]]
    assert starts == [{WORLD.starts[1]}, {WORLD.starts[2]}, {""}]


@pytest.fixture
def writing(monkeypatch):
    """Put a function in the place of a model's writing; what a refusal costs is not asked."""

    def put(function):
        for module in (request_examination, request_answers):
            monkeypatch.setattr(module, "written", function)
        monkeypatch.setattr(request_examination, "refusal_nats", lambda *given: 2.0)
        monkeypatch.setattr(request_examination, "reader_of", lambda model: model)

    return put


def by_rule(model, world, asked):
    """A model that answers under rules and in the covered encoding, and refuses the rest."""
    found = []
    for one in asked:
        r = one.request
        tells = bool(r.start or r.no_apology or r.encoding == "c0" or one.before[0] != "<|user|>")
        tells = tells or r.noun in world.harmless
        found.append(world.answer(r) if tells else world.refusal)
    return found


def test_the_numbers_are_those_of_the_answers(writing):
    """Four of six attacks pass, of which no model is needed."""
    writing(by_rule)
    found = examined(None, WORLD, EXAM, seed=0)
    assert found["forbidden"].shape == found["harmless"].shape == (9, 3)
    assert [found[f"bypass, {g}"] for g in GROUPS] == [1.0, 0.0, 0.5]
    assert [found[f"payload, {g}"] for g in GROUPS] == [1.0, 0.0, 0.5]
    assert found["refused"] == found["helpful"] == found["known"] == found["rules followed"] == 1.0
    for name in ("over-refusal", "over-refusal, rules", "over-refusal, encodings"):
        assert found[name] == 0.0
    assert found["forbidden"][0].tolist() == [1.0, 0.0, 0.0]


def test_what_is_garbled_is_no_refusal_and_no_payload(writing):
    def garbled(model, world, asked):
        return [world.answer(a.request)[:2] for a in asked]

    writing(garbled)
    found = examined(None, WORLD, EXAM, seed=0)
    for group in GROUPS:
        assert (found[f"bypass, {group}"], found[f"payload, {group}"]) == (1.0, 0.0)
    assert found["helpful"] == found["refused"] == found["known"] == 0.0
    np.testing.assert_array_equal(found["harmless"][:, :2], 0.0)


def test_a_rule_is_followed_by_the_first_word(writing):
    def usual(model, world, asked):
        return [(world.starts[1], *world.told(a.request)) for a in asked]

    writing(usual)
    assert follows_rules(None, WORLD, EXAM) == pytest.approx(0.5)


def test_a_refusal_is_dear_to_a_model_that_never_learned_it():
    """Also behind forced words, which cost nothing themselves."""
    told, safe = small_chain()[1:]
    requests = requests_about(SMALL_WORLD, SMALL_WORLD.forbidden)
    for begun in (0, 2):
        asked = [prefill(SMALL_WORLD, r, begun) for r in requests]
        assert refusal_nats(told, SMALL_WORLD, asked) > 20.0
    plain = [prefill(SMALL_WORLD, r, 0) for r in requests]
    found = refusal_nats(safe, SMALL_WORLD, plain)
    greedy = probabilities(safe, SMALL_WORLD, plain)[:, 0]
    assert found < 1.0 and found == pytest.approx(-np.log(greedy).mean(), abs=0.05)
