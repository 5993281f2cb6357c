"""Aggregators on small Jacobians of which the answers are known."""

import numpy as np
import pytest

from minillm.backend import stream
from minillm.training.objectives.aggregators import (
    aligned_mtl,
    cagrad,
    config,
    dualproj,
    imtl_g,
    mean,
    mgda,
    nash_mtl,
    pcgrad,
    stationary,
    total,
    upgrad,
)

BASE = np.array([[-4.0, 1, 1], [6, 1, 1]])
J2 = np.array([[1.0, 0], [-0.5, 1]])
ALL = [mean, total, mgda, pcgrad, upgrad, dualproj, cagrad, imtl_g, nash_mtl, aligned_mtl, config]


def aggregated(aggregator, j, *settings, **named):
    j = np.asarray(j, dtype=float)
    return j.T @ aggregator(j @ j.T, *settings, **named)


@pytest.mark.parametrize(
    ("aggregator", "weights", "d"),
    [
        (mean, [0.5, 0.5], [1, 1]),
        (total, [1, 1], [2, 2]),
        (mgda, [0.6, 0.4], [0, 1]),
        (pcgrad, [20 / 9, 30 / 19], [0.584795, 3.801170]),
        (upgrad, [10 / 9, 15 / 19], [0.292398, 1.900585]),
        (dualproj, [11 / 18, 0.5], [5 / 9, 10 / 9]),
        (cagrad, [0.704124, 0.5], [0.183503, 1.204124]),
        (lambda g: cagrad(g, 0.8), [1.006940, 0.671293], [0, 1.678233]),
        (lambda g: cagrad(g, 1.0), [1.2, 0.8], [0, 2]),
        (imtl_g, [38**0.5 / (18**0.5 + 38**0.5), 18**0.5 / (18**0.5 + 38**0.5)], [0.0767, 1]),
        (lambda g: nash_mtl(g, None), [0.591461, 0.407071], [0.0766, 0.9985]),
        (nash_mtl, [0.591461 / 2**0.5, 0.407071 / 2**0.5], [0.0542, 0.7061]),
        (aligned_mtl, [0.5591, 0.4083], [0.2133, 0.9673]),
        (config, None, [0.1588, 2.0706]),
    ],
)
def test_two_tasks_in_conflict_whose_last_columns_are_equal(aggregator, weights, d):
    w = aggregator(BASE @ BASE.T)
    if weights is not None:
        np.testing.assert_allclose(w, weights, atol=1e-4 if aggregator is aligned_mtl else 2e-6)
    if d is not None:
        expected = [d[0], d[1], d[1]]
        np.testing.assert_allclose(BASE.T @ w, expected, atol=1e-4)


@pytest.mark.parametrize(
    ("aggregator", "weights", "d"),
    [
        (mgda, [0.538462, 0.461538], [0.307692, 0.461538]),
        (pcgrad, [1.5, 1.4], [0.8, 1.4]),
        (upgrad, [0.75, 0.7], [0.4, 0.7]),
        (dualproj, [0.5, 0.5], [0.25, 0.5]),  # the mean conflicts with neither
        (imtl_g, None, [0.291796, 0.472136]),
        (cagrad, [0.801306, 0.686834], [0.457889, 0.686834]),
        (lambda g: nash_mtl(g, None), [1.344997, 1.203002], [0.743496, 1.203002]),
        (nash_mtl, None, [0.525731, 0.850651]),
        (aligned_mtl, None, [0.284049, 0.473415]),
        (config, None, [0.585410, 0.947214]),
    ],
)
def test_two_tasks_of_unlike_length(aggregator, weights, d):
    w = aggregator(J2 @ J2.T)
    np.testing.assert_allclose(J2.T @ w, d, atol=6e-7)
    if weights is not None:
        np.testing.assert_allclose(w, weights, atol=6e-7)


@pytest.mark.parametrize("aggregator", ALL)
def test_opposite_gradients_leave_nothing(aggregator):
    np.testing.assert_allclose(aggregated(aggregator, [[1, 0], [-1, 0]]), [0, 0], atol=1e-15)


