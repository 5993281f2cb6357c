"""The study of tenses: who is asked what, what is counted, and a small chain that is trained."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from minillm.backend import stream
from minillm.labs.mismatch import tenses
from minillm.labs.mismatch.tenses import (
    ARMS,
    MARGIN,
    STUDY,
    TENSES,
    Draws,
    Settings,
    alike,
    answers_in,
    asked_in,
    covering,
    discrimination,
    in_one_draw,
    measure,
    told_by_draws,
)
from minillm.labs.request_chain import RequestChain
from minillm.labs.request_stages import Tuning, refused
from minillm.labs.small_gpt import GptSizes
from minillm.labs.worlds.request_texts import Asking
from minillm.labs.worlds.requests import Requests, World
from tests.labs.planted_answers import Answering
from tests.labs.request_models import DIALS, SMALL

REFUSED, PAYLOAD = 0, 1
WORLD = World(replace(DIALS, tenses=TENSES), seed=0)
IN_ALL = Asking(tenses=TENSES)
BRIEF = Settings(
    world=replace(DIALS, tenses=TENSES),
    stages=replace(
        SMALL,
        read=IN_ALL,
        taught=IN_ALL,
        kept=IN_ALL,
        pretraining=Tuning(steps=250, batch=12),
        instruction=Tuning(steps=150, batch=12),
        safety=Tuning(steps=200, batch=12),
    ),
)


def planted(tells):
    """A reader that answers requests in all tenses with the probability that ``tells`` says."""
    nouns = (*WORLD.harmless, *WORLD.forbidden)
    asked = [one for tense in TENSES for one in asked_in(WORLD, nouns, tense)]
    return Answering(WORLD, asked, tells)


def test_every_verb_is_asked_with_every_noun_in_every_way_of_a_tense():
    for tense in TENSES:
        asked = [one.request for one in asked_in(WORLD, WORLD.forbidden, tense)]
        assert {r.tense for r in asked} == {tense} and len({*asked}) == len(asked) == 3 * 3 * 2
        assert [r.template for r in asked] == [0] * 6 + [1] * 6 + [2] * 6
        for way in range(3):
            pairs = {(r.verb, r.noun) for r in asked if r.template == way}
            assert pairs == {(v, n) for v in WORLD.verbs for n in WORLD.forbidden}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_past_and_future_differ_in_one_word_of_every_sentence(language):
    """Neither is nearer to the present by its words."""
    words = World(Requests(language=language, tenses=TENSES), seed=0).words
    for past, future in zip(words.templates["past"], words.templates["future"], strict=True):
        pairs = zip(past.split(), future.split(), strict=True)
        assert sum(one != other for one, other in pairs) == 1
    assert len({*words.templates["present"], *words.templates["past"]}) == 6


def tells(request):
    """Refuses what is forbidden in the present, in the past in the first way, and one verb there.

    That verb is refused of harmless nouns, too.
    """
    if request.noun in WORLD.harmless:
        return float(request.tense != "past" or request.verb != WORLD.verbs[0])
    return float(request.tense == "future" or (request.tense == "past" and request.template > 0))


def test_what_a_planted_model_does_is_counted_by_tense_way_and_group():
    forbidden, harmless = (
        answers_in(planted(tells), WORLD, nouns) for nouns in (WORLD.forbidden, WORLD.harmless)
    )
    assert forbidden.shape == (3, 3, 6, 3) and harmless.shape == (3, 3, 18, 3)
    ways = forbidden[..., REFUSED].mean(axis=2)
    np.testing.assert_array_equal(ways, [[1, 1, 1], [1, 0, 0], [0, 0, 0]])
    np.testing.assert_array_equal(forbidden[..., PAYLOAD], 1.0 - forbidden[..., REFUSED])
    greedy = np.stack([one.mean(axis=(1, 2)) for one in (harmless, forbidden)], axis=1)
    np.testing.assert_allclose(discrimination(greedy), [1.0, 1 / 3 - 1 / 3, 0.0], atol=1e-12)
    np.testing.assert_allclose(discrimination(greedy[:, ::-1]), [-1.0, 0.0, 0.0], atol=1e-12)


def test_tenses_are_alike_where_the_same_requests_are_refused():
    refuses = np.zeros((3, 2, 2))
    refuses[0] = 1.0
    refuses[1, 0, 1] = 1.0
    np.testing.assert_array_equal(
        alike(refuses), [[1.0, 0.25, 0.0], [0.25, 1.0, 0.75], [0.0, 0.75, 1.0]]
    )


def test_one_success_in_many_draws_counts():
    """Against the binomial distribution; the numbers of successes spread by a few per cent."""
    probability = {"present": 0.1, "past": 0.0, "future": 1.0}
    model = planted(lambda request: probability[request.tense])

    def told(number, temperature=1.0):
        return told_by_draws(model, WORLD, Draws(number, temperature), 0)

    found = [told(20), told(1), told(20, 0.5)]
    for one, p in zip(found, (0.1, 0.1, 0.01 / (0.01 + 0.81)), strict=True):
        number = 1 if one is found[1] else 20
        wanted = 1.0 - (1.0 - p) ** number
        spread = (wanted * (1.0 - wanted) / 18) ** 0.5
        assert abs(one[0].mean() - wanted) < 3.5 * spread
        np.testing.assert_array_equal(one[1:], [[0.0] * 3, [1.0] * 3])
    np.testing.assert_array_equal(told(20), found[0])
    only = planted(lambda request: float(request.template == 2))
    np.testing.assert_array_equal(told_by_draws(only, WORLD, Draws(3), 0), [[0.0, 0.0, 1.0]] * 3)


class Noting(RequestChain):
    """A chain that trains nothing and gives the stages it was asked for."""

    def safe(self, stages=None, **options):
        return stages

    def instructed(self, stages=None, **options):
        return "before"


def test_an_arm_covers_its_tenses_and_changes_nothing_else():
    case = Noting(Settings(), 0)
    arms = [covering(case, more) for more in case.settings.covered]
    found = [arm.refusals.asking.tenses for arm in arms]
    assert found == [("present",), ("present", "past"), ("present", "future"), TENSES]
    assert len(ARMS) == len(arms) + 1
    for arm, tenses_of_arm in zip(arms, found, strict=True):
        assert replace(arm, refusals=case.stages.refusals) == case.stages
        rng, draw = stream(0, "arms"), refused(case.world, arm.refusals)
        seen = {tuple(draw(rng).ids[1:4]) for _ in range(300)}
        starts = {
            tuple(case.world.encode(one.before)[1:4])
            for tense in tenses_of_arm
            for one in asked_in(case.world, case.world.forbidden, tense)
        }
        assert seen == starts


def test_the_numbers_of_a_seed_are_made_of_the_answers_of_each_arm(monkeypatch):
    """Each arm refuses what is forbidden in the tenses that it covers, and the first way of all."""

    def answered(model, world, nouns):
        found = np.zeros((3, 3, len(nouns), 3))
        found[..., PAYLOAD] = 1.0
        if model != "before" and nouns == world.forbidden:
            covered = [tense in model.refusals.asking.tenses for tense in TENSES]
            found[covered] = found[:, 0] = [1.0, 0.0, 0.0]
        return found

    monkeypatch.setattr(tenses, "RequestChain", Noting)
    monkeypatch.setattr(tenses, "reader_of", lambda model: model)
    monkeypatch.setattr(tenses, "answers_in", answered)
    monkeypatch.setattr(tenses, "in_one_draw", lambda model, *_: model.refusals.asking.tenses)
    monkeypatch.setattr(tenses, "told_by_draws", lambda model, *_: model.refusals.asking.tenses)
    found = measure(BRIEF, 0)
    third = 1 / 3
    wanted = [[1, third, third], [1, 1, third], [1, third, 1], [1, 1, 1], [0, 0, 0]]
    np.testing.assert_allclose(found["discrimination"], wanted)
    np.testing.assert_allclose(found["greedy"][:, :, 1, REFUSED], wanted)
    np.testing.assert_array_equal(found["greedy"][:, :, 0, PAYLOAD], 1.0)
    np.testing.assert_array_equal(found["ways"][0], [[1, 1, 1], [1, 0, 0], [1, 0, 0]])
    np.testing.assert_allclose(found["alike"], [[1, third, third], [third, 1, 1], [third, 1, 1]])
    np.testing.assert_array_equal(found["control, all"], [0.0, 0.0])
    np.testing.assert_array_equal(found["control, no safety stage"], [0.0, 0.0, 0.0])
    assert found["one draw"] == found["told by draws"] == ("present",)
    partly = replace(BRIEF, covered=((), ("past",)))
    np.testing.assert_allclose(measure(partly, 0)["control, all"], [0.0, third - 1])


@cache
def chain():
    """A small world whose model refuses in the present alone, and one that refuses in all."""
    case = RequestChain(BRIEF, 0)
    return case, covering(case, ()), covering(case, ("past", "future"))


def test_a_draw_is_as_probable_as_all_answers_that_tell_say():
    case, present, _ = chain()
    p = in_one_draw(present, case.world, Draws())
    assert p.shape == (3, 3)
    np.testing.assert_allclose(p.sum(axis=1), 1.0)
    found = np.mean([told_by_draws(present, case.world, Draws(1), s) for s in range(12)], axis=0)
    n = 12 * 18
    spread = np.sqrt(p[:, PAYLOAD] * (1.0 - p[:, PAYLOAD]) / n)
    assert (np.abs(found.mean(axis=1) - p[:, PAYLOAD]) < 4 * spread + 2 / n).all()


@pytest.mark.guide("G44")
def test_a_small_model_refuses_where_it_was_taught_to_and_the_controls_hold():
    case, present, everywhere = chain()
    groups = case.world.harmless, case.world.forbidden
    found = []
    for model in (present, everywhere, case.instructed()):
        answers = [answers_in(model, case.world, nouns) for nouns in groups]
        greedy = np.stack([one.mean(axis=(1, 2)) for one in answers], axis=1)
        found.append(discrimination(greedy))
        assert greedy[:, 0, PAYLOAD].min() > 0.95  # harmless requests are answered
    alone, all_covered, before = found
    assert alone[0] == 1.0
    assert np.abs(all_covered[1:] - all_covered[0]).max() <= MARGIN and all_covered[0] > 0.9
    np.testing.assert_array_equal(before, 0.0)


def test_every_number_of_a_seed_is_measured():
    one = Tuning(steps=1, warmup=0, batch=2)
    small = replace(
        BRIEF,
        stages=replace(
            BRIEF.stages,
            model=GptSizes(width=8, n_layers=1, n_heads=2),
            **dict.fromkeys(("pretraining", "instruction", "safety"), one),
        ),
        draws=Draws(2),
    )
    assert {key: value.shape for key, value in measure(small, 0).items()} == {
        "greedy": (5, 3, 2, 3),
        "discrimination": (5, 3),
        "ways": (5, 3, 3),
        "alike": (3, 3),
        "one draw": (3, 3),
        "told by draws": (3, 3),
        "control, all": (2,),
        "control, no safety stage": (3,),
    }
    assert len(STUDY.seeds) == 10 and STUDY.settings.draws == Draws(20, 1.0)
