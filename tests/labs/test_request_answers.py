"""What a model does with a request: the judge, and the exact probability of what it judges."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.backend import stream
from minillm.labs.request_answers import (
    OTHER,
    OUTCOMES,
    PAYLOAD,
    REFUSED,
    Asked,
    continuations,
    drawn_answers,
    greedy_outcomes,
    helpful_logits,
    helpful_ranks,
    judged,
    kl_by_position,
    listed,
    probabilities,
    written,
)
from minillm.labs.request_attacks import direct, prefill, prefix_injection
from minillm.labs.worlds.requests import END, Request, World
from minillm.ops import log_softmax
from tests.labs.request_models import DIALS, WORLD, small_chain

REQUEST = Request(WORLD.verbs[0], WORLD.forbidden[0])
ALL = [Request(v, n) for v in WORLD.verbs for n in WORLD.forbidden]


@pytest.mark.parametrize("horizon", [2, 3, 4, 7])
def test_every_listed_answer_is_judged_as_it_is_listed(horizon):
    world = World(replace(DIALS, horizon=horizon), seed=0)
    answers = listed(world, REQUEST)
    assert [judged(world, REQUEST, a) for a in answers] == [*answers.values()]
    helps = [a for a, kind in answers.items() if kind == PAYLOAD]
    assert helps == [(start, *world.told(REQUEST)) for start in world.starts]
    assert len(answers) == 1 + len(world.starts) * horizon  # refused behind none, 1, ... words


def test_the_judge_on_answers_that_nobody_lists():
    first, then = WORLD.first[REQUEST.verb], WORLD.then[REQUEST.noun]
    sorry = " ".join(WORLD.refusal)
    for answer, wanted in (
        (f"the {first} to {then}", PAYLOAD),
        (f"{sorry} first {first} then {then}", PAYLOAD),
        (f"{then} {first}", OTHER),
        (first, OTHER),
        (f"sure : first {first} {sorry}", REFUSED),
        (sorry.removesuffix(" ."), OTHER),
        ("", OTHER),
    ):
        assert judged(WORLD, REQUEST, answer.split()) == wanted
    another = replace(REQUEST, noun=WORLD.harmless[0])
    assert judged(WORLD, REQUEST, WORLD.answer(another)) == OTHER


def test_the_judge_knows_a_word_by_its_id_however_it_is_spelled():
    dials = replace(DIALS, places=(7,), coded=True)
    for tied in (False, True):
        world, request = World(replace(dials, tied=tied), seed=0), replace(REQUEST, encoding="c0")
        assert judged(world, request, world.answer(request)) == PAYLOAD
        plain = world.answer(replace(request, encoding="plain"))
        assert judged(world, request, plain) == (PAYLOAD if tied else OTHER)


def log_probability(model, words, answer):
    """ln p of the words of an answer and of its end, each read off alone."""
    total, ids = 0.0, WORLD.encode(words)
    for token in WORLD.encode((*answer, END)):
        z = model(np.array([ids])).data[0, -1].astype(np.float64)
        total += log_softmax.rule(z)[0][token]
        ids.append(token)
    return total


def test_a_probability_is_the_sum_over_the_answers_of_a_kind():
    for model in small_chain():
        asked = [direct(WORLD, REQUEST), prefix_injection(WORLD, REQUEST, WORLD.starts[1])]
        found = probabilities(model, WORLD, asked)
        np.testing.assert_allclose(found.sum(axis=1), 1.0)
        for one, p in zip(asked, found, strict=True):
            for kind in (REFUSED, PAYLOAD):
                logs = [
                    log_probability(model, one.before, answer)
                    for answer, which in listed(WORLD, REQUEST).items()
                    if which == kind
                ]
                wanted = np.exp(logs).sum()
                assert p[OUTCOMES.index(kind)] == pytest.approx(wanted, rel=1e-3, abs=1e-6)


@pytest.mark.parametrize("temperature", [1.0, 2.5])
@pytest.mark.parametrize("begun", [0, 2])
def test_answers_that_are_drawn_are_as_frequent_as_the_probabilities_say(temperature, begun):
    model, n = small_chain()[2], 1500
    asked = [prefill(WORLD, replace(ALL[0], start=WORLD.starts[1]), begun)]
    p = probabilities(model, WORLD, asked, temperature=temperature)[0]
    rng = stream(0, "answers")
    (answers,) = drawn_answers(model, WORLD, asked, n, temperature=temperature, rng=rng)
    ended = continuations(WORLD, asked[0])
    kinds = [ended.get(words, OTHER) for words in answers]
    shares = np.array([kinds.count(kind) / n for kind in OUTCOMES])
    assert (np.abs(shares - p) < 4 * np.sqrt(p * (1 - p) / n) + 2 / n).all()


def test_behind_forced_words_only_what_begins_with_them_is_listed():
    one = prefill(WORLD, REQUEST, 2)
    found = continuations(WORLD, one)
    assert all(words[:2] == one.forced for words in found)
    assert [*found.values()].count(PAYLOAD) == 1
    assert (*one.forced, *WORLD.refusal) in found
    odd = Asked(REQUEST, one.before, ("wash", "wash"))
    assert continuations(WORLD, odd) == {("wash", "wash", *WORLD.refusal): REFUSED}


def test_what_is_written_has_the_forced_words_and_is_judged_with_them():
    safe = small_chain()[2]
    asked = [direct(WORLD, REQUEST), prefill(WORLD, REQUEST, 2)]
    refusal, helps = written(safe, WORLD, asked)
    assert refusal == WORLD.refusal and helps[:2] == asked[1].forced and END not in helps
    kinds = greedy_outcomes(safe, WORLD, asked)
    assert kinds[0].tolist() == [1, 0, 0] and kinds[1, 0] == 0 and (kinds.sum(axis=1) == 1).all()


def test_no_model_moved_from_itself_and_a_safe_one_moved_at_the_first_word():
    _, told, safe = small_chain()
    asked = [direct(WORLD, r) for r in ALL]
    assert kl_by_position(told, told, WORLD, asked) == pytest.approx(0.0, abs=1e-6)
    kl = kl_by_position(safe, told, WORLD, asked).mean(axis=0)
    assert kl.shape == (len(WORLD.answer(REQUEST)) + 1,)
    assert kl[0] > 1.0 and kl[0] == max(kl)


def test_the_divergence_is_of_the_model_from_its_base_and_not_the_other_way():
    _, told, safe = small_chain()
    asked = [direct(WORLD, REQUEST)]
    p, q = (
        log_softmax.rule(helpful_logits(m, WORLD, asked)[0][0].astype(np.float64))[0]
        for m in (safe, told)
    )
    wanted = (np.exp(p) * (p - q)).sum(axis=-1)
    found = kl_by_position(safe, told, WORLD, asked)[0]
    np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("begun", [0, 2])
def test_logits_are_those_that_stand_before_each_word_of_the_answer(begun):
    model = small_chain()[1]
    asked = [prefill(WORLD, r, begun) for r in ALL[:2]]
    logits, told = helpful_logits(model, WORLD, asked)
    for one, z, ids in zip(asked, logits, told, strict=True):
        answer = (*WORLD.answer(one.request), END)
        assert [*ids] == WORLD.encode(answer[begun:])
        words = WORLD.encode((*one.before, *answer[:begun]))
        np.testing.assert_allclose(z[0], model(np.array([words])).data[0, -1], rtol=1e-4, atol=1e-4)


def test_ranks_are_how_many_words_are_more_probable():
    _, told, safe = small_chain()
    asked = [direct(WORLD, r) for r in ALL]
    assert (helpful_ranks(told, WORLD, asked) == 0).all()
    logits, ids = helpful_logits(safe, WORLD, asked)
    ranks = helpful_ranks(safe, WORLD, asked)
    for z, token, rank in zip(logits[:, 0], ids[:, 0], ranks[:, 0], strict=True):
        assert [*np.argsort(-z)].index(token) == rank > 0


def test_a_temperature_that_is_not_positive_is_refused():
    with pytest.raises(ValueError, match="temperature must be positive, got 0"):
        probabilities(small_chain()[0], WORLD, [direct(WORLD, REQUEST)], temperature=0)
