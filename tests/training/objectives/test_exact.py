"""Every aggregator beside an independent way to the same vector, and what certifies the best."""

import numpy as np
import pytest

from minillm.training.objectives.aggregators import (
    aligned_mtl,
    cagrad,
    config,
    cosines_of,
    dualproj,
    imtl_g,
    mgda,
    nash_mtl,
    pcgrad,
    upgrad,
)
from minillm.training.objectives.aggregators.least_squares import non_negative, unit_vectors
from tests.training.objectives import exact

PAIRS = {
    "mgda": (mgda, exact.mgda),
    "mgda, normalised": (lambda g: mgda(g, normalised=True), exact.mgda_of_units),
    "upgrad": (upgrad, exact.upgrad),
    "dualproj": (dualproj, exact.dualproj),
    "pcgrad": (pcgrad, exact.pcgrad),
    "cagrad, 0.2": (lambda g: cagrad(g, 0.2), lambda j: exact.cagrad(j, 0.2)),
    "cagrad, 0.5": (cagrad, lambda j: exact.cagrad(j, 0.5)),
    "cagrad, 1": (lambda g: cagrad(g, 1), lambda j: exact.cagrad(j, 1)),
    "cagrad, 2": (lambda g: cagrad(g, 2), lambda j: exact.cagrad(j, 2)),
    "nash_mtl": (nash_mtl, exact.nash),
    "imtl_g": (imtl_g, exact.imtl_g),
    "config": (config, exact.config),
    "aligned_mtl": (aligned_mtl, exact.aligned_mtl),
}


def jacobians(rng, m, count):
    """Rows of unlike lengths, which often conflict."""
    for _ in range(count):
        yield rng.standard_normal((m, 8)) * np.exp(rng.standard_normal((m, 1)))


@pytest.mark.parametrize("name", PAIRS)
def test_two_to_six_tasks_give_what_trying_every_active_set_gives(name, rng):
    ours, other = PAIRS[name]
    largest = 0.0
    for m in range(2, 7):
        for j in jacobians(rng, m, 6):
            d = j.T @ ours(j @ j.T)
            largest = max(largest, np.abs(d - other(j)).max() / np.abs(j).max())
    print(f"{name}: largest difference {largest:.1e}")
    assert largest < 1e-11


@pytest.mark.parametrize("name", sorted({*PAIRS} - {"imtl_g", "config"}))
def test_gradients_that_are_nearly_opposite_or_nearly_one_still_have_their_own_direction(name):
    ours, other = PAIRS[name]
    for j in ([[1, 1e-4], [-1, 1e-4]], [[1, 1e-4], [-2, 3e-4]], [[1, 0], [1, 1e-4]]):
        j = np.array(j, dtype=float)
        np.testing.assert_allclose(j.T @ ours(j @ j.T), other(j), rtol=1e-6, atol=1e-9)


def test_twelve_tasks_satisfy_the_conditions_of_the_best(rng):
    for j in jacobians(rng, 12, 5):
        gram = j @ j.T
        shortest = mgda(gram)
        gains = gram @ shortest
        square = shortest @ gains
        assert shortest.min() >= 0 and gains.min() >= square * (1 - 1e-11)
        np.testing.assert_allclose(gains[shortest > 0], square, rtol=1e-10)
        nearest = dualproj(gram)
        gains, more = gram @ nearest, nearest - 1 / 12
        assert more.min() >= 0 and gains.min() >= -1e-11 * np.abs(gram).max()
        assert np.abs(gains[more > 0]).max(initial=0) <= 1e-11 * np.abs(gram).max()


@pytest.mark.parametrize("c", [0.1, 0.5, 1.0, 3.0])
@pytest.mark.parametrize("m", [2, 3, 5, 12])
def test_what_the_worst_task_gains_is_a_bound_that_no_direction_can_pass(m, c, rng):
    """With any weights on the simplex ``g_w·g_0 + c |g_0| |g_w|`` is a bound; here it is met."""
    for j in jacobians(rng, m, 4):
        mean = j.mean(axis=0)
        more = cagrad(j @ j.T, c) - 1 / m
        d = mean + j.T @ more
        radius = c * np.linalg.norm(mean)
        assert np.linalg.norm(d - mean) <= radius * (1 + 1e-12) and more.min() >= 0
        shared = j.T @ (more / more.sum())
        bound = shared @ mean + radius * np.linalg.norm(shared)
        assert (j @ d).min() == pytest.approx(bound, rel=1e-11)


def test_unit_vectors_have_the_cosines_and_as_few_dimensions_as_the_gradients(rng):
    j = rng.standard_normal((5, 3)) * [[1e-3], [1], [10], [0], [1e3]]
    units = unit_vectors(j @ j.T)
    assert units.shape == (3, 5)
    np.testing.assert_allclose(units.T @ units, cosines_of(j @ j.T), atol=1e-14)


def test_least_squares_without_negative_weights_end_where_columns_repeat(rng):
    a = rng.integers(-1, 2, (4, 6)).astype(float)
    a = np.hstack([a, a, -a[:, :2]])
    b = rng.standard_normal(4)
    w = non_negative(a, b)
    g = a.T @ (b - a @ w)
    assert w.min() >= 0 and g.max() <= 1e-12 and np.abs(g * w).max() <= 1e-12
