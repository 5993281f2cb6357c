"""Adversarial training: exact on a line, plain where nothing is added, and its gradient."""

import numpy as np
import pytest

from minillm.autograd import Tensor, gradients_of, no_grad
from minillm.ops import softplus, tanh
from minillm.training.adversarial import adversarial_loss

pytestmark = pytest.mark.guide("G56")
RNG = np.random.default_rng(0)
X, Y, U = RNG.standard_normal((4, 2, 3)), np.array([-1.0, 1.0, 1.0, -1.0]), RNG.standard_normal(6)


def logistic(vectors):
    """ln(1 + exp(-y u·x)) of each text."""
    return softplus(-(vectors.reshape(4, 6) @ U) * Y)


def bent(vectors):
    """A loss that is no line."""
    return (tanh(vectors).reshape(4, 6) @ U) * Y


@pytest.mark.parametrize("eps", [0.0, 0.3, 2.0])
def test_of_logistic_regression_it_is_the_closed_form(eps):
    z = Y * (X.reshape(4, 6) @ U)
    plain, worst = np.logaddexp(0, -z).mean(), np.logaddexp(0, eps * np.abs(U).sum() - z).mean()
    for weight in (0.0, 0.25, 1.0):
        found = adversarial_loss(logistic, Tensor(X), eps=eps, weight=weight).item()
        assert found == pytest.approx((1 - weight) * plain + weight * worst, rel=1e-12)


def test_its_gradient_is_that_of_both_losses_with_the_step_held_still():
    x = Tensor(X, requires_grad=True)
    (found,) = gradients_of(adversarial_loss(bent, x, eps=0.2, weight=0.3), [x])
    slope = Y[:, None] * (1 - np.tanh(X.reshape(4, 6)) ** 2) * U
    step = 0.2 * np.sign(slope)
    there = Y[:, None] * (1 - np.tanh(X.reshape(4, 6) + step) ** 2) * U
    np.testing.assert_allclose(found.reshape(4, 6), (0.7 * slope + 0.3 * there) / 4, rtol=1e-10)


@pytest.mark.parametrize("weight", [-0.1, 1.1, np.nan])
def test_weights_that_are_no_share_are_refused(weight):
    with pytest.raises(ValueError, match="adversarial_loss: weight must be from 0 to 1"):
        adversarial_loss(logistic, Tensor(X), eps=0.1, weight=weight)
    with pytest.raises(ValueError, match="the size of a step"):
        adversarial_loss(logistic, Tensor(X), eps=-0.1)


def test_without_a_gradient_it_is_said_who_asked_and_why_there_is_none():
    vectors = Tensor(np.ones((2, 1, 3)))
    with pytest.raises(RuntimeError, match=r"adversarial_loss: .* no_grad\(\)"), no_grad():
        adversarial_loss(lambda x: x.sum(axis=(1, 2)), vectors, eps=0.1)
    with pytest.raises(ValueError, match="adversarial_loss: the score does not depend on the vec"):
        adversarial_loss(lambda x: Tensor(np.ones(2)), vectors, eps=0.1)
