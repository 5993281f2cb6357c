"""What five seeds of the lab of bottlenecks say, as their file has it."""

import numpy as np
import pytest

from minillm.labs.statistics import mean_and_interval
from minillm.labs.stored import read_study


@pytest.fixture(scope="module")
def found():
    return read_study("bottlenecks")


@pytest.mark.guide("G49")
@pytest.mark.errata("A101")
def test_a101_at_given_operations_the_largest_is_never_the_best(found):
    loss = found["loss"]  # (seeds, operations, depths)
    assert (loss.min(axis=2) < loss[:, :, -1] - 0.03).all()


@pytest.mark.guide("G49")
@pytest.mark.errata("A101")
def test_a101_with_operations_the_best_size_and_its_texts_both_grow(found):
    for name in ("parameters", "texts"):
        mean, half = mean_and_interval(found[f"exponent_of_{name}"])
        assert mean - half > 0.0 and mean + half < 1.0
        assert (np.diff(found[f"best_{name}"].mean(axis=0)) > 0).all()


@pytest.mark.guide("G49")
def test_few_texts_limit_every_model_and_many_are_limited_by_the_model(found):
    few, many = found["mistakes"].swapaxes(0, 1)  # (seeds, ways) each
    unseen = found["unseen"][0]
    assert (np.abs(few - few[:, :1]) < 0.02).all()  # nothing helps
    assert (few.max(axis=1) < 1.1 * unseen[0]).all()
    for better in (1, 2):  # more steps, or more layers
        mean, half = mean_and_interval(many[:, 0] - many[:, better])
        assert mean - half > 0.02
        mean, half = mean_and_interval(many[:, better] - many[:, 3])
        assert mean - half > 0.0  # and both do more
    mean, half = mean_and_interval(many[:, 3] - unseen[1])
    assert abs(mean) < 0.01
    assert many[:, 0].mean() > few[:, 0].mean() - 0.01  # which one model would not have told
