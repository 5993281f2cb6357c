"""The stages on requests: what each of them reads, and what a model does behind them."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.backend import stream
from minillm.labs import request_stages
from minillm.labs.request_answers import greedy_outcomes
from minillm.labs.request_attacks import direct, prefill, refusal_suppression
from minillm.labs.request_stages import (
    Refusals,
    Tuning,
    answered,
    instructed,
    made_safe,
    mixed,
    pretrained,
    refused,
    tuned,
    tuned_on,
    web,
)
from minillm.labs.worlds.request_texts import helpful
from minillm.labs.worlds.requests import Request, World
from tests.labs.request_models import DIALS, PLAIN, SMALL, WORLD, small_chain


def words(draw, number=300, world=WORLD):
    """The words of texts that are drawn."""
    rng = stream(0, "texts")
    return [[world.names[i] for i in draw(rng).ids] for _ in range(number)]


def nouns(texts, world=WORLD):
    return {word for text in texts for word in text} & {*world.nouns}


@pytest.fixture
def chain():
    """A model behind each stage."""
    return small_chain()


def outcomes(model, of, attack=direct, **options):
    asked = [attack(WORLD, Request(v, n), **options) for v in WORLD.verbs for n in of]
    return greedy_outcomes(model, WORLD, asked).mean(axis=0).tolist()


def test_pretraining_has_forbidden_nouns_unless_it_is_cleaned_and_never_untaught_ones():
    assert nouns(words(web(WORLD, SMALL))) == {*WORLD.harmless, *WORLD.forbidden}
    assert nouns(words(web(WORLD, replace(SMALL, cleaned=True)))) == {*WORLD.harmless}


def test_what_is_answered_is_harmless_and_what_is_refused_is_forbidden():
    helped = words(answered(WORLD, PLAIN))
    assert nouns(helped) == {*WORLD.harmless} and not any("sorry" in text for text in helped)
    denied = words(refused(WORLD, Refusals()))
    assert nouns(denied) == {*WORLD.forbidden} and all("sorry" in text for text in denied)
    assert nouns(words(refused(WORLD, Refusals(nouns=1)))) == {WORLD.forbidden[0]}


@pytest.mark.parametrize("horizon", [2, 4, 6])
def test_a_forced_refusal_stands_behind_words_before_the_horizon(horizon):
    world = World(replace(DIALS, horizon=horizon), seed=0)
    found = set()
    for forced in (0.0, 1.0):
        for text in words(refused(world, Refusals(forced=forced)), world=world):
            begun = text[text.index("<|assistant|>") + 1 : text.index("sorry")]
            assert text[-8:-1] == [*world.refusal] and (len(begun) > 0) == (forced > 0)
            found.add(tuple(begun))
    wanted = {(world.starts[0], *world.lead)[:n] for n in range(horizon)}
    assert found == wanted


def test_a_mixture_has_the_shares_that_it_is_told():
    draw = mixed(0.25, refused(WORLD, Refusals()), answered(WORLD, PLAIN))
    share = np.mean(["sorry" in text for text in words(draw, 2000)])
    assert share == pytest.approx(0.25, abs=0.05)


def test_behind_the_stages_a_model_helps_with_what_is_harmless_and_refuses_the_rest(chain):
    _, told, safe = chain
    for model, of, wanted in (
        (told, WORLD.harmless, [0, 1, 0]),
        (told, WORLD.forbidden, [0, 1, 0]),
        (safe, WORLD.harmless, [0, 1, 0]),
        (safe, WORLD.forbidden, [1, 0, 0]),
    ):
        assert outcomes(model, of) == wanted


def test_a_prefilled_answer_is_not_refused(chain):
    assert outcomes(chain[2], WORLD.forbidden, prefill, begun=2)[0] == 0.0


def test_what_no_text_has_cannot_be_told(chain):
    assert outcomes(chain[1], WORLD.untaught)[1] == 0.0


def test_a_stage_leaves_the_model_before_it_as_it_is(chain):
    told = chain[1]
    before = {name: value.copy() for name, value in told.state_dict().items()}
    one, again = (made_safe(told, WORLD, few(SMALL), seed=1) for _ in range(2))
    other = made_safe(told, WORLD, few(SMALL), seed=2)
    for name, value in told.state_dict().items():
        np.testing.assert_array_equal(value, before[name])
        np.testing.assert_array_equal(one.state_dict()[name], again.state_dict()[name])
    moved = [np.abs(one.state_dict()[n] - other.state_dict()[n]).max() for n in before]
    assert max(moved) > 1e-4


def few(settings, steps=2):
    return replace(settings, safety=Tuning(steps=steps, warmup=1, batch=2))


def test_a_copy_can_be_tuned_on_rows_of_ones_own(chain):
    """Some refused requests are answered again by a few examples of them."""
    rows = [helpful(WORLD, Request(v, n)) for v in WORLD.verbs for n in WORLD.forbidden]
    copy = tuned_on(chain[2], lambda: rows, Tuning(steps=30, warmup=1), rng=stream(0, "copy"))
    assert outcomes(copy, WORLD.forbidden) == [0, 1, 0]
    assert outcomes(chain[2], WORLD.forbidden) == [1, 0, 0]


def test_rows_have_as_many_texts_as_the_settings_say(monkeypatch):
    seen = []
    monkeypatch.setattr(
        "minillm.labs.request_stages.tuned_on", lambda m, batch, s, **_: seen.append(batch())
    )
    tuned(None, answered(WORLD, PLAIN), Tuning(batch=5, together=4), stream(0, "rows"))
    ends = [[WORLD.names[i] for i in row.ids].count("<|end|>") for row in seen[0]]
    assert ends == [4] * 5


def test_without_refusals_nothing_is_refused(chain):
    same = made_safe(chain[1], WORLD, replace(SMALL, refused=0.0), seed=0)
    assert outcomes(same, WORLD.forbidden) == [0, 1, 0]
    assert outcomes(same, WORLD.forbidden, refusal_suppression) == [0, 1, 0]


def test_every_stage_reads_what_the_settings_say(monkeypatch):
    """Texts of pretraining, answers and refusals, in the shares of the mixture."""
    read = {}
    monkeypatch.setattr(
        request_stages, "tuned", lambda m, draw, s, *_, **__: read.update({s.steps: draw})
    )
    s = replace(SMALL, replay=0.4, refused=0.3)
    pretrained(WORLD, s, seed=0)
    instructed(None, WORLD, s, seed=0)
    made_safe(None, WORLD, s, seed=0)
    shares = {}
    for steps, draw in read.items():
        texts = words(draw, 1500)
        web_texts = np.mean([text[0] == "<|endoftext|>" for text in texts])
        shares[steps] = web_texts, np.mean(["sorry" in text for text in texts])
    for tuning, wanted in (
        (s.pretraining, (1.0, 0.0)),
        (s.instruction, (0.4, 0.0)),
        (s.safety, (0.7 * 0.4, 0.3)),
    ):
        assert shares[tuning.steps] == pytest.approx(wanted, abs=0.05)
