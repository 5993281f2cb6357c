"""Verdicts over paired differences, by numbers made by hand."""

import numpy as np
import pytest

from minillm.labs.statistics import T_95, student_t
from minillm.labs.verdicts import HARMS, HELPS, NOTHING, UNDECIDED, interval, verdict

FLAT = np.array([1.0, -1.0] * 5)  # ten differences of mean 0; s = sqrt(10 / 9)
SPREAD = (10 / 9) ** 0.5 / 10**0.5  # s / sqrt(n) = 1/3


def said(differences, *, good=1, items=100, comparisons=1):
    return verdict(np.array(differences), good=good, items=items, comparisons=comparisons)


def test_student_t_is_that_of_the_table_and_its_limits():
    assert [round(student_t(n, 0.95), 3) for n in range(1, 10)] == list(T_95)
    assert student_t(9, 0.99) == pytest.approx(3.250, abs=5e-4)
    assert student_t(10**4, 0.95) == pytest.approx(1.960, abs=1e-3)
    assert student_t(1, 0.5) == pytest.approx(1.0)  # Cauchy's quartile


@pytest.mark.parametrize(("freedom", "level"), [(0, 0.95), (3, 0.0), (3, 1.0)])
def test_student_t_refuses_what_is_no_distribution_or_level(freedom, level):
    with pytest.raises(ValueError, match="freedom >= 1 and a level between 0 and 1"):
        student_t(freedom, level)


def test_the_interval_by_hand():
    found = interval(0.03 * FLAT + 0.02, items=9)
    assert found.mean == pytest.approx(0.02) and not found.equal
    assert found.half == pytest.approx(2.262 * 0.03 * SPREAD, abs=1e-5)
    assert found.bound == pytest.approx(0.02 + found.half)


def test_an_effect_helps_or_harms_by_the_direction_of_good():
    differences = 0.3 + 0.1 * FLAT
    assert said(differences).word == HELPS == said(-differences, good=-1).word
    assert said(differences, good=-1).word == HARMS == said(-differences).word


def test_the_level_is_divided_by_the_comparisons():
    """Mean 0.1 with s / sqrt(n) = 1/30: 3 of them apart from 0, between t of 95 % and of more."""
    differences = 0.1 + 0.1 * FLAT
    assert said(differences).word == HELPS
    many = said(differences, comparisons=20)
    assert many.half == pytest.approx(student_t(9, 0.9975) / 30) and many.half > 0.1
    assert many.word == UNDECIDED
    assert many.bound == pytest.approx(0.1 + 2.262 / 30, abs=1e-4)  # the plain 95 % interval
    assert str(many) == "undecided, at most 0.18"


def test_an_effect_below_the_least_one_neither_helps_nor_harms():
    small = said(0.04 + 0.001 * FLAT)
    assert small.half < 0.04 and small.word == NOTHING
    assert said(0.049 + 0.004 * FLAT).word == UNDECIDED  # bound 0.052
    assert said(0.051 + 0.004 * FLAT).word == HELPS


def test_nothing_found_with_a_wide_interval_is_undecided():
    assert said(0.3 * FLAT).word == UNDECIDED
    assert said(0.05 * FLAT).word == NOTHING  # 2.262 * 0.05 / 3 = 0.038


def test_equal_differences_have_the_width_of_an_item():
    same = said([0.0] * 10, items=30, comparisons=28)
    assert same.equal and same.half == same.bound == pytest.approx(1 / 30)
    assert str(same) == "no effect worth 0.05 (all equal: half-width one item)"
    assert said([0.0] * 10, items=10).word == UNDECIDED
    assert said([-1.0] * 10, items=30, good=-1).word == HELPS
    assert said([0.08] * 10, items=10).word == UNDECIDED  # less than an item
    assert said([0.05] * 10, items=30).word == HELPS


@pytest.mark.parametrize("differences", [[0.1], [[0.1, 0.2]], [0.1, np.nan], []])
def test_what_has_no_interval_is_refused(differences):
    with pytest.raises(ValueError, match="at least 2 finite numbers"):
        said(differences)


@pytest.mark.parametrize(
    ("options", "says"),
    [({"items": 0}, "items"), ({"comparisons": 0}, "comparisons"), ({"good": 0}, "good 1 or -1")],
)
def test_no_items_no_comparisons_and_no_direction_are_refused(options, says):
    with pytest.raises(ValueError, match=says):
        said([0.1, 0.2], **options)


def test_false_verdicts_are_as_rare_as_the_level_says():
    """Without an effect, one of 20 remedies is misjudged in at most about 5 % of labs."""
    rng = np.random.default_rng(0)
    wrong = [
        any(said(d, comparisons=20).word in (HELPS, HARMS) for d in rng.normal(0, 0.3, (20, 10)))
        for _ in range(200)
    ]
    assert np.mean(wrong) < 0.1
