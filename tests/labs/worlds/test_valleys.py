"""Two losses with steep valleys: their gradients, the best mean, the front."""

from functools import partial

import numpy as np
import pytest

from minillm.labs.worlds import valleys
from minillm.labs.worlds.valleys import front_at, optimum
from minillm.training.objectives.aggregators import cosines_of

BOUND = 5e-6
losses_at, gradients_at = (
    partial(function, bound=BOUND) for function in (valleys.losses_at, valleys.gradients_at)
)
LEAST = -15.09164  # of the mean, at (0, -8.35511)


def test_the_gradients_are_those_of_central_differences(rng):
    x, h = rng.uniform(-9, 9, (300, 2)), 1e-6
    steps = [(losses_at(x + h * e) - losses_at(x - h * e)) / (2 * h) for e in np.eye(2)]
    np.testing.assert_allclose(gradients_at(x), np.stack(steps, axis=-1), rtol=1e-5, atol=1e-7)


def test_on_the_axis_both_halves_move_and_the_bound_holds_in_a_valley():
    start = gradients_at(np.zeros((1, 2)))[0]
    bowl = (49 + 6.4) / 10 - 20
    assert start[0].tolist() == pytest.approx([0, (np.log(3.5) + 6 - bowl) / 2])
    bottom = np.array([[2 * np.tanh(1.0) - 7, 1.0]])  # of the first valley
    expected = np.tanh(0.5) * (np.log(BOUND) + 6)
    assert losses_at(bottom)[0, 0] == pytest.approx(expected)
    assert gradients_at(bottom)[0, 0, 0] == 0


def test_the_optimum_of_the_mean_is_where_a_grid_finds_it():
    grid = np.stack(np.meshgrid(np.linspace(-9, 9, 181), np.linspace(-12, 9, 421)), axis=-1)
    assert losses_at(grid.reshape(-1, 2)).mean(axis=1).min() == pytest.approx(LEAST, abs=2e-3)
    line = np.stack([np.zeros(200_001), np.linspace(-9, -8, 200_001)], axis=1)
    means = losses_at(line).mean(axis=1)
    assert means.min() == pytest.approx(LEAST, abs=5e-6)
    np.testing.assert_allclose(optimum(), line[means.argmin()], atol=1e-5)
    np.testing.assert_allclose(optimum(), [0, -8.35511], atol=5e-6)
    assert losses_at(optimum()[None]).mean() == pytest.approx(LEAST, abs=5e-6)
    assert np.abs(gradients_at(optimum()[None])[0].mean(axis=0)).max() < 1e-12


def test_on_the_front_the_gradients_are_opposite():
    along = np.linspace(-6.9, 6.9, 40)
    points = np.stack([along, front_at(along)], axis=1)
    for j in gradients_at(points):
        assert cosines_of(j @ j.T)[0, 1] == pytest.approx(-1, abs=1e-9)
    beside = gradients_at(points + np.array([0, 0.05]))
    assert max(cosines_of(j @ j.T)[0, 1] for j in beside) > -1 + 1e-6
