"""The Bradley-Terry loss and the model that it teaches."""

import numpy as np
import pytest

from minillm import Parameter, Tensor, check_module, check_vjp, gradients_of
from minillm.models import RewardModel
from minillm.optim import Adam
from minillm.training import fit
from minillm.training.preferences import bradley_terry_loss
from tests.models.small_gpt import IDS, MASK, small_gpt
from tests.training.preferences.composed import as_rule


def test_the_gradient_is_what_the_docstring_says(rng):
    chosen, rejected = rng.standard_normal((2, 5))
    check_vjp(as_rule(bradley_terry_loss), chosen, rejected, rng=rng)
    c, r = Parameter(chosen), Parameter(rejected)
    to_chosen, to_rejected = gradients_of(bradley_terry_loss(c, r), [c, r])
    np.testing.assert_allclose(to_chosen, -1 / (1 + np.exp(chosen - rejected)) / 5, rtol=1e-12)
    np.testing.assert_array_equal(to_rejected, -to_chosen)


def test_equal_rewards_cost_ln_2_and_a_common_shift_nothing(rng):
    rewards = rng.standard_normal(4)
    assert bradley_terry_loss(Tensor(rewards), Tensor(rewards)).item() == pytest.approx(np.log(2))
    other = rng.standard_normal(4)
    one = bradley_terry_loss(Tensor(rewards), Tensor(other)).item()
    assert bradley_terry_loss(Tensor(rewards + 7), Tensor(other + 7)).item() == pytest.approx(one)


def test_margins_of_any_size_have_a_finite_loss():
    loss = bradley_terry_loss(Tensor(np.array([1e4, -1e4])), Tensor(np.zeros(2)))
    assert loss.item() == 5e3


@pytest.mark.parametrize(("one", "other"), [((3,), (2,)), ((2, 1), (2, 1)), ((0,), (0,))])
def test_what_are_no_pairs_is_refused(one, other):
    with pytest.raises(ValueError, match=r"must both be \(B,\), with one pair at least"):
        bradley_terry_loss(Tensor(np.zeros(one)), Tensor(np.zeros(other)))


def test_rewards_of_choices_by_true_strengths_are_found_again(rng):
    """All pairs in the shares that the model says: the least loss has the true differences."""
    true = np.array([0.0, 0.5, -1.0, 2.0])
    rewards = Parameter(np.zeros(4))
    i, j = np.nonzero(~np.eye(4, dtype=bool))
    share = 1 / (1 + np.exp(true[j] - true[i]))

    pairs = list(zip(i[:, None], j[:, None], strict=True))

    def loss_of(_):
        costs = [bradley_terry_loss(rewards[a], rewards[b]) for a, b in pairs]
        return sum(s * cost for s, cost in zip(share, costs, strict=True))

    for _ in fit(loss_of, range(400), Adam([rewards], lr=0.05)):
        pass
    np.testing.assert_allclose(rewards.data - rewards.data[0], true, atol=0.01)


def reward_model(rng):
    model = RewardModel(small_gpt(), rng=rng).to_dtype(np.float64).eval()
    assert not model(IDS, MASK).data.any()
    model.output.weight.data = rng.standard_normal(model.output.weight.shape)
    return model


def test_a_reward_is_read_at_the_last_real_token_on_whichever_side_is_padding(rng):
    model = reward_model(rng)
    both = model(IDS, MASK).data
    assert both.shape == (2,)
    alone = model(IDS[1:, :3], MASK[1:, :3]).data
    left = np.roll(IDS[1:], 2, axis=1), np.roll(MASK[1:], 2, axis=1)
    np.testing.assert_allclose([both[1], model(*left).data[0]], alone[0], rtol=1e-9)
    hidden = model.gpt.hidden(IDS, MASK).data[0, 4]
    np.testing.assert_allclose(both[0], model.output.weight.data[0] @ hidden, rtol=1e-9)


def test_the_gradients_of_a_reward_model(rng):
    model = reward_model(rng)

    def forward():
        rewards = model(IDS, MASK)
        return bradley_terry_loss(rewards[:1], rewards[1:])

    check_module(model, forward, rng=rng)
