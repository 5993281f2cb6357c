"""Sums of a few planted directions, and clouds of the same mean and covariance."""

import numpy as np
import pytest

from minillm.labs.worlds.sparse_sums import SparseSums

WORLD = SparseSums(width=4, planted=6)


@pytest.fixture
def planted():
    return WORLD.directions(np.random.default_rng(0))


def test_vectors_are_sums_of_as_many_directions_as_the_dial_says():
    axes = np.eye(6)  # so that the amounts can be read off
    x = SparseSums(width=6, planted=6).draw(4000, axes, 1.5, np.random.default_rng(1))
    there = x > 0
    assert there.sum(axis=1).mean() == pytest.approx(1.5, abs=0.05)
    assert x[there].min() >= 0.5 and x[there].max() <= 1.5 and not x[~there].any()


def test_a_cloud_has_the_mean_and_the_covariance_of_the_sums(planted):
    np.testing.assert_allclose(np.linalg.norm(planted, axis=1), 1.0)
    rng = np.random.default_rng(2)
    sums, cloud = (f(60_000, planted, 2.0, rng) for f in (WORLD.draw, WORLD.clouds))
    np.testing.assert_allclose(cloud.mean(axis=0), sums.mean(axis=0), atol=0.02)
    np.testing.assert_allclose(np.cov(cloud.T), np.cov(sums.T), atol=0.03)
    kurtosis = [((x - x.mean(0)) ** 4).mean(0) / x.var(axis=0) ** 2 for x in (cloud, sums)]
    assert np.abs(kurtosis[0] - 3.0).max() < 0.15 < np.abs(kurtosis[1] - 3.0).max()


@pytest.mark.parametrize("active", [0.0, 7.0])
def test_what_cannot_be_drawn_is_refused(planted, active):
    with pytest.raises(ValueError, match="active must be above 0 and at most 6"):
        WORLD.draw(1, planted, active, np.random.default_rng(0))
    with pytest.raises(ValueError, match="sizes must be at least 1, got 0 and 32"):
        SparseSums(width=0).directions(np.random.default_rng(0))
