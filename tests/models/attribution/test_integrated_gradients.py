"""Integrated gradients: complete, and the error of the integral is what the formula says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.models.attribution import (
    classifier_reading,
    completeness_gap,
    gradient_times_input,
    integrated_gradients,
)
from tests.models.attribution.test_gradients import X, linear
from tests.models.small_bert import CLASSES, IDS, MASK, small_classifier


def cubic(x):
    return (x * x * x).sum(axis=(1, 2))


def test_of_a_linear_score_one_step_is_exact_and_from_zero_it_is_gradient_times_input():
    found = integrated_gradients(linear, X, np.zeros(4), steps=1)
    np.testing.assert_allclose(found, gradient_times_input(linear, X))
    np.testing.assert_allclose(completeness_gap(linear, X, np.zeros(4), found), 0.0, atol=1e-12)


@given(st.integers(1, 9))
def test_of_a_cubic_the_middles_of_m_steps_miss_a_quarter_of_m_squared(m):
    """``x · 3x² · mean((k - 1/2)²/m²) = x³ (1 - 1/(4m²))``."""
    found = integrated_gradients(cubic, X, np.zeros(4), steps=m)
    np.testing.assert_allclose(found, (X**3).sum(axis=-1) * (1 - 1 / (4 * m * m)))
    gap = completeness_gap(cubic, X, np.zeros(4), found)
    np.testing.assert_allclose(gap, -(X**3).sum(axis=(1, 2)) / (4 * m * m))


def test_a_token_that_is_that_of_the_baseline_has_no_share():
    baseline = X[0].copy()
    baseline[1] += 1.0
    found = integrated_gradients(cubic, X[:1], baseline, steps=7)
    assert found[0, 0] == found[0, 2] == 0.0 and found[0, 1] != 0.0


@pytest.mark.guide("G52")
def test_of_a_bert_the_shares_sum_to_the_score_and_the_gap_falls_with_the_square_of_the_steps():
    model = small_classifier().eval()
    reading = classifier_reading(model, IDS, MASK, CLASSES)
    vectors, score = reading.vectors, reading.score
    baseline = model.bert.tokens.weight.data[4]
    explained = np.abs(completeness_gap(score, vectors, baseline, np.zeros(IDS.shape))).max()
    gaps = [
        np.abs(completeness_gap(score, vectors, baseline, found)).max() / explained
        for found in (integrated_gradients(score, vectors, baseline, steps=m) for m in (1, 64, 128))
    ]
    assert gaps[0] > 0.1 and gaps[-1] < 1e-4
    assert gaps[1] / gaps[2] == pytest.approx(4.0, rel=0.1)
    found = integrated_gradients(score, vectors, baseline, steps=4)
    np.testing.assert_array_equal(found[1, 3:], 0.0)  # padding


@pytest.mark.parametrize("steps", [0, -1, 2.5])
def test_without_steps_there_is_no_way(steps):
    with pytest.raises(ValueError, match="steps must be a whole number >= 1, got"):
        integrated_gradients(linear, X, np.zeros(4), steps=steps)


@pytest.mark.parametrize("shape", [(3,), (2, 4), (1, 3, 4), ()])
def test_a_baseline_of_another_shape_is_refused(shape):
    with pytest.raises(ValueError, match=r"integrated_gradients: baseline must be \(2, 3, 4\), "):
        integrated_gradients(linear, X, np.zeros(shape))
    with pytest.raises(ValueError, match="completeness_gap: baseline must be"):
        completeness_gap(linear, X, np.zeros(shape), np.zeros((2, 3)))


def test_attributions_of_other_texts_are_refused():
    with pytest.raises(ValueError, match=r"attributions must be \(2, 3\), got \(2, 4\)"):
        completeness_gap(linear, X, np.zeros(4), np.zeros((2, 4)))


def test_numbers_that_are_none_are_refused_and_lists_are_read():
    bare, nothing = np.full(4, np.nan), np.zeros(4)
    with pytest.raises(ValueError, match="integrated_gradients: baseline must be finite, 4 of 4"):
        integrated_gradients(linear, X, bare)
    with pytest.raises(ValueError, match="completeness_gap: baseline must be finite"):
        completeness_gap(linear, X, bare, np.zeros((2, 3)))
    broken = X.copy()
    broken[0, 0, 0] = np.inf
    for attribute, more in ((integrated_gradients, [nothing]), (gradient_times_input, [])):
        with pytest.raises(ValueError, match=f"vectors must be finite, 1 of {X.size}"):
            attribute(linear, broken, *more)
    listed = X.astype(np.float64).tolist()
    np.testing.assert_allclose(
        integrated_gradients(linear, listed, [0.0] * 4),
        integrated_gradients(linear, X, nothing),
        rtol=1e-5,
    )
