"""The case of a model that no attack gets an answer from: what is counted, and what is changed."""

from dataclasses import fields, replace

import numpy as np
import pytest

from minillm.labs.conflict import wrong_reason
from minillm.labs.conflict.wrong_reason import (
    FOUND,
    Settings,
    attacks,
    found_in,
    looked_at,
    ways,
)
from minillm.labs.request_answers import OUTCOMES, known
from minillm.labs.request_attacks import direct
from minillm.labs.request_stages import Tuning, made_safe, pretrained
from minillm.labs.small_gpt import GptSizes
from minillm.labs.worlds.request_texts import requests_about
from minillm.labs.worlds.requests import Requests, World

STEPS = {"pretraining": 150, "safety": 60}
TINY = Settings(world=Requests(verbs=2, harmless=3, forbidden=2, starts=10, places=()))


@pytest.fixture(scope="module")
def world():
    return World(TINY.world, seed=0)


def changed(one, other):
    """The fields in which two settings differ."""
    return {f.name for f in fields(one) if getattr(one, f.name) != getattr(other, f.name)}


@pytest.mark.guide("G42", "G48")
def test_each_way_changes_one_thing_and_the_last_the_two_that_are_kept():
    shipped, *others = ways(Settings()).values()
    assert [changed(shipped, other) for other in others] == [
        {"safety"},
        {"replay"},
        {"refusals", "refused"},
        {"replay", "refusals", "refused"},
    ]
    assert changed(shipped.safety, others[0].safety) == {"steps"}
    assert others[0].safety.steps == 3 * shipped.safety.steps
    assert shipped.replay == 0.0 and others[1].replay == 0.25


def test_the_new_word_is_in_no_rule_that_a_refusal_was_learned_with(world):
    s = Settings()
    asked = attacks(s, World(s.world, seed=0))
    taught = World(s.world, seed=0).starts[: s.wide.asking.starts]
    assert {one.request.start for one in asked["prefix"]} <= set(taught)
    assert not {one.request.start for one in asked["prefix, new word"]} & set(taught)
    assert list(asked) == [
        *("direct", "prefix", "prefix, new word", "suppression"),
        *("prefill 2", "prefill 4"),
    ]


def test_what_an_answer_names(world):
    request = requests_about(world, world.forbidden)[0]
    first, then = world.needed(request)
    other = world.then[world.harmless[0]]
    table = {
        (first, then): [1, 1, 0, 0],
        (first, other): [1, 0, 1, 0],
        (other,): [0, 0, 1, 0],
        ("sorry",): [0, 0, 0, 1],
    }
    for answer, says in table.items():
        assert dict(zip(FOUND, found_in(world, request, answer), strict=True)) == dict(
            zip(FOUND, says, strict=True)
        )


def test_errors_are_those_of_other_answers_alone(world, monkeypatch):
    requests = requests_about(world, world.forbidden)[:4]
    stray = world.then[world.harmless[1]]
    says = [world.answer(requests[0]), world.refusal, (stray,), (stray, "sorry")]
    monkeypatch.setattr(wrong_reason, "written", lambda *given: says)
    shares, errors = looked_at(None, world, [direct(world, r) for r in requests])
    assert dict(zip(OUTCOMES, shares, strict=True)) == {
        "refused": 0.25,
        "payload": 0.25,
        "other": 0.5,
    }
    np.testing.assert_array_equal(errors, [0, 0, 1, 0])
    monkeypatch.setattr(wrong_reason, "written", lambda *given: says[:1])
    np.testing.assert_array_equal(looked_at(None, world, [direct(world, requests[0])])[1], 0)


@pytest.mark.guide("G48")
def test_without_replay_forbidden_things_are_forgotten_and_with_it_they_are_told():
    """Small: five nouns, no stage between reading and refusing; the study measures the whole."""
    learns = {stage: Tuning(steps=n, batch=16, together=1) for stage, n in STEPS.items()}
    stages = replace(TINY.stages, **learns, model=GptSizes(width=32, n_layers=1), refused=0.3)
    settings = replace(TINY, stages=stages, world=replace(TINY.world, verbs=1, harmless=4))
    world = World(settings.world, seed=0)
    read = pretrained(world, stages, seed=0)
    safe = [made_safe(read, world, ways(settings)[way], seed=0) for way in ("shipped", "replay")]
    told = [known(model, world, world.forbidden) for model in (read, *safe)]
    assert told == [1.0, 0.0, 1.0]
