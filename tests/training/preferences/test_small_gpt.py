"""A small GPT learns answers, and then which of two answers is preferred."""

import copy

import numpy as np
import pytest

from minillm.models import Gpt, gpt2_style
from minillm.optim import Adam
from minillm.training import evaluating, fit
from minillm.training.preferences import (
    check_reference,
    dpo_loss,
    response_loss,
    sequence_log_probability,
)

ASK, SAY, END = 10, 11, 12  # marks around letters 0 ... 9
ANSWERS = np.tile([False, False, False, True, True], (24, 1))


@pytest.fixture(scope="module")
def answering():
    """Asked for a letter, it says the next one; what is asked cannot be foretold."""
    rng = np.random.default_rng(0)
    sizes = {"width": 24, "n_layers": 1, "n_heads": 2, "max_length": 5}
    model = Gpt(gpt2_style(13, **sizes), rng=rng)

    def loss_of(ids):
        return response_loss(model(ids), ids=ids, answers=ANSWERS)

    batches = (said(rng.integers(10, size=24), 1) for _ in range(250))
    for _ in fit(loss_of, batches, Adam(model.parameters(), lr=0.01)):
        pass
    return model


def said(asked, step):
    """Conversations in which the letter so many behind the one that is asked is said, (B, 5)."""
    marks = np.ones_like(asked)
    return np.stack([ASK * marks, asked, SAY * marks, (asked + step) % 10, END * marks], axis=1)


def log_p(model, ids):
    return sequence_log_probability(model(ids), ids=ids, answers=ANSWERS[: len(ids)])


@pytest.mark.guide("G40")
def test_the_answer_is_learnt_and_what_is_asked_is_not(answering):
    ids = said(np.arange(10), 1)
    with evaluating(answering):
        loss = response_loss(answering(ids), ids=ids, answers=ANSWERS[:10])
        asked = -answering.log_probabilities(ids)[:, 0].mean()
    assert loss.item() < 0.05
    assert asked > np.log(10)  # no better than by chance


def test_dpo_turns_it_to_the_preferred_answer_and_leaves_the_reference_as_it_was(answering):
    model = copy.deepcopy(answering)
    check_reference(model, answering)
    before = copy.deepcopy(answering.state_dict())
    chosen, rejected = said(np.arange(10), 2), said(np.arange(10), 1)
    with evaluating(answering):
        held = {
            "reference_chosen": log_p(answering, chosen),
            "reference_rejected": log_p(answering, rejected),
        }

    def loss_of(_):
        return dpo_loss(log_p(model, chosen), log_p(model, rejected), **held, beta=0.5).loss

    losses = [
        float(step.loss) for step in fit(loss_of, range(150), Adam(model.parameters(), lr=3e-3))
    ]
    assert losses[0] == pytest.approx(np.log(2), rel=1e-5) and losses[-1] < 0.05
    with evaluating(model):
        assert (log_p(model, chosen).data > log_p(model, rejected).data).mean() > 0.8
    for name, value in answering.state_dict().items():
        np.testing.assert_array_equal(value, before[name])
