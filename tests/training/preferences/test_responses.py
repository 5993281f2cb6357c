"""The loss over responses alone, and their log-probabilities."""

import numpy as np
import pytest

from minillm import Parameter, Tensor, check_vjp, gradients_of
from minillm.ops import log_softmax
from minillm.training.preferences import (
    response_loss,
    response_targets,
    sequence_log_probability,
    token_log_probabilities,
)
from tests.models.small_gpt import IDS, MASK, small_gpt
from tests.training.preferences.composed import as_rule

ANSWERS = np.array([[False, False, True, True, True], [False, True, True, False, False]])


@pytest.fixture
def logits(rng):
    return rng.standard_normal((2, 5, 13))


def test_targets_are_the_next_tokens_of_responses_only():
    expected = [[-100, 5, 12, 3], [7, 3, -100, -100]]
    assert response_targets(IDS, ANSWERS).tolist() == expected


@pytest.mark.parametrize(
    "objective", [response_loss, token_log_probabilities, sequence_log_probability]
)
def test_gradients(objective, logits, rng):
    check_vjp(as_rule(objective, ids=IDS, answers=ANSWERS), logits, rng=rng)


@pytest.mark.guide("G40")
def test_the_loss_is_the_mean_over_the_tokens_of_responses(logits):
    log_p = log_softmax.run(logits)[0]
    places = [(0, 1, 5), (0, 2, 12), (0, 3, 3), (1, 0, 7), (1, 1, 3)]
    expected = -np.mean([log_p[place] for place in places])
    loss = response_loss(Tensor(logits), ids=IDS, answers=ANSWERS)
    np.testing.assert_allclose(loss.data, expected, rtol=1e-12)


@pytest.mark.guide("G40")
def test_a_prompt_moves_nothing_by_itself_and_its_logits_have_no_gradient(logits):
    z = Parameter(logits)
    (gradient,) = gradients_of(response_loss(z, ids=IDS, answers=ANSWERS), [z])
    moved = np.abs(gradient).sum(axis=-1) > 0
    assert (moved[:, :-1] == ANSWERS[:, 1:]).all() and not moved[:, -1].any()
    other = IDS.copy()
    other[0, 1] = 9  # a token of the prompt: the targets are the same
    assert (response_targets(other, ANSWERS) == response_targets(IDS, ANSWERS)).all()


def test_a_sequence_is_the_product_of_its_tokens_by_the_models_own_count():
    model = small_gpt().eval()
    logits = model(IDS, MASK)
    own = model.log_probabilities(IDS, MASK)
    tokens = token_log_probabilities(logits, ids=IDS, answers=ANSWERS).data
    np.testing.assert_allclose(tokens, np.where(ANSWERS[:, 1:], own, 0.0), rtol=1e-9)
    whole = sequence_log_probability(logits, ids=IDS, answers=ANSWERS).data
    np.testing.assert_allclose(whole, tokens.sum(axis=1), rtol=1e-12)


def test_probabilities_of_all_responses_of_one_length_sum_to_one(rng):
    model = small_gpt().eval()
    ids = np.array([[2, a, b] for a in range(13) for b in range(13)])
    answers = np.tile([False, True, True], (len(ids), 1))
    log_p = sequence_log_probability(model(ids), ids=ids, answers=answers).data
    np.testing.assert_allclose(np.exp(log_p).sum(), 1.0, rtol=1e-9)


@pytest.mark.parametrize(
    ("answers", "error", "message"),
    [
        (ANSWERS[:, :4], ValueError, r"answers \(2, 4\) must both be \(B, T\)"),
        (ANSWERS.astype(int), TypeError, "answers must be booleans, True at a response"),
        (ANSWERS & [[True], [False]], ValueError, "text 1 of the batch has nothing to learn from"),
        (ANSWERS | [[False], [True]], ValueError, "text 1 of the batch begins with a token of the"),
    ],
)
def test_answers_that_cannot_be_are_refused(answers, error, message):
    with pytest.raises(error, match=message):
        response_targets(IDS, answers)
