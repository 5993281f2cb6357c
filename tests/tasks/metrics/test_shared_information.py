"""What one label says of another, on cases that can be counted by hand."""

import numpy as np
import pytest

from minillm.tasks.metrics.shared_information import shared_information

A = np.array([0, 0, 1, 1, 2, 2, 3, 3])


def test_it_tells_all_under_other_names_half_of_the_bits_or_nothing():
    assert shared_information(np.array([5, 0, 2, 7])[A], A) == pytest.approx(1.0)
    assert shared_information(A // 2, A) == pytest.approx(0.5)  # one of two bits
    assert shared_information(np.tile([0, 1], 4), A) == pytest.approx(0.0, abs=1e-12)
    assert shared_information(A, A // 2) == pytest.approx(1.0)


def test_it_is_the_fall_of_the_entropy(rng):
    known, asked = rng.integers(3, size=50), rng.integers(4, size=50)

    def entropy(labels):
        p = np.bincount(labels) / len(labels)
        return -sum(x * np.log(x) for x in p if x)

    left = sum((known == k).mean() * entropy(asked[known == k]) for k in range(3))
    assert shared_information(known, asked) == pytest.approx(1 - left / entropy(asked))


@pytest.mark.parametrize(
    ("known", "asked", "error", "message"),
    [
        (A[:3], A, ValueError, r"got \(3,\) and \(8,\)"),
        (A[:0], A[:0], ValueError, r"got \(0,\) and \(0,\)"),
        (A - 1, A, ValueError, "labels from 0 on"),
        (A, 0 * A, ValueError, "all asked labels are equal"),
        (A + 0.5, A, TypeError, "known must be integers, got float64"),
    ],
)
def test_what_are_no_labels_is_refused(known, asked, error, message):
    with pytest.raises(error, match=message):
        shared_information(known, asked)
