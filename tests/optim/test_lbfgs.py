"""The minimiser against functions whose minimum is known."""

from collections import deque

import numpy as np
import pytest

from minillm.optim import lbfgs
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
    assert np.array_equal(minimize(quadratic(np.eye(2), target), target), target)


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


# Functions that are not defined everywhere


@pytest.mark.parametrize("start", [1e-3, 0.1, 5.0, 300.0])
@pytest.mark.parametrize("outside", [np.nan, np.inf])
def test_a_step_out_of_the_domain_is_shortened(start, outside):
    """x - log x has its minimum at 1; below 0 there is no value."""

    def barrier(x):
        if x[0] <= 0:
            return outside, np.array([outside])
        return float(x[0] - np.log(x[0])), 1 - 1 / x

    np.testing.assert_allclose(minimize(barrier, np.array([start])), 1, atol=1e-5)


def test_numpy_may_answer_outside_the_domain_by_itself():
    """No warning leaves: the suite would turn it into an error."""
    found = minimize(lambda x: ((x - np.log(x)).sum(), 1 - 1 / x), np.array([0.01, 0.5, 30.0]))
    np.testing.assert_allclose(found, 1, atol=1e-5)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("where", ["value", "gradient"])
def test_what_is_not_a_number_after_a_step_is_never_accepted(bad, where, rng):
    """A bowl with a hole: beyond a wall around the start, value or gradient is spoilt."""
    start, seen = np.array([3.0, -4.0]), []

    def bowl(x):
        seen.append(x)
        value, gradient = float(x @ x) / 2, x.copy()
        if abs(x - start).max() > 0.3 and len(seen) < 4:
            if where == "value":
                value = bad
            else:
                gradient[1] = bad
        return value, gradient

    found = minimize(bowl, start)
    np.testing.assert_allclose(found, 0, atol=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_function_that_is_a_number_at_the_start_alone_ends_in_words(bad):
    def needle(x):
        return (1.0 if (x == 0).all() else bad), np.ones_like(x)

    with pytest.raises(RuntimeError, match="the function is not finite however short the step"):
        minimize(needle, np.zeros(2))


@pytest.mark.parametrize(("value", "slope"), [(np.nan, 1.0), (1.0, np.nan), (np.inf, 1.0)])
def test_a_start_where_the_function_is_not_finite_is_refused(value, slope):
    with pytest.raises(ValueError, match=r"at the start is .* both must be finite"):
        minimize(lambda x: (value, np.full_like(x, slope)), np.ones(2))


@pytest.mark.parametrize(
    "start", [np.array([1.0, np.nan]), np.ones((2, 2)), np.array(["a"]), 1.0, np.array([1j])]
)
def test_a_start_that_is_not_a_vector_of_numbers_is_refused(start):
    with pytest.raises(ValueError, match="start must be a vector of finite numbers, got"):
        minimize(rosenbrock, start)


def test_a_gradient_of_another_shape_is_refused():
    """(N, 1) against (N,) would silently become (N, N)."""
    with pytest.raises(ValueError, match=r"the gradient is \(2, 1\) at a point of \(2,\)"):
        minimize(lambda x: (float(x @ x), 2 * x[:, None]), np.ones(2))


@pytest.mark.parametrize("tolerance", [-1e-6, np.nan, np.inf, None])
def test_a_tolerance_that_is_not_a_number_from_zero_up_is_refused(tolerance):
    with pytest.raises(ValueError, match="tolerance must be a number >= 0, got"):
        minimize(rosenbrock, np.ones(2), tolerance=tolerance)


# Numbers of all kinds and sizes


@pytest.mark.parametrize("start", [[3, -2], np.array([3, -2]), np.array([3, -2], np.float32)])
def test_integers_and_float32_are_computed_in_float64(start, rng):
    def bowl(x):
        assert x.dtype == np.float64
        value, gradient = quadratic(np.diag([1.0, 10.0]), np.array([1.0, 2.0]))(x)
        return np.float32(value), gradient.astype(np.float32)

    found = minimize(bowl, start)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, [1.0, 2.0], atol=1e-5)


