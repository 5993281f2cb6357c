"""The clue that turns: samples of its world, and accuracies that are exact."""

import numpy as np
import pytest

from minillm.labs.worlds.clue import draw, exact_accuracy, normal


@pytest.mark.parametrize("agreement", [0.05, 0.5, 0.95])
def test_the_clue_agrees_as_often_as_it_should_and_has_its_size(agreement, rng):
    sample = draw(50_000, scale=3.0, agreement=agreement, rng=rng)
    assert set(np.abs(sample.x[:, 1])) == {3.0}
    assert (np.sign(sample.x[:, 1]) == sample.y).mean() == pytest.approx(agreement, abs=0.01)
    assert (sample.x[:, 0] - sample.y).std() == pytest.approx(1, abs=0.02)
    assert sample.weights.sum() == pytest.approx(1)


def test_the_exact_accuracy_is_what_a_large_sample_gives(rng):
    sample = draw(200_000, scale=2.0, agreement=0.95, rng=rng)
    theta = np.array([1.0, 0.3, -0.2])
    right = np.sign(sample.x @ theta[:2] + theta[2]) == sample.y
    assert exact_accuracy(theta, scale=2.0, agreement=0.95) == pytest.approx(
        right.mean(), abs=0.003
    )


def test_the_clue_alone_is_right_as_often_as_it_agrees():
    assert exact_accuracy(np.array([1e-3, 1, 0]), scale=1.0, agreement=0.05) == pytest.approx(0.05)
    assert exact_accuracy(np.array([1, 0, 0]), scale=1.0, agreement=0.05) == pytest.approx(
        normal(1)
    )
