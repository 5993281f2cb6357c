"""Gradient times input: exact for linear scores, blind where a score has become flat."""

import numpy as np
import pytest

from minillm.autograd import Parameter, Tensor, no_grad
from minillm.models.attribution import (
    classifier_reading,
    gradient_norm,
    gradient_times_input,
    integrated_gradients,
    slopes,
)
from minillm.ops import relu
from tests.models.small_bert import CLASSES, IDS, MASK, small_classifier

RNG = np.random.default_rng(0)
X = RNG.standard_normal((2, 3, 4))
WEIGHTS = RNG.standard_normal((3, 4))


def linear(x):
    """``F = sum_td w_td x_td``."""
    return (x * WEIGHTS).sum(axis=(1, 2))


def saturated(x):
    """``1 - relu(1 - sum x)``: it rises from 0 to 1 and is flat behind that."""
    return 1.0 - relu(1.0 - x.sum(axis=(1, 2)))


@pytest.mark.guide("G52")
def test_of_a_linear_score_it_is_what_each_token_adds():
    found = gradient_times_input(linear, X)
    np.testing.assert_allclose(found, (X * WEIGHTS).sum(axis=-1))
    np.testing.assert_allclose(found.sum(axis=1), (X * WEIGHTS).sum(axis=(1, 2)))
    np.testing.assert_allclose(
        gradient_norm(linear, X), np.broadcast_to(np.sqrt((WEIGHTS**2).sum(axis=1)), (2, 3))
    )


@pytest.mark.guide("G52")
def test_where_a_score_is_flat_it_sees_nothing_and_the_integral_sees_the_rise():
    """The example of Sundararajan, Taly & Yan 2017, section 2."""
    x = np.array([[[2.0]]])
    assert gradient_times_input(saturated, x).item() == 0.0
    assert integrated_gradients(saturated, x, np.zeros(1), steps=100).item() == pytest.approx(1.0)


def test_slopes_are_the_differences_of_a_whole_model():
    model = small_classifier().eval()
    reading = classifier_reading(model, IDS, MASK, CLASSES)
    vectors, score = reading.vectors, reading.score
    found, direction = slopes(score, vectors), RNG.standard_normal(vectors.shape)
    with_step = [score_of(score, vectors + h * direction) for h in (1e-6, -1e-6)]
    np.testing.assert_allclose(
        (found * direction).sum(axis=(1, 2)), (with_step[0] - with_step[1]) / 2e-6, rtol=1e-6
    )


def score_of(score, vectors):
    """The score as an array."""
    return score(Tensor(vectors)).data


@pytest.mark.parametrize("shape", [(3, 4), (0, 3, 4), (2, 0, 4)])
def test_texts_without_tokens_have_no_slopes(shape):
    with pytest.raises(ValueError, match=r"slopes: vectors must be \(texts, tokens, width\)"):
        slopes(linear, np.zeros(shape))


def test_a_score_must_be_one_number_for_each_text():
    with pytest.raises(ValueError, match=r"one number for each of 2 texts, got \(2, 3\)"):
        slopes(lambda x: x.sum(axis=2), X)


ASKED = {
    "slopes": slopes,
    "gradient_norm": gradient_norm,
    "gradient_times_input": gradient_times_input,
    "integrated_gradients": lambda score, x: integrated_gradients(score, x, np.zeros(4)),
}


@pytest.mark.parametrize("name", ASKED)
def test_without_a_gradient_it_is_said_who_asked_and_why_there_is_none(name):
    with (
        pytest.raises(RuntimeError, match=rf"{name}: needs .* no_grad\(\)"),
        no_grad(),
    ):
        ASKED[name](linear, X)
    said = f"{name}: the score does not depend on the vectors"
    learned = Parameter(np.ones(2))
    for deaf in (
        lambda x: Tensor(np.ones(2)),
        lambda x: learned * 2.0,
        lambda x: Tensor(linear(x.data)),
    ):
        with pytest.raises(ValueError, match=said):
            ASKED[name](deaf, X)


@pytest.mark.parametrize("size", [1e-30, 1e30])
def test_a_gradient_has_its_length_where_squares_of_float32_are_none(size):
    x, w = X.astype(np.float32), np.full(4, size, np.float32)
    found = gradient_norm(lambda x: (x * w).sum(axis=(1, 2)), x)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, 2 * size, rtol=1e-6)
