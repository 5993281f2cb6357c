"""Direct preference optimisation: its loss, its gradient, its optimum."""

import numpy as np
import pytest

from minillm import Parameter, Tensor, check_vjp, gradients_of
from minillm.ops import log_softmax
from minillm.optim import Adam
from minillm.training import fit
from minillm.training.preferences import dpo_loss
from tests.training.preferences.composed import as_rule

NAMES = ("reference_chosen", "reference_rejected")


def loss_alone(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta):
    return dpo_loss(
        policy_chosen,
        policy_rejected,
        reference_chosen=reference_chosen,
        reference_rejected=reference_rejected,
        beta=beta,
    ).loss


def test_the_gradient_is_what_the_docstring_says(rng):
    chosen, rejected, *reference = rng.standard_normal((4, 5))
    check_vjp(as_rule(loss_alone, beta=0.7), chosen, rejected, *reference, rng=rng)
    c, r = Parameter(chosen), Parameter(rejected)
    held = dict(zip(NAMES, map(Tensor, reference), strict=True))
    found = dpo_loss(c, r, **held, beta=0.7)
    to_chosen, to_rejected = gradients_of(found.loss, [c, r])
    margin = 0.7 * (chosen - rejected - reference[0] + reference[1])
    np.testing.assert_allclose(found.margin.data, margin, rtol=1e-12)
    np.testing.assert_allclose(to_chosen, -0.7 / 5 / (1 + np.exp(margin)), rtol=1e-12)
    np.testing.assert_array_equal(to_rejected, -to_chosen)
    np.testing.assert_allclose(found.chosen.data, 0.7 * (chosen - reference[0]), rtol=1e-12)
    np.testing.assert_allclose((found.chosen - found.rejected).data, margin, rtol=1e-12)


@pytest.mark.parametrize("beta", [0.01, 0.1, 5.0])
def test_at_the_reference_the_loss_is_exactly_ln_2_and_the_gradient_half_of_beta(beta, rng):
    chosen, rejected = rng.standard_normal((2, 4)) - 30
    c, r = Parameter(chosen), Parameter(rejected)
    held = dict(zip(NAMES, (Tensor(chosen), Tensor(rejected)), strict=True))
    found = dpo_loss(c, r, **held, beta=beta)
    assert found.loss.item() == np.log(2)
    assert not found.chosen.data.any() and not found.margin.data.any()
    to_chosen, _ = gradients_of(found.loss, [c, r])
    np.testing.assert_allclose(to_chosen, -beta / 2 / 4, rtol=1e-12)


def test_its_optimum_is_the_reference_tilted_by_the_reward():
    """Preferences in the shares of true rewards: π becomes π_ref exp(r / β), normalised."""
    reward, beta = np.array([0.0, 1.0, -0.5]), 0.5
    reference = log_softmax.run(np.array([0.3, -0.2, 0.1]))[0]
    logits = Parameter(reference.copy())
    i, j = np.nonzero(~np.eye(3, dtype=bool))
    share = 1 / (1 + np.exp(reward[j] - reward[i]))

    def loss_of(_):
        log_p = log_softmax(logits)
        total = Tensor(np.zeros(()))
        for a, b, s in zip(i, j, share, strict=True):
            pair = slice(a, a + 1), slice(b, b + 1)
            held = dict(zip(NAMES, (Tensor(reference[p]) for p in pair), strict=True))
            total = total + s * dpo_loss(log_p[pair[0]], log_p[pair[1]], **held, beta=beta).loss
        return total

    for _ in fit(loss_of, range(500), Adam([logits], lr=0.05)):
        pass
    expected = log_softmax.run(reference + reward / beta)[0]
    np.testing.assert_allclose(log_softmax.run(logits.data)[0], expected, atol=0.02)


@pytest.mark.parametrize("beta", [0.0, -1.0, np.nan, np.inf])
def test_a_beta_that_is_not_positive_is_refused(beta):
    one = Tensor(np.zeros(2))
    with pytest.raises(ValueError, match="beta must be a positive number, got"):
        loss_alone(one, one, one, one, beta)


@pytest.mark.parametrize("wrong", range(4))
def test_log_probabilities_of_other_pairs_are_refused(wrong):
    given = [Tensor(np.zeros(3 if i == wrong else 2)) for i in range(4)]
    with pytest.raises(ValueError, match=r"dpo_loss: .*must both be \(B,\)"):
        loss_alone(*given, beta=0.1)
