"""The rule of Word2Vec: by hand, by finite differences, and beside the tape."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.autograd import Parameter, gradients_of
from minillm.models.word_vectors import negative_sampling
from minillm.ops import log_sigmoid

pytestmark = [pytest.mark.guide("G9"), pytest.mark.errata("A44")]


def sizes(b, k, d, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((b, d)), rng.standard_normal((b, 1 + k, d)), rng


def test_a_pair_and_one_negative_by_hand():
    v, u = np.array([[1.0, 2.0]]), np.array([[[np.log(3.0), 0.0], [0.0, -np.log(2.0) / 2]]])
    loss, d_v, d_u = negative_sampling(v, u)  # σ(s) is 3/4 of the true word and 1/3 of the other
    assert loss == pytest.approx([-np.log(3 / 4) - np.log(2 / 3)], rel=1e-14)
    np.testing.assert_allclose(d_u[0], [[-1 / 4, -1 / 2], [1 / 3, 2 / 3]], rtol=1e-14)
    np.testing.assert_allclose(d_v[0], [-np.log(3) / 4, -np.log(2) / 6], rtol=1e-14)


def test_the_true_word_is_pulled_and_the_drawn_ones_are_pushed():
    v, u, _ = sizes(20, 3, 4)
    d_u = negative_sampling(v, u).d_u
    along = np.einsum("bjd,bd->bj", d_u, v)
    assert (along[:, 0] < 0).all() and (along[:, 1:] > 0).all()  # a step goes against it


@given(st.integers(1, 4), st.integers(0, 4), st.integers(1, 5), st.integers(0, 99), st.booleans())
def test_gradients_are_those_of_finite_differences(b, k, d, seed, some_left_out):
    v, u, rng = sizes(b, k, d, seed)
    counted = rng.random((b, 1 + k)) < 0.6 if some_left_out else None
    _, d_v, d_u = negative_sampling(v, u, counted)
    for operand, found in ((v, d_v), (u, d_u)):
        for place in np.ndindex(operand.shape):
            value, sides = operand[place], []
            for step in (1e-5, -1e-5):
                operand[place] = value + step
                sides.append(negative_sampling(v, u, counted).loss.sum())
            operand[place] = value
            assert (sides[0] - sides[1]) / 2e-5 == pytest.approx(found[place], abs=1e-8)


def test_loss_and_gradients_are_those_of_the_tape():
    v, u, rng = sizes(5, 3, 4)
    counted = rng.random((5, 4)) < 0.7
    loss, d_v, d_u = negative_sampling(v, u, counted)
    v, u = Parameter(v), Parameter(u)
    signs = np.array([1.0, -1.0, -1.0, -1.0])
    scores = (u * v.reshape(5, 1, 4)).sum(axis=-1) * signs
    taped = -(log_sigmoid(scores) * counted.astype(float)).sum()
    assert float(taped) == pytest.approx(loss.sum(), rel=1e-14)
    for wanted, found in zip(gradients_of(taped, [v, u]), (d_v, d_u), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-13, atol=1e-15)


def test_scores_of_a_thousand_have_a_finite_loss_and_float32_stays():
    v, u = np.array([[1000.0]], np.float32), np.array([[[-1.0], [1.0]]], np.float32)
    loss, d_v, d_u = negative_sampling(v, u)
    assert loss == pytest.approx([2000.0]) and (d_v.dtype, d_u.dtype) == (np.float32, np.float32)
    np.testing.assert_allclose(d_v, [[2.0]])


@pytest.mark.parametrize(
    ("v", "u", "counted"),
    [
        ((3, 2), (3, 4, 1), None),  # would be stretched
        ((1, 2), (3, 4, 2), None),
        ((3,), (3, 4, 2), None),
        ((3, 2), (3, 0, 2), None),
        ((3, 2), (3, 4, 2), (3, 1)),
    ],
)
def test_shapes_that_do_not_fit_are_refused(v, u, counted):
    counted = None if counted is None else np.ones(counted, dtype=bool)
    with pytest.raises(ValueError, match=r"negative_sampling: needs v \(B, D\), .* got v"):
        negative_sampling(np.ones(v), np.ones(u), counted)