def test_a_gradient_array_that_is_used_again_does_not_spoil_the_history(rng):
    matrix, target, gradient = np.diag([1.0, 30.0, 900.0]), rng.standard_normal(3), np.zeros(3)

    def reusing(x):
        value, gradient[:] = quadratic(matrix, target)(x)
        return value, gradient

    found = minimize(reusing, np.zeros(3), max_steps=40)
    np.testing.assert_allclose(found, target, atol=1e-5)


@pytest.mark.parametrize("size", [1e-150, 1e-30, 1.0, 1e30, 1e150])
def test_a_function_of_any_size_is_minimised(size):
    def bowl(x):
        value, gradient = quadratic(np.diag([1.0, 10.0]), np.array([1.0, 2.0]))(x)
        return size * value, size * gradient

    found = minimize(bowl, np.zeros(2), tolerance=1e-6 * size)
    np.testing.assert_allclose(found, [1.0, 2.0], atol=1e-5)


def test_a_gradient_of_zero_is_a_minimum_even_where_no_tolerance_is_left():
    start = np.array([1.0, -2.0])
    end = minimize(lambda x: (0.0, np.zeros(2)), start, tolerance=0.0)
    assert np.array_equal(end, start)
    assert minimize(lambda x: (0.0, np.zeros(0)), np.zeros(0)).shape == (0,)


@pytest.mark.parametrize("slope", [1.0, 1e-3])
def test_a_step_without_curvature_is_not_remembered(slope):
    """A straight slope into a bowl: on the slope y is 0, or rounding noise."""

    def slide(x):
        noise = 1e-17 * np.sin(1e6 * x[0])
        if x[0] > 0:
            return float(slope * x[0]), np.array([slope + noise])
        return float(slope * x[0] + x[0] ** 2), np.array([slope + 2 * x[0]])

    np.testing.assert_allclose(minimize(slide, np.array([9.0])), -slope / 2, atol=1e-5)


def test_a_history_that_points_uphill_is_forgotten(monkeypatch):
    honest = lbfgs.inverse_hessian_times

    def spoilt(gradient, history):
        return honest(gradient, history) * (-1.0 if history else 1.0)

    monkeypatch.setattr(lbfgs, "inverse_hessian_times", spoilt)
    found = minimize(quadratic(np.eye(2), np.ones(2)), np.zeros(2), max_steps=200)
    np.testing.assert_allclose(found, 1, atol=1e-5)


@pytest.mark.parametrize("steps", [0, 1])
def test_a_minimum_that_the_last_step_reached_counts_as_reached(steps):
    """The first step has length one: from there it meets the middle of this bowl."""
    end = minimize(lambda x: (0.5 * x @ x, x), np.array([0.6, 0.8]) * steps, max_steps=steps)
    assert np.allclose(end, 0.0, atol=1e-12)


def test_a_function_may_write_into_the_point_it_is_given():
    def spoiling(x):
        value, gradient = 0.5 * (x - 1.0) @ (x - 1.0), x - 1.0
        x[:] = np.nan
        return value, gradient

    assert np.allclose(minimize(spoiling, np.array([3.0, 4.0])), 1.0)


def test_the_answer_never_shares_memory_with_the_start():
    start = np.zeros(2)
    end = minimize(lambda x: (0.5 * x @ x, x), start)
    end[:] = 7.0
    assert start.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("name", ["max_steps", "memory"])
@pytest.mark.parametrize("number", [-1, 2.0, None])
def test_a_count_that_counts_nothing_is_refused(name, number):
    with pytest.raises(ValueError, match=f"{name} must be a whole number >= 0, got {number}"):
        minimize(lambda x: (0.5 * x @ x, x), np.ones(2), **{name: number})
