"""The minimiser against functions whose minimum is known."""

from collections import deque

import numpy as np
import pytest

from minillm.optim.lbfgs import inverse_hessian_times, minimize


def quadratic(matrix, target):
    return lambda x: (float((x - target) @ matrix @ (x - target)) / 2, matrix @ (x - target))


def rosenbrock(x):
    a, b = x
    value = (1 - a) ** 2 + 100 * (b - a * a) ** 2
    return value, np.array([-2 * (1 - a) - 400 * a * (b - a * a), 200 * (b - a * a)])


def test_a_stretched_quadratic_is_minimised(rng):
    matrix = np.diag([1.0, 10.0, 1000.0, 0.1])
    target = rng.standard_normal(4)
    found = minimize(quadratic(matrix, target), np.zeros(4), tolerance=1e-9)
    np.testing.assert_allclose(found, target, atol=1e-7)


def test_a_curved_valley_is_followed_to_its_end():
    found = minimize(rosenbrock, np.array([-1.2, 1.0]))
    np.testing.assert_allclose(found, [1, 1], atol=1e-5)


def test_a_start_at_the_minimum_is_returned_as_it_is():
    target = np.array([1.0, -2.0])
    assert minimize(quadratic(np.eye(2), target), target) is target


def test_the_start_is_not_written_into():
    start = np.zeros(2)
    minimize(quadratic(np.eye(2), np.ones(2)), start)
    np.testing.assert_array_equal(start, 0)


def test_the_imitated_inverse_hessian_undoes_the_latest_change_of_gradient(rng):
    root = rng.standard_normal((5, 5))
    hessian = root @ root.T + np.eye(5)
    history = deque((s, hessian @ s) for s in rng.standard_normal((3, 5)))
    s, y = history[-1]
    np.testing.assert_allclose(inverse_hessian_times(y, history), s)


def test_with_a_full_history_of_a_quadratic_it_is_the_inverse_hessian_on_conjugate_steps():
    hessian = np.diag([1.0, 4.0, 9.0])
    history = deque((s, hessian @ s) for s in np.eye(3))
    g = np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(inverse_hessian_times(g, history), g / [1, 4, 9])


def test_too_few_steps_are_an_error_that_names_the_gradient():
    with pytest.raises(RuntimeError, match=r"gradient of .*above 1e-06: 3 steps were not enough"):
        minimize(rosenbrock, np.array([-1.2, 1.0]), max_steps=3)


def test_a_wrong_gradient_is_an_error_and_not_an_endless_search():
    def uphill(x):
        return float(x @ x), -2 * x

    with pytest.raises(RuntimeError, match="the function does not decrease"):
        minimize(uphill, np.ones(2))
