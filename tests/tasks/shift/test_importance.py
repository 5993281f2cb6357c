"""Weights of a known density ratio: exact where it can be counted, refused where it cannot be."""

import numpy as np
import pytest

from minillm.tasks.shift import density_ratio, effective_size, weighted_mean


def test_a_weighted_mean_over_the_source_is_the_mean_over_the_target(rng):
    """Without any chance: every kind of item as often as its probability says."""
    p, q = np.array([0.5, 0.3, 0.2, 0.0]), np.array([0.1, 0.4, 0.5, 0.0])
    values = rng.standard_normal(4)
    kinds = np.repeat(np.arange(4), np.rint(10 * p).astype(int))
    weights = density_ratio(q, p)
    np.testing.assert_allclose(weights, [0.2, 4 / 3, 2.5, 0.0])
    assert weighted_mean(values[kinds], weights[kinds]) == pytest.approx(float(q @ values))
    assert values[kinds].mean() == pytest.approx(float(p @ values))


def test_the_same_distribution_has_equal_weights(rng):
    p = rng.dirichlet(np.ones(5))
    np.testing.assert_allclose(density_ratio(p, p), 1.0)


def test_as_how_many_the_weighted_items_count():
    assert effective_size(np.full(7, 3.0)) == pytest.approx(7)
    assert effective_size(np.array([0.0, 2.0, 0.0])) == pytest.approx(1)
    assert effective_size(np.array([1.0, 3.0])) == pytest.approx(16 / 10)


def test_what_was_never_seen_is_named():
    with pytest.raises(ValueError, match="source never has kind 1, 3, which"):
        density_ratio(np.full(4, 0.25), np.array([0.5, 0.0, 0.5, 0.0]))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: density_ratio(np.array([0.5, 0.6]), np.array([0.5, 0.5])), "target must be prob"),
        (lambda: density_ratio(np.array([0.5, 0.5]), np.array([1.5, -0.5])), "source must be prob"),
        (lambda: density_ratio(np.ones(1), np.array([0.5, 0.5])), "must be of a shape"),
        (lambda: weighted_mean(np.ones(2), np.ones(3)), r"must be \(N,\)"),
        (lambda: weighted_mean(np.ones(2), np.zeros(2)), "not all 0"),
        (lambda: effective_size(np.array([1.0, -1.0])), "at least 0"),
        (lambda: effective_size(np.array([1.0, np.nan])), "finite"),
    ],
)
def test_what_is_no_distribution_and_no_weight_is_refused(call, says):
    with pytest.raises(ValueError, match=says):
        call()


def test_a_value_that_is_no_number_is_named_even_where_its_weight_is_0():
    with pytest.raises(ValueError, match="weighted_mean: values must be finite, got nan at 1"):
        weighted_mean(np.array([2.0, np.nan]), np.array([1.0, 0.0]))
