"""Preferences about requests: what is preferred, and what it does to a model that refuses."""

from dataclasses import replace

import numpy as np

from minillm.autograd import no_grad
from minillm.backend import stream
from minillm.labs.request_preferences import Preferring, pair, preferring
from minillm.labs.worlds.request_texts import exchange, requests_about
from minillm.tasks.dialogue.rows import collate_chats
from minillm.training.preferences import sequence_log_probability
from tests.labs.request_models import SMALL, WORLD, small_chain

BRIEF = Preferring(steps=5, rate=0.001, batch=8, warmup=1)


def words(row):
    return {WORLD.names[i] for i in row.ids}


def test_refusals_are_preferred_for_what_is_forbidden_and_answers_for_the_rest():
    rng = stream(0, "pairs")
    for share, forbidden in ((0.0, False), (1.0, True)):
        for _ in range(20):
            chosen, rejected = pair(WORLD, SMALL, share, rng)
            assert bool(words(chosen) & {*WORLD.forbidden}) == forbidden
            assert ("sorry" in words(chosen), "sorry" in words(rejected)) == (
                forbidden,
                not forbidden,
            )


def log_p(model, answer):
    """The mean log-probability of an answer to what is forbidden."""
    requests = requests_about(WORLD, WORLD.forbidden)
    ids, _, answers = collate_chats([exchange(WORLD, r, answer(r)) for r in requests])
    with no_grad():
        return float(sequence_log_probability(model(ids), ids=ids, answers=answers).data.mean())


def test_what_was_rejected_becomes_less_probable_and_the_reference_stays():
    told = small_chain()[1]
    before = told.state_dict()["tokens.weight"].copy()
    model = preferring(told, WORLD, SMALL, replace(BRIEF, steps=20, refused=1.0), seed=0)
    np.testing.assert_array_equal(told.state_dict()["tokens.weight"], before)
    assert log_p(model, WORLD.answer) < log_p(told, WORLD.answer) - 0.02
    margins = [log_p(m, lambda r: WORLD.refusal) - log_p(m, WORLD.answer) for m in (told, model)]
    assert margins[1] > margins[0] + 0.5


def test_all_that_is_set_changes_what_is_learned():
    told = small_chain()[1]

    def learned(**changes):
        model = preferring(told, WORLD, SMALL, replace(BRIEF, **changes), seed=0)
        return model.state_dict()["tokens.weight"].tobytes()

    found = [learned(), learned(), learned(beta=0.1), learned(refused=0.9), learned(steps=4)]
    assert found[0] == found[1] and len({*found}) == 4
