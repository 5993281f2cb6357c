"""The divergence of two policies, counted out and estimated."""

import numpy as np
import pytest

from minillm import Parameter, Tensor, check_vjp, gradients_of
from minillm.ops import log_softmax
from minillm.training.preferences import exact_kl, kl_estimate
from tests.training.preferences.composed import as_rule


@pytest.fixture
def logits(rng):
    return rng.standard_normal((2, 3, 6))


def log_p_of(logits):
    return log_softmax.run(logits)[0]


def test_gradients(logits, rng):
    check_vjp(as_rule(exact_kl), *logits, rng=rng)
    check_vjp(as_rule(kl_estimate), *logits, rng=rng)


def test_the_divergence_is_its_definition_and_zero_at_the_reference(logits):
    z, reference = logits
    log_p, log_q = log_p_of(z), log_p_of(reference)
    expected = (np.exp(log_p) * (log_p - log_q)).sum(axis=1)
    found = exact_kl(Tensor(z), Tensor(reference))
    np.testing.assert_allclose(found.data, expected, rtol=1e-12)
    np.testing.assert_allclose(exact_kl(Tensor(z), Tensor(z + 3)).data, 0.0, atol=1e-12)


def test_its_gradient_is_what_the_docstring_says(logits):
    z, reference = Parameter(logits[0]), Tensor(logits[1])
    kl = exact_kl(z, reference)
    (slope,) = gradients_of(kl.sum(), [z])
    log_p, log_q = log_p_of(logits[0]), log_p_of(logits[1])
    expected = np.exp(log_p) * (log_p - log_q - kl.data[:, None])
    np.testing.assert_allclose(slope, expected, atol=1e-12)


def test_the_mean_of_the_estimate_is_the_divergence_and_no_draw_is_below_zero(logits):
    log_p, log_q = map(log_p_of, logits)
    each = kl_estimate(Tensor(log_p), Tensor(log_q)).data
    assert (each >= 0).all()
    kl = exact_kl(*map(Tensor, logits)).data
    np.testing.assert_allclose((np.exp(log_p) * each).sum(axis=1), kl, rtol=1e-9)


def test_the_mean_of_its_gradient_is_that_of_the_divergence_the_other_way_round(logits):
    z, reference = Parameter(logits[0]), Tensor(logits[1])
    p = np.exp(log_p_of(logits[0]))  # of the draws, which do not move
    (mean,) = gradients_of((kl_estimate(log_softmax(z), log_softmax(reference)) * p).sum(), [z])
    (turned,) = gradients_of(exact_kl(reference, z).sum(), [z])
    np.testing.assert_allclose(mean, turned, atol=1e-12)
    (straight,) = gradients_of(exact_kl(z, reference).sum(), [z])
    assert np.abs(mean - straight).max() > 0.01


def test_other_shapes_are_refused():
    one, other = Tensor(np.zeros((2, 3))), Tensor(np.zeros((2, 1)))
    with pytest.raises(ValueError, match=r"reference \(2, 1\) must both be"):
        exact_kl(one, other)
    with pytest.raises(ValueError, match=r"reference_log_p \(2, 1\) must have the same shape"):
        kl_estimate(one, other)
