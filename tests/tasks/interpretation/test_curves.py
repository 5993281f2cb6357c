"""Curves of deletion and insertion: of a planted score they have exact heights."""

import itertools

import numpy as np
import pytest

from minillm.tasks.interpretation import area, deletion_curve, insertion_curve, ranking

IDS = np.array([[4, 5, 6], [5, 6, 4]])


def has_five(ids):
    """Whether a 5 stands somewhere, (B,)."""
    return (ids == 5).any(axis=1).astype(float)


@pytest.mark.guide("G52")
def test_a_ranking_with_what_decides_first_has_the_smallest_and_the_largest_area():
    decides = (IDS == 5).astype(float)
    best = ranking(decides, np.random.default_rng(0))
    np.testing.assert_array_equal(best[:, 0], [1, 0])
    deleted = deletion_curve(has_five, IDS, best, neutral=0)
    inserted = insertion_curve(has_five, IDS, best, neutral=0)
    np.testing.assert_array_equal(deleted, [[1, 0, 0, 0]] * 2)
    np.testing.assert_array_equal(inserted, [[0, 1, 1, 1]] * 2)
    np.testing.assert_allclose(area(deleted), 1 / 6)
    np.testing.assert_allclose(area(inserted), 5 / 6)
    worst = best[:, ::-1]
    np.testing.assert_allclose(area(deletion_curve(has_five, IDS, worst, neutral=0)), 5 / 6)


def test_of_random_rankings_the_mean_area_is_a_half():
    """By enumeration of all orders of three positions."""
    areas = []
    for order in itertools.permutations(range(3)):
        orders = np.array([order, order])
        areas.append(area(deletion_curve(has_five, IDS, orders, neutral=0)))
    np.testing.assert_allclose(np.mean(areas, axis=0), 0.5)


def test_positions_that_are_not_ranked_stay():
    curve = deletion_curve(
        lambda ids: ids[:, 0].astype(float), IDS, np.array([[2], [1]]), neutral=0
    )
    np.testing.assert_array_equal(curve, [[4, 4], [5, 5]])
    np.testing.assert_array_equal(IDS, [[4, 5, 6], [5, 6, 4]])


def test_size_decides_whatever_the_sign_and_equal_ones_come_in_any_order():
    rng = np.random.default_rng(0)
    found = ranking(np.tile([0.0, -3.0, 2.0, 0.0], (400, 1)), rng)
    np.testing.assert_array_equal(found[:, :2], [[1, 2]] * 400)
    assert 0.4 < (found[:, 2] == 0).mean() < 0.6


def test_what_is_no_ranking_is_refused():
    rng = np.random.default_rng(0)
    for given in (np.zeros(3), np.zeros((0, 3)), np.zeros((2, 0)), np.full((1, 2), np.nan)):
        with pytest.raises(ValueError, match=r"ranking: attributions must be \(texts, tokens\)"):
            ranking(given, rng)
    for order in ([[0, 1]], [[0, 3], [0, 1]], [[-1], [0]], [[], []], [[0, 1, 2, 3]] * 2):
        with pytest.raises(ValueError, match="deletion_curve: order must have a row of positions"):
            deletion_curve(has_five, IDS, np.array(order, dtype=int), neutral=0)
    with pytest.raises(ValueError, match=r"insertion_curve: order must name a position .* once"):
        insertion_curve(has_five, IDS, np.array([[0, 0], [0, 1]]), neutral=0)
    for name, curve in (("deletion", deletion_curve), ("insertion", insertion_curve)):
        with pytest.raises(ValueError, match=f"{name}_curve: ids must be"):
            curve(has_five, np.zeros((0, 3), dtype=int), np.zeros((0, 3), dtype=int), neutral=0)
    with pytest.raises(ValueError, match="area: curves must be"):
        area(np.zeros((2, 1)))


def test_lists_are_texts_and_orders_and_fractions_are_not():
    order = np.array([[0, 1], [2, 0]])
    for curve in (deletion_curve, insertion_curve):
        np.testing.assert_array_equal(
            curve(has_five, IDS.tolist(), order.tolist(), neutral=0),
            curve(has_five, IDS, order, neutral=0),
        )
        with pytest.raises(TypeError, match="neutral must be a token id"):
            curve(has_five, IDS, order, neutral=1.5)
        with pytest.raises(TypeError, match="_curve: positions must be integers"):
            curve(has_five, IDS, order * 1.0, neutral=0)
    np.testing.assert_array_equal(area([[0.0, 1.0]]), [0.5])
