"""The expected calibration error, by hand and by a slow count."""

import numpy as np
import pytest

from minillm.tasks.metrics import calibration_error, reliability
from minillm.tasks.metrics.calibration import bins_of


def by_counting(p, true, bins):
    total = 0.0
    for b in range(bins):
        inside = [
            (row.max(), int(row.argmax() == t))
            for row, t in zip(p, true, strict=True)
            if b / bins <= row.max() < (b + 1) / bins or (b == bins - 1 and row.max() == 1.0)
        ]
        if inside:
            confidence, right = np.mean(inside, axis=0)
            total += len(inside) / len(p) * abs(right - confidence)
    return total


def test_by_hand():
    p = np.array([[0.9, 0.1], [0.9, 0.1], [0.4, 0.6], [1.0, 0.0]])
    # two at 0.9 of which one is right, one at 0.6 that is, one at 1.0 that is
    found = calibration_error(p, np.array([0, 1, 1, 0]), bins=10)
    assert found == pytest.approx((abs(1 + 1 - 0.9 - 0.9 - 1.0 + 0.0) + 0.4) / 4)
    assert calibration_error(p[3:], np.array([0]), bins=1) == 0.0


def test_a_diagram_by_hand_has_nothing_in_an_empty_bin():
    p = np.array([[0.9, 0.1], [0.8, 0.2], [0.4, 0.6], [1.0, 0.0]])
    found = reliability(p, np.array([0, 1, 1, 0]), bins=4)
    np.testing.assert_allclose(found.confidence, [0, 0, 0.6, 0.9])
    np.testing.assert_allclose(found.accuracy, [0, 0, 1, 2 / 3])
    np.testing.assert_allclose(found.share, [0, 0, 1 / 4, 3 / 4])


@pytest.mark.parametrize("bins", [1, 4, 15])
def test_it_is_what_a_slow_count_finds(rng, bins):
    p = rng.dirichlet(np.ones(3), size=200)
    true = rng.integers(3, size=200)
    assert calibration_error(p, true, bins=bins) == pytest.approx(by_counting(p, true, bins))


def test_who_says_what_is_true_has_no_error(rng):
    q = rng.uniform(0.5, 1.0, size=40_000)
    true = (rng.random(40_000) > q).astype(int)
    both = np.stack([q, 1 - q], axis=1)
    assert calibration_error(both, true, bins=10) < 0.02
    assert calibration_error(both**8 / (both**8).sum(axis=1, keepdims=True), true, bins=10) > 0.15


@pytest.mark.parametrize(
    ("p", "true", "bins", "says"),
    [
        (np.ones(2), [0, 0], 5, r"must be \(N, C\)"),
        (np.ones((2, 1)), [0, 0], 0, "bins must be a whole number, at least 1, got 0"),
        (np.full((1, 2), 2.0), [0], 5, r"must be in \[0, 1\]"),
        (np.full((2, 2), 0.5), [0], 5, "equal length"),
        (np.full((1, 2), 0.5), [2], 5, "not one of 0 to 1"),
    ],
)
def test_what_does_not_fit_is_refused(p, true, bins, says):
    with pytest.raises(ValueError, match=says):
        calibration_error(p, np.array(true), bins=bins)


def test_a_number_on_an_edge_is_in_the_bin_that_begins_there():
    """0.29 * 100 is 28.999999999999996, and belongs to bin 29."""
    for bins in range(1, 201):
        edges = np.arange(bins) / bins
        np.testing.assert_array_equal(bins_of(edges, bins), np.arange(bins))
        np.testing.assert_array_equal(
            bins_of(np.nextafter(edges[1:], 0), bins), np.arange(bins - 1)
        )
    assert bins_of(np.array([0.29, 1.0]), 100).tolist() == [29, 99]
    assert bins_of(np.array([0.58, 1.0]), 1).tolist() == [0, 0]
