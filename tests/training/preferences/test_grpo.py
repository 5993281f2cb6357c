"""Group advantages, the clipped objective, and the loss that they make."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from minillm import Parameter, Tensor, check_vjp, gradients_of
from minillm.ops import log_softmax, take_along_axis
from minillm.optim import Adam
from minillm.training import fit
from minillm.training.preferences import clipped_objective, group_advantages, grpo_loss
from tests.training.preferences.composed import as_rule

REWARDS = arrays(float, (3, 5), elements=st.floats(-1e6, 1e6))


@given(REWARDS)
def test_advantages_sum_to_zero_and_have_the_mean_square_one(rewards):
    advantages = group_advantages(rewards)
    assert np.abs(advantages.sum(axis=1)).max() < 1e-5
    squares = (advantages**2).mean(axis=1)
    equal = rewards.max(axis=1) == rewards.min(axis=1)
    np.testing.assert_allclose(squares, np.where(equal, 0.0, 1.0), rtol=1e-6)


@given(REWARDS, st.floats(0.1, 100), st.integers(-5, 5))
def test_the_unit_of_the_rewards_does_not_matter(rewards, unit, shift):
    whole = np.round(rewards)
    one, other = group_advantages(whole), group_advantages(unit * whole + shift)
    np.testing.assert_allclose(one, other, atol=1e-4)


@pytest.mark.parametrize("reward", [0.0, 0.1, 1 / 3, -1e300])
def test_equal_rewards_have_the_advantage_zero(reward):
    assert not group_advantages(np.full((2, 7), reward)).any()


@pytest.mark.parametrize("little", [1e-10, np.spacing(1e6), 5e-324])
def test_rewards_that_differ_by_little_are_told_apart(little):
    start = 1e6 if little > 1e-300 else 0.0
    rewards = start + np.array([0.0, 0.0, 0.0, max(little, np.spacing(start))])
    np.testing.assert_allclose(group_advantages(rewards), np.array([-1, -1, -1, 3]) / 3**0.5)


def test_a_group_by_hand():
    np.testing.assert_allclose(group_advantages(np.array([1.0, 0, 0, 1])), [1, -1, -1, 1])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_reward_that_is_not_finite_is_named_with_its_place(bad):
    rewards = np.zeros((2, 3))
    rewards[1, 2] = bad
    with pytest.raises(ValueError, match=rf"reward {bad} at position \(1, 2\) is not a finite"):
        group_advantages(rewards)


@pytest.mark.parametrize("shape", [(), (1,), (4, 1), (2, 0)])
def test_a_group_of_fewer_than_two_is_refused(shape):
    with pytest.raises(ValueError, match="a group needs two rewards at least"):
        group_advantages(np.zeros(shape))


def test_the_objective_is_clipped_where_it_would_go_on_in_the_good_direction():
    ratio = np.array([0.5, 1.0, 1.5] * 2)
    advantages = np.repeat([2.0, -2.0], 3)
    log_p = Parameter(np.log(ratio))
    gain = clipped_objective(log_p, old_log_p=np.zeros(6), advantages=advantages, width=0.2)
    np.testing.assert_allclose(gain.data, [1.0, 2.0, 2.4, -1.6, -2.0, -3.0])
    (slope,) = gradients_of(gain.sum(), [log_p])
    np.testing.assert_allclose(slope, [1.0, 2.0, 0.0, 0.0, -2.0, -3.0])


def batch(rng, spread=0.5):
    log_p = rng.standard_normal((4, 3)) - 2
    return log_p, {
        "old_log_p": log_p + spread * rng.standard_normal((4, 3)),
        "reference_log_p": log_p + spread * rng.standard_normal((4, 3)),
        "advantages": group_advantages(rng.standard_normal(4)),
        "answers": np.array([[True] * 3, [False, True, True], [True, False, False], [True] * 3]),
    }


def test_gradients(rng):
    log_p, given = batch(rng)
    check_vjp(as_rule(grpo_loss, **given, width=0.3, beta=0.2), log_p, rng=rng)
    settings = {name: given[name] for name in ("old_log_p",)}
    advantages = rng.standard_normal((4, 3))
    rule = as_rule(clipped_objective, **settings, advantages=advantages, width=0.3)
    check_vjp(rule, log_p, rng=rng)


def test_the_loss_is_the_mean_over_answers_of_the_mean_over_their_tokens(rng):
    log_p, given = batch(rng)
    total = 0.0
    for i, tokens in enumerate(given["answers"]):
        ratio = np.exp(log_p - given["old_log_p"])[i, tokens]
        a = given["advantages"][i]
        away = (given["reference_log_p"] - log_p)[i, tokens]
        gain = np.minimum(ratio * a, np.clip(ratio, 0.7, 1.3) * a)
        total += np.mean(gain - 0.2 * (np.exp(away) - away - 1))
    loss = grpo_loss(Tensor(log_p), **given, width=0.3, beta=0.2)
    assert loss.item() == pytest.approx(-total / 4, rel=1e-12)


def test_on_the_first_step_the_gradient_is_the_advantage_shared_by_the_tokens(rng):
    log_p, given = batch(rng, spread=0.0)
    z = Parameter(log_p)
    (slope,) = gradients_of(grpo_loss(z, **given), [z])
    answers = given["answers"]
    lengths = answers.sum(axis=1, keepdims=True)
    expected = np.where(answers, -given["advantages"][:, None] / (4 * lengths), 0.0)
    np.testing.assert_allclose(slope, expected, rtol=1e-9)


def test_a_group_of_equal_rewards_teaches_nothing_without_a_penalty(rng):
    log_p, given = batch(rng)
    given["advantages"] = group_advantages(np.ones(4))
    z = Parameter(log_p)
    (slope,) = gradients_of(grpo_loss(z, **given, beta=0.0), [z])
    assert not slope.any()
    (pulled,) = gradients_of(grpo_loss(z, **given, beta=0.1), [z])
    assert pulled[given["answers"]].all()


def test_the_policy_learns_the_answer_that_is_rewarded(rng):
    logits = Parameter(np.zeros((1, 6)))
    one = np.ones((8, 1), dtype=bool)

    def draws():
        for _ in range(60):
            log_p = log_softmax.run(logits.data)[0][0]
            answers = rng.choice(6, size=8, p=np.exp(log_p))
            yield answers[:, None], log_p[answers][:, None]

    def loss_of(drawn):
        answers, old = drawn
        log_p = take_along_axis(log_softmax(logits), index=answers.T, axis=1).reshape(8, 1)
        advantages = group_advantages((answers[:, 0] == 4).astype(float))
        reference = np.full((8, 1), -np.log(6))
        return grpo_loss(
            log_p, old_log_p=old, reference_log_p=reference, advantages=advantages, answers=one
        )

    for _ in fit(loss_of, draws(), Adam([logits], lr=0.2)):
        pass
    assert log_softmax.run(logits.data)[0][0, 4] > np.log(0.9)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"beta": -0.1}, "beta must not be negative, got -0.1"),
        ({"width": 0.0}, r"width must be in \(0, 1\), got 0.0"),
        ({"answers": np.eye(4, 3, dtype=bool)}, "answer 3 has no token"),
        ({"answers": np.ones((4, 3))}, "answers must be booleans of the shape of log_p"),
        ({"advantages": np.zeros((4, 3))}, r"advantages \(4, 3\) for answers \(4, 3\)"),
        ({"old_log_p": np.zeros((4, 1))}, r"old_log_p \(4, 1\)"),
        ({"reference_log_p": np.zeros((4, 1))}, "must have the same shape"),
    ],
)
def test_what_does_not_belong_together_is_refused(changed, message, rng):
    log_p, given = batch(rng)
    with pytest.raises(ValueError, match=message):
        grpo_loss(Tensor(log_p), **{**given, **changed})
