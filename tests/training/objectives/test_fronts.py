"""Fronts: which points nothing beats, volumes below staircases and curves, sweeps of weights."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from minillm.training.objectives import (
    dominated,
    hypervolume,
    hypervolume_of_curve,
    pareto_front,
    simplex_weights,
    weight_sweep,
)

points = st.tuples(st.integers(1, 6), st.integers(1, 4)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=st.integers(0, 5))
)


def raters(weights, share):
    """Losses of two raters who differ on a share of all examples: ``-share ln w``."""
    return np.column_stack([-share * np.log(weights), -share * np.log(1 - weights)])


def test_a_point_is_beaten_by_one_that_is_as_good_everywhere_and_better_once():
    given_points = [[1, 4], [2, 2], [2, 3], [3, 1], [2, 2], [5, 5]]
    assert dominated(given_points).tolist() == [False, False, True, False, False, True]
    assert pareto_front(given_points).tolist() == [[1, 4], [2, 2], [3, 1]]


@given(points)
def test_the_volume_is_what_counting_cells_gives(found):
    cells = np.stack(np.meshgrid(*[np.arange(5) + 0.5] * found.shape[1]), axis=-1)
    cells = cells.reshape(-1, found.shape[1])
    covered = (found[None] <= cells[:, None]).all(axis=-1).any(axis=1)
    assert hypervolume(found, [5] * found.shape[1]) == pytest.approx(covered.sum(), abs=1e-9)


@given(points)
def test_points_off_the_front_add_nothing(found):
    corner = [5] * found.shape[1]
    assert hypervolume(pareto_front(found), corner) == pytest.approx(hypervolume(found, corner))


def test_the_staircase_and_the_curve_of_two_raters():
    weights = np.array([0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95])
    assert hypervolume(raters(weights, 0.3034), [1, 1]) == pytest.approx(0.8061, abs=2e-3)
    dense = raters(1 / (1 + np.exp(-np.linspace(-12, 12, 1001))), 0.3)
    x = np.linspace(0, 1, 400_001)[1:]
    below = np.maximum(1 + 0.3 * np.log(-np.expm1(-x / 0.3)), 0).mean()  # 1 - L2 as L1 grows
    assert hypervolume_of_curve(dense, [1, 1]) == pytest.approx(below, abs=1e-4)
    assert hypervolume(dense, [1, 1]) == pytest.approx(below, abs=5e-3)
    few = raters(weights, 0.3)
    assert hypervolume(few, [1, 1]) < hypervolume_of_curve(few, [1, 1]) < below


@pytest.mark.parametrize(
    ("curve", "reference", "area"),
    [
        ([[0, 1], [1, 0]], [1, 1], 0.5),
        ([[0, 1], [1, 0]], [2, 1], 1.5),  # beyond the last point its loss is still to be had
        ([[0, 1], [1, 0]], [0.5, 1], 0.125),
        ([[0, 2], [2, 0]], [2, 1], 0.5),  # where the curve is worse than the reference: nothing
        ([[0.25, 0.5]], [1, 1], 0.375),
        ([[2, 2]], [1, 1], 0.0),
        ([[0, 1], [0.5, 5], [1, 0]], [1, 1], 0.5),  # a point that is beaten is not on the front
    ],
)
def test_the_area_above_a_curve_of_straight_lines(curve, reference, area):
    assert hypervolume_of_curve(curve, reference) == pytest.approx(area)


@pytest.mark.parametrize(("m", "parts", "n"), [(1, 3, 1), (2, 4, 5), (3, 4, 15), (4, 2, 10)])
def test_weights_on_a_grid_are_all_those_that_sum_to_one(m, parts, n):
    weights = simplex_weights(m, parts)
    assert weights.shape == (n, m) and len(np.unique(weights, axis=0)) == n
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    assert weights.min() >= 0 and weights[0, 0] == weights[-1, -1] == 1
    np.testing.assert_allclose(weights * parts, (weights * parts).round())


def test_a_sweep_over_weights_finds_a_convex_front():
    """Two parabolas: with weights w the minimum is at ``x = w_2``."""

    def losses_at(w, seed):
        return [w[1] ** 2, (1 - w[1]) ** 2]

    found = weight_sweep(losses_at, simplex_weights(2, 10), [0, 1, 2])
    assert found.shape == (11, 3, 2)
    assert not dominated(found[:, 0]).any()
    np.testing.assert_allclose(np.sqrt(found).sum(axis=-1), 1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: dominated([]), r"n points of m losses each, got \(0,\)"),
        (lambda: pareto_front([[1.0, np.nan]]), "points must be finite"),
        (lambda: hypervolume([[1.0, 2]], [3.0]), "one finite number for each of 2 losses"),
        (lambda: hypervolume([[1.0]], [np.inf]), "one finite number for each of 1 losses"),
        (lambda: hypervolume_of_curve([[1.0]], [2.0]), "a curve has two losses, got points of 1"),
        (lambda: simplex_weights(0, 1), "at least 1, got 0 and 1"),
        (lambda: weight_sweep(lambda w, s: w, [[1.0, 0]], []), "at least one seed, got none"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(call, message):
    with pytest.raises(ValueError, match=message):
        call()
