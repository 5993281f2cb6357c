"""The diagonal of the empirical Fisher matrix: by hand, by sampling, and where it fails."""

import numpy as np
import pytest

from minillm.autograd import Parameter, Tensor
from minillm.ops import cross_entropy
from minillm.training import fisher_diagonal


def loss_of(w, x, y, temperature=1.0):
    """A softmax regression on one example."""
    return cross_entropy((Tensor(x[None]) @ w) / temperature, targets=np.array([y]))


def test_it_is_the_mean_of_squared_gradients(rng):
    """dL/dW = x (p - onehot)' for a softmax regression."""
    w = Parameter(rng.standard_normal((4, 3)))
    xs, ys = rng.standard_normal((6, 4)), rng.integers(3, size=6)
    (found,) = fisher_diagonal(lambda e: loss_of(w, *e), zip(xs, ys, strict=True), [w])
    z = xs @ w.data
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    by_hand = np.mean(
        [np.outer(x, q - np.eye(3)[y]) ** 2 for x, q, y in zip(xs, p, ys, strict=True)], 0
    )
    np.testing.assert_allclose(found, by_hand, rtol=1e-12)


def test_of_answers_that_the_model_draws_it_is_the_curvature(rng):
    """Fisher's matrix of a softmax is E[x x' (diag(p) - pp')], whose diagonal is known."""
    w, xs = Parameter(0.3 * rng.standard_normal((2, 3))), rng.standard_normal((4000, 2))
    z = xs @ w.data
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    ys = (rng.random(4000)[:, None] > p.cumsum(axis=1)).sum(axis=1)
    (found,) = fisher_diagonal(lambda e: loss_of(w, *e), zip(xs, ys, strict=True), [w])
    np.testing.assert_allclose(found, (xs**2).T @ (p * (1 - p)) / 4000, rtol=0.15)


def test_what_is_certain_has_none_and_a_temperature_gives_it_back():
    w = Parameter(np.array([[40.0, 0.0]]))
    example = [(np.array([1.0]), 0)]
    (certain,) = fisher_diagonal(lambda e: loss_of(w, *e), example, [w])
    (soft,) = fisher_diagonal(lambda e: loss_of(w, *e, temperature=20.0), example, [w])
    assert certain.max() < 1e-30 and soft.min() > 1e-6


def test_each_parameter_has_its_own_and_the_dtype_stays(rng):
    w = Parameter(rng.standard_normal((2, 2)).astype(np.float32))
    b = Parameter(np.zeros(2, dtype=np.float32))
    x = np.ones((1, 2), dtype=np.float32)
    found = fisher_diagonal(
        lambda y: cross_entropy(Tensor(x) @ w + b, targets=np.array([y])), [0, 1], [w, b]
    )
    assert [f.shape for f in found] == [(2, 2), (2,)]
    assert {f.dtype for f in found} == {np.dtype(np.float32)}
    np.testing.assert_allclose(found[0], np.broadcast_to(found[1], (2, 2)), rtol=1e-6)


def test_no_example_is_refused_and_so_is_a_parameter_that_no_loss_depends_on():
    w, idle = Parameter(np.ones((1, 2))), Parameter(np.ones(1))
    with pytest.raises(ValueError, match="needs at least one example, got none"):
        fisher_diagonal(lambda e: loss_of(w, *e), [], [w])
    with pytest.raises(RuntimeError, match="parameter 1"):
        fisher_diagonal(lambda e: loss_of(w, *e), [(np.array([1.0]), 0)], [w, idle])
