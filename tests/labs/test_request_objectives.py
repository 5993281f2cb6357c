"""The safety stage with two losses: the same texts, the same sum, other ways to weigh gradients."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from minillm.backend import stream
from minillm.labs.request_objectives import (
    cosines,
    made_safe_by,
    of_two_kinds,
    two_losses,
)
from minillm.labs.request_stages import (
    Tuning,
    answered,
    drawn,
    made_safe,
    mixed,
    refused,
    row_loss,
    web,
)
from minillm.tasks.dialogue.rows import collate_chats
from minillm.training.objectives.aggregators import mgda, total
from tests.labs.request_models import SMALL, WORLD, small_chain

BRIEF = replace(SMALL, safety=Tuning(steps=6, batch=4, warmup=1))
BENIGN = mixed(SMALL.replay, web(WORLD, SMALL), answered(WORLD, SMALL.kept))
DENIED = refused(WORLD, SMALL.refusals)


def weights(model):
    return np.concatenate([value.ravel() for value in model.state_dict().values()])


def apart(one, other):
    """How far 99 of 100 weights are apart at most: Adam makes large steps of the rounding of some.

    These are biases of keys, whose gradient is 0.
    """
    return float(np.quantile(np.abs(weights(one) - weights(other)), 0.99))


def a_batch(stages=SMALL, seed=0):
    return of_two_kinds(DENIED, BENIGN, stages, stream(seed, "texts"))


def test_the_texts_are_those_of_the_stage_and_their_refusals_are_known():
    batch = a_batch()
    rows = drawn(mixed(SMALL.refused, DENIED, BENIGN), SMALL.safety, stream(0, "texts"))
    ids, _, answers = collate_chats(rows)
    np.testing.assert_array_equal(batch.ids, ids)
    np.testing.assert_array_equal(batch.answers, answers)
    marked = {WORLD.names[i] for i in batch.ids[batch.refusing]}
    assert marked == {*WORLD.refusal, "<|end|>"}
    sorry = batch.ids == WORLD.ids["sorry"]
    assert sorry.any() and batch.refusing[sorry].all()


def test_both_losses_are_the_loss_of_the_stage():
    model, batch = small_chain()[1], a_batch()
    losses = [float(loss.data) for loss in two_losses(model, batch)]
    rows = drawn(mixed(SMALL.refused, DENIED, BENIGN), SMALL.safety, stream(0, "texts"))
    assert sum(losses) == pytest.approx(float(row_loss(model, rows).data), rel=1e-5)
    assert losses[1] > 5 * losses[0]  # it answers everything, and refuses nothing


@pytest.mark.guide("G43")
def test_the_sum_of_both_gradients_is_the_stage_as_it_is():
    told = small_chain()[1]
    together = made_safe_by(told, WORLD, BRIEF, total, seed=0)
    plain = made_safe(told, WORLD, BRIEF, seed=0)
    assert apart(together.model, plain) < 1e-4
    assert np.shape(together.grams) == (6, 2, 2)
    other = made_safe_by(told, WORLD, BRIEF, partial(mgda, normalised=True), seed=0)
    assert apart(other.model, plain) > 1e-2


def test_the_first_step_of_the_stage_finds_the_gradients_in_conflict():
    """To say "sorry" is to say no other first word."""
    grams = made_safe_by(small_chain()[1], WORLD, BRIEF, total, seed=0).grams
    assert cosines(grams).min() < 0.0


def test_a_step_without_a_refusal_has_a_cosine_of_0():
    grams = [np.diag([4.0, 0.0]), np.array([[4.0, -3.0], [-3.0, 9.0]])]
    np.testing.assert_allclose(cosines(grams), [0.0, -0.5])
    none = replace(BRIEF, refused=0.0)
    assert made_safe_by(small_chain()[1], WORLD, none, total, seed=0).grams[0][1, 1] == 0.0
