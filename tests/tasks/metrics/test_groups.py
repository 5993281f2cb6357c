"""Accuracies of groups by hand and by a slow count, and what lies above a line."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.tasks.metrics import effective_robustness, group_accuracy, worst_group_accuracy

NAMES = ("land", "water", "air")
ROWS = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 1), st.integers(0, 2)), min_size=1, max_size=30
)


@given(ROWS)
def test_it_is_what_a_slow_count_finds(rows):
    rows = [*rows, *((1, 1, group) for group in range(3))]
    found = group_accuracy(*(np.array(part) for part in zip(*rows, strict=True)), names=NAMES)
    for group in range(3):
        hits = [said == true for said, true, of in rows if of == group]
        assert found[group] == pytest.approx(sum(hits) / len(hits))


def test_a_good_mean_hides_a_group_that_fails():
    groups = np.array([0] * 90 + [1] * 8 + [2] * 2)
    said = np.where(groups == 1, 0, 1)
    true = np.ones(100, int)
    assert (said == true).mean() == 0.92
    assert worst_group_accuracy(said, true, groups, names=NAMES) == 0.0
    np.testing.assert_allclose(group_accuracy(said, true, groups, names=NAMES), [1, 0, 1])


@pytest.mark.parametrize(
    ("groups", "error", "says"),
    [
        ([0, 0, 2], ValueError, "no example is in group 'water'"),
        ([0, 1, 3], IndexError, "group 3 at position"),
        ([0, 1, 2, 2], ValueError, r"groups \(4,\) must be as many as true \(3,\)"),
        ([[0, 1, 2]], ValueError, r"groups must be \(N,\)"),
        ([0.0, 1.0, 2.0], TypeError, "groups must be integers"),
    ],
)
def test_groups_that_cannot_be_counted_are_refused(groups, error, says):
    with pytest.raises(error, match=says):
        group_accuracy([0, 1, 1], [0, 1, 0], np.array(groups), names=NAMES)


def test_who_is_on_the_line_of_the_baselines_has_no_robustness_of_its_own(rng):
    """Independent truth: the line of NumPy's polynomial fit."""
    x = rng.uniform(0.5, 1, 9)
    y = np.clip(0.8 * x - 0.2 + 0.05 * rng.standard_normal(9), 0, 1)
    slope, start = np.polyfit(x, y, 1)
    pairs = np.column_stack([x, y])
    on_it = effective_robustness(0.9, start + slope * 0.9, baselines=pairs)
    assert on_it == pytest.approx(0, abs=1e-9)
    above = effective_robustness(0.7, start + slope * 0.7 + 0.25, baselines=pairs)
    assert above == pytest.approx(0.25)
    two = effective_robustness(0.8, 0.5, baselines=np.array([[0.6, 0.2], [1.0, 0.6]]))
    assert two == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("inside", "baselines", "says"),
    [
        (0.9, [[0.9, 0.5]], r"at least 2 of them, got \(1, 2\)"),
        (0.9, [0.9, 0.5], r"must be \(N, 2\)"),
        (0.9, [[0.9, 0.5], [0.9, 0.6]], r"all baselines have the accuracy 0\.9 in distribution"),
        (0.9, [[0.9, 0.5], [0.8, 1.6]], "from 0 to 1"),
        (1.9, [[0.9, 0.5], [0.8, 0.6]], "from 0 to 1"),
    ],
)
def test_baselines_without_a_line_are_refused(inside, baselines, says):
    with pytest.raises(ValueError, match=f"effective_robustness: .*{says}"):
        effective_robustness(inside, 0.5, baselines=np.array(baselines))
