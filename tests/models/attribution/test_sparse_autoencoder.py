"""Sparse autoencoders: the loss by hand, directions of length 1, and what recovery counts."""

import numpy as np
import pytest

from minillm.autograd import Tensor
from minillm.models.attribution import SparseAutoencoder, recovery

RNG = np.random.default_rng(0)
X = RNG.standard_normal((5, 3)).astype(np.float32)


@pytest.fixture
def model():
    """One whose thresholds and middle are not 0."""
    found = SparseAutoencoder(3, 4, rng=np.random.default_rng(1))
    found.threshold.data = np.array([0.3, -0.2, 0.1, -0.4], dtype=np.float32)
    found.middle.data = np.array([0.5, 0.0, -0.5], dtype=np.float32)
    return found


@pytest.mark.guide("G52")
def test_a_vector_is_what_its_codes_sum_to_and_codes_cost(model):
    e, w = model.reading.data, model.directions.data
    codes = np.maximum((X - model.middle.data) @ e + model.threshold.data, 0.0)
    rebuilt = codes @ w + model.middle.data
    found = model(Tensor(X))
    np.testing.assert_allclose(found.codes.data, codes, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found.rebuilt.data, rebuilt, rtol=1e-5, atol=1e-6)
    error = ((X - rebuilt) ** 2).sum(axis=1).mean()
    assert model.loss(X, 0.0).item() == pytest.approx(error, rel=1e-5)
    assert model.loss(X, 0.7).item() == pytest.approx(error + 0.7 * codes.sum(axis=1).mean())


def test_directions_have_length_one_and_keep_their_way(model):
    model.directions.data = model.directions.data * np.float32(3.0)
    before = model.directions.data
    model.normalize()
    np.testing.assert_allclose(np.linalg.norm(model.directions.data, axis=1), 1.0, rtol=1e-6)
    np.testing.assert_allclose(model.directions.data * 3.0, before, rtol=1e-5)


def test_its_gradients_are_differences(model):
    model.to_dtype(np.float64)
    loss = model.loss(X.astype(float), 0.5)
    loss.backward()
    for parameter in model.parameters():
        direction, kept = RNG.standard_normal(parameter.shape), parameter.data
        sides = []
        for h in (1e-6, -1e-6):
            parameter.data = kept + h * direction
            sides.append(model.loss(X.astype(float), 0.5).item())
        parameter.data = kept
        expected = (sides[0] - sides[1]) / 2e-6
        assert (parameter.grad * direction).sum() == pytest.approx(expected, rel=1e-5)


@pytest.mark.guide("G52")
def test_recovery_is_one_where_each_was_found_and_a_cosine_where_not():
    planted = np.eye(3)[:2]
    assert recovery(np.array([[0, 5.0, 0], [2.0, 0, 0], [0, 0, -1.0]]), planted) == 1.0
    assert recovery(np.array([[1.0, 1.0, 0.0]]), planted) == pytest.approx(0.5**0.5)
    assert recovery(np.array([[-1.0, 0.0, 0.0]]), planted) == pytest.approx(-0.5)  # has a sign


def test_what_cannot_be_is_refused(model):
    with pytest.raises(ValueError, match="sizes must be at least 1, got 0 and 4"):
        SparseAutoencoder(0, 4, rng=RNG)
    with pytest.raises(ValueError, match=r"vectors must be \(N, 3\), got \(5, 4\)"):
        model(Tensor(np.zeros((5, 4))))
    for found in (np.zeros((0, 3)), np.zeros((2, 3)), np.ones((2, 4)), np.ones(3)):
        with pytest.raises(ValueError, match=r"recovery: needs directions \(F, D\) and \(P, D\)"):
            recovery(found, np.eye(3))


def test_a_penalty_that_pays_for_codes_and_a_batch_of_nothing_are_refused(model):
    for penalty in (-0.1, np.nan, np.inf):
        with pytest.raises(ValueError, match="needs a penalty of at least 0 and one vector"):
            model.loss(X, penalty)
    with pytest.raises(ValueError, match=r"one vector at least, got 0\.1 and 0"):
        model.loss(X[:0], 0.1)
    assert recovery([[1.0, 0.0]], [[1.0, 0.0]]) == 1.0


def test_directions_of_numbers_without_a_square_are_directions(model):
    model.directions.data = model.directions.data * np.float32(1e-30)
    model.normalize()
    np.testing.assert_allclose(np.linalg.norm(model.directions.data, axis=1), 1.0, rtol=1e-6)
    planted = np.eye(3, dtype=np.float32)
    assert recovery(planted * np.float32(1e-30), planted * np.float32(1e30)) == 1.0
