import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.optim import clip_gradients


def joint_norm(gradients):
    """The Euclidean norm of all gradients together."""
    return math.sqrt(sum(float(np.sum(g * g)) for g in gradients if g is not None))


def test_a_gradient_of_norm_five_clipped_to_one():
    clipped, norm = clip_gradients([np.array([3.0]), np.array([[0.0, 4.0]])], 1.0)
    assert float(norm) == 5.0
    np.testing.assert_allclose(clipped[0], [0.6], rtol=1e-15)
    np.testing.assert_allclose(clipped[1], [[0.0, 0.8]], rtol=1e-15)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=6), st.floats(1e-3, 1e3))
def test_the_norm_after_is_at_most_the_bound_and_the_direction_stays(entries, max_norm):
    gradients = [np.array(entries[:1]), np.array(entries[1:])]
    clipped, norm = clip_gradients(gradients, max_norm)
    assert float(norm) == pytest.approx(joint_norm(gradients), rel=1e-12)
    assert joint_norm(clipped) <= max_norm * (1 + 1e-12)
    scale = min(1.0, max_norm / float(norm)) if norm else 1.0
    for before, after in zip(gradients, clipped, strict=True):
        np.testing.assert_allclose(after, scale * before, rtol=1e-12)


def test_a_short_gradient_is_unchanged_to_the_last_bit(rng):
    gradients = [rng.standard_normal(7), rng.standard_normal((2, 3))]
    for max_norm in (joint_norm(gradients) * 1.001, 1e300, math.inf):
        clipped, norm = clip_gradients(gradients, max_norm)
        assert np.isfinite(norm)
        for before, after in zip(gradients, clipped, strict=True):
            np.testing.assert_array_equal(after, before)


@pytest.mark.parametrize("max_norm", [1.0, math.inf])
def test_gradients_of_zero_stay_zero(max_norm):
    clipped, norm = clip_gradients([np.zeros(3)], max_norm)
    assert float(norm) == 0.0
    assert clipped[0].tolist() == [0.0] * 3


def test_one_array_given_twice_is_scaled_once_and_not_written_into():
    shared = np.array([3.0, 4.0])
    clipped, norm = clip_gradients([shared, shared], 1.0)
    assert shared.tolist() == [3.0, 4.0]
    assert float(norm) == pytest.approx(math.sqrt(50))
    assert joint_norm(clipped) == pytest.approx(1.0)
    assert clipped[0] is not clipped[1]


def test_none_stays_none_and_counts_for_nothing():
    clipped, norm = clip_gradients([None, np.array([3.0, 4.0]), None], 1.0)
    assert (clipped[0], clipped[2], float(norm)) == (None, None, 5.0)


def test_every_gradient_keeps_its_dtype():
    for max_norm in (1.0, np.float64(1.0)):
        clipped, _ = clip_gradients([np.ones(3, dtype=np.float32), np.ones(3)], max_norm)
        assert [g.dtype for g in clipped] == [np.float32, np.float64]


@pytest.mark.fault(84)
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_gradient_that_is_not_finite_shows_in_the_norm(bad):
    _, norm = clip_gradients([np.ones(2), np.array([1.0, bad])], 1.0)
    assert not np.isfinite(norm)
    assert np.isnan(norm) == np.isnan(bad)


def test_an_overflow_of_the_squares_shows_in_the_norm():
    _, norm = clip_gradients([np.array([1e30], dtype=np.float32)], 1.0)
    assert np.isinf(norm)


@pytest.mark.fault(84)
@pytest.mark.parametrize("max_norm", [0.0, -1.0, math.nan])
def test_a_bound_that_is_not_positive_is_refused(max_norm):
    with pytest.raises(ValueError, match=f"max_norm must be positive, got {max_norm}"):
        clip_gradients([np.ones(2)], max_norm)


@pytest.mark.fault(84)
@pytest.mark.parametrize("gradients", [[], [None, None]])
def test_no_gradient_at_all_is_refused(gradients):
    with pytest.raises(ValueError, match="clip_gradients: there is no gradient"):
        clip_gradients(gradients, 1.0)