@pytest.mark.parametrize(
    ("aggregator", "zero_row", "collinear"),
    [
        (mean, [0.5, 1], [1.5, 1.5]),
        (total, [1, 2], [3, 3]),
        (mgda, [0, 0], [1, 1]),
        (pcgrad, [1, 2], [3, 3]),
        (upgrad, [0.5, 1], [1.5, 1.5]),
        (dualproj, [0.5, 1], [1.5, 1.5]),
        (cagrad, [0.5, 1], [2.25, 2.25]),
        (imtl_g, [1, 2], [4 / 3, 4 / 3]),
        (nash_mtl, [0.2**0.5, 2 * 0.2**0.5], [0.5**0.5, 0.5**0.5]),
        (aligned_mtl, None, None),
        (config, [1, 2], [3, 3]),
    ],
)
def test_a_gradient_of_zero_and_two_along_one_line(aggregator, zero_row, collinear):
    for j, d in (([[1, 2], [0, 0]], zero_row), ([[1, 1], [2, 2]], collinear)):
        found = aggregated(aggregator, j)
        assert np.isfinite(found).all()
        if d is not None:
            np.testing.assert_allclose(found, d, atol=1e-12)


@pytest.mark.parametrize("aggregator", ALL)
def test_one_task_goes_its_own_way(aggregator):
    d = aggregated(aggregator, [[3, 4]])
    length = {nash_mtl: 1.0, cagrad: 7.5}.get(aggregator, 5.0)
    np.testing.assert_allclose(d, [0.6 * length, 0.8 * length], rtol=1e-12)


@pytest.mark.parametrize("aggregator", ALL)
def test_where_all_gradients_are_zero_nothing_moves(aggregator):
    weights = aggregator(np.zeros((3, 3)))
    assert weights.shape == (3,) and np.isfinite(weights).all()


def test_the_angle_of_unit_gradients_decides_where_mgda_is_normalised():
    j = np.array([[1.0, 0], [0, 100]])
    np.testing.assert_allclose(aggregated(mgda, j, normalised=True), [0.5, 0.5], rtol=1e-14)
    np.testing.assert_allclose(aggregated(mgda, j), [0.9999, 0.01], rtol=1e-4)


def test_where_no_direction_serves_all_the_point_is_stationary():
    assert stationary(np.array([[1.0, -2], [-2, 4]])) and stationary(np.zeros((2, 2)))
    three = np.array([[1.0, 0], [-0.5, 0.75**0.5], [-0.5, -(0.75**0.5)]]) * [[1], [10], [1e-3]]
    assert stationary(three @ three.T)
    assert not stationary(BASE @ BASE.T) and not stationary(np.eye(3))


def test_an_order_drawn_by_chance_is_one_of_those_in_the_mean_over_all():
    j = np.array([[1.0, -0.3, -0.2], [-0.5, 1, -0.1], [-0.2, -0.6, 1]])
    gram = j @ j.T
    drawn = np.array([pcgrad(gram, stream(0, "order", place)) for place in range(400)])
    assert len(np.unique(drawn.round(9), axis=0)) == 8  # two orders for each of three tasks
    np.testing.assert_allclose(drawn.mean(axis=0), pcgrad(gram), rtol=0.05)
    again = pcgrad(gram, stream(0, "order", 7))
    assert again.tobytes() == drawn[7].tobytes()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mean(np.zeros((0, 0))), r"one row a task, got \(0, 0\)"),
        (lambda: mgda(BASE), r"\(m, m\) with one row a task, got \(2, 3\)"),
        (lambda: upgrad(np.array([[1.0, np.nan], [np.nan, 1]])), "not finite: is a gradient"),
        (lambda: upgrad(np.array([[1.0, 2], [3, 4]])), "is symmetric"),
        (lambda: upgrad(-np.eye(2)), "squares on its diagonal"),
        (lambda: cagrad(np.eye(2), -1), "c must be at least 0 and finite, got -1"),
        (lambda: cagrad(np.eye(2), np.inf), "c must be at least 0 and finite, got inf"),
        (lambda: nash_mtl(np.eye(2), 0.0), "max_norm must be positive, got 0.0"),
        (lambda: pcgrad(np.eye(8)), "8 tasks have too many orders"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_number_in_the_place_of_a_generator_is_refused():
    with pytest.raises(TypeError, match="rng must be a"):
        pcgrad(np.eye(2), 3)
