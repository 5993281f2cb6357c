"""What the study of sparse autoencoders found, in its stored numbers."""

import numpy as np
import pytest

from minillm.labs.challenges.sparse_directions import STUDY, WAYS
from minillm.labs.statistics import mean_and_interval
from minillm.labs.stored import read_study

SPARSE, CLOUD, AXES, RANDOM = range(len(WAYS))


@pytest.fixture(scope="module")
def recovery():
    """By seed, number of active directions, and way."""
    return read_study(STUDY.name)["recovery"]


@pytest.mark.guide("G52")
def test_the_study_says_that_planted_directions_are_found_where_few_are_active(recovery):
    found = recovery[..., SPARSE]
    assert found[:, 0].min() > 0.98 and found[:, 1].min() > 0.96
    for fewer, more in ((0, 1), (1, 2), (2, 3)):
        mean, half = mean_and_interval(found[:, fewer] - found[:, more])
        assert mean - half > 0.0
    assert found[:, -1].mean() < 0.75  # 8 of 32 in 16 axes


def test_the_study_says_that_axes_of_variance_find_hardly_more_than_chance(recovery):
    axes, drawn = recovery[..., AXES].mean(axis=0), recovery[..., RANDOM].mean(axis=0)
    assert np.abs(axes - drawn).max() < 0.08


def test_the_study_says_that_in_a_cloud_of_the_same_covariance_nothing_is_found(recovery):
    """About 0.62, where random directions have 0.54."""
    cloud, sparse = recovery[..., CLOUD], recovery[..., SPARSE]
    assert cloud.mean(axis=0).max() < 0.66
    assert (sparse - cloud)[:, :3].min() > 0.25
