"""Rates of groups by a slow count, gaps by hand, and what cannot be equal at once."""

import itertools

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from minillm.tasks.metrics import (
    demographic_parity_difference,
    demographic_parity_ratio,
    equal_opportunity_difference,
    equalised_odds_gap,
    group_rates,
    implied_false_positive_rate,
    implied_negative_score,
    wilson_interval,
)

NAMES = ("a", "b")
ROWS = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1), st.integers(0, 1)), max_size=30)
BOTH = [(said, 1, g) for said in (0, 1) for g in (0, 1)] + [(0, 0, 0), (1, 0, 1)]


def told(counts):
    """Predictions, true classes and groups with so many of each kind: {(said, true, g): n}."""
    rows = [row for row, n in counts.items() for _ in range(n)]
    return (np.array(part) for part in zip(*rows, strict=True))


@pytest.mark.guide("G55")
@given(ROWS)
def test_the_rates_are_what_a_slow_count_finds(rows):
    rows = [*rows, *BOTH]
    said, true, groups = (np.array(part) for part in zip(*rows, strict=True))
    found = group_rates(said, true, groups, names=NAMES)
    for g in (0, 1):
        mine = [(s, t) for s, t, of in rows if of == g]
        ways = {
            "accuracy": [int(s == t) for s, t in mine],
            "base": [t for _, t in mine],
            "selection": [s for s, _ in mine],
            "true_positive": [s for s, t in mine if t],
            "false_positive": [s for s, t in mine if not t],
            "precision": [t for s, t in mine if s],
        }
        for name, kept in ways.items():
            shares = getattr(found, name)
            one = wilson_interval(np.array([sum(kept)]), np.array([len(kept)]), level=0.95)
            for part, wanted in zip(shares, one, strict=True):
                np.testing.assert_allclose(part[g], wanted[0])


@pytest.mark.guide("G55")
def test_the_gaps_are_those_of_a_planted_table():
    """Of a 8 of 10 deserving and 2 of 10 others are selected; of b 3 of 6 and 1 of 10."""
    counts = {(1, 1, 0): 8, (0, 1, 0): 2, (1, 0, 0): 2, (0, 0, 0): 8}
    counts |= {(1, 1, 1): 3, (0, 1, 1): 3, (1, 0, 1): 1, (0, 0, 1): 9}
    rates = group_rates(*told(counts), names=NAMES)
    assert demographic_parity_difference(rates) == pytest.approx(0.5 - 0.25)
    assert demographic_parity_ratio(rates) == pytest.approx(0.5)
    assert equal_opportunity_difference(rates) == pytest.approx(0.3)
    assert equalised_odds_gap(rates) == pytest.approx(0.3)
    np.testing.assert_allclose(rates.precision.value, [0.8, 0.75])
    turned = {(1 - said, 1 - true, g): n for (said, true, g), n in counts.items()}
    other = group_rates(*told(turned), names=NAMES)
    assert equal_opportunity_difference(other) == pytest.approx(0.1)
    assert equalised_odds_gap(other) == pytest.approx(0.3)  # now it is that of the FPRs


def test_nobody_selected_is_equal_and_has_no_precision():
    rates = group_rates(*told({(0, t, g): 2 for t in (0, 1) for g in (0, 1)}), names=NAMES)
    assert demographic_parity_ratio(rates) == 1 and demographic_parity_difference(rates) == 0
    assert np.isnan(rates.precision.value).all()
    np.testing.assert_array_equal([rates.precision.low, rates.precision.high], [[0, 0], [1, 1]])


def test_of_few_examples_the_interval_is_wide():
    few = group_rates(*told({(1, t, g): 1 for t in (0, 1) for g in (0, 1)}), names=NAMES)
    assert few.true_positive.value[0] == 1 and few.true_positive.low[0] < 0.21
    level = group_rates(
        *told({(1, t, g): 1 for t in (0, 1) for g in (0, 1)}), names=NAMES, level=0.5
    )
    assert level.true_positive.low[0] > 0.5


@pytest.mark.parametrize(
    ("true", "groups", "error", "says"),
    [
        ([0, 1, 1, 0], [0, 0, 0, 0], ValueError, "no example is in group 'b'"),
        ([0, 1, 1, 0], [0, 0, 0, 1], ValueError, "no example of true class 1 is in group 'b'"),
        ([1, 1, 1, 0], [0, 0, 1, 1], ValueError, "no example of true class 0 is in group 'a'"),
        ([0, 1, 1, 2], [0, 0, 1, 1], ValueError, "not one of 0 to 1"),
        ([0, 1, 1, 0], [0, 1], ValueError, r"groups \(2,\) must be as many as true \(4,\)"),
        ([0, 1, 1, 0], [0, 0, 1, 2], IndexError, "group 2 at position"),
        ([0, 1, 1, 0], [True, False, True, False], TypeError, "groups must be integers"),
        ([0, 1, 1], [0, 0, 1], ValueError, "predictions for"),
    ],
)
def test_groups_without_rates_are_refused(true, groups, error, says):
    with pytest.raises(error, match=says):
        group_rates([1, 1, 0, 0], true, np.array(groups), names=NAMES)


def tables(n):
    """All tables (TP, FN, FP, TN) of n examples with both true classes and somebody selected."""
    for parts in itertools.product(range(n + 1), repeat=4):
        tp, fn, fp, tn = parts
        if sum(parts) == n and tp + fn and fp + tn and tp + fp:
            yield parts


@pytest.mark.guide("G55")
@pytest.mark.errata("A107")
def test_the_identity_of_the_rates_holds_in_every_table():
    for tp, fn, fp, tn in tables(9):
        if tp:
            implied = implied_false_positive_rate(
                (tp + fn) / 9, precision=tp / (tp + fp), true_positive_rate=tp / (tp + fn)
            )
            assert implied == pytest.approx(fp / (fp + tn))


@pytest.mark.guide("G55")
@pytest.mark.errata("A107")
def test_no_two_tables_of_unequal_base_rates_agree_in_precision_and_both_errors():
    """Independent truth: all pairs of tables of 9 people in one group and 9 in the other."""
    agreeing = set()
    for one, other in itertools.combinations(tables(9), 2):
        rates = [
            (tp / (tp + fp), tp / (tp + fn), fp / (fp + tn)) for tp, fn, fp, tn in (one, other)
        ]
        if one[0] + one[1] != other[0] + other[1] and np.allclose(*rates):
            agreeing.add(rates[0])
    # but with no false alarm at all, or with no hit at all
    assert {(precision, fpr) for precision, _, fpr in agreeing if precision} == {(1.0, 0.0)}
    assert {rate for precision, rate, _ in agreeing if not precision} == {0.0}


@given(st.floats(0.05, 0.95), st.floats(0.05, 0.95), st.floats(0.1, 1), st.floats(0.1, 1))
def test_with_equal_precision_and_hits_the_false_alarms_are_as_the_odds(p, q, precision, rate):
    asked = {"precision": precision, "true_positive_rate": rate}
    one, other = (implied_false_positive_rate(base, **asked) for base in (p, q))
    assert one * q / (1 - q) == pytest.approx(other * p / (1 - p))


@pytest.mark.guide("G55")
@given(st.lists(st.tuples(st.integers(0, 8), st.integers(1, 20)), min_size=2, max_size=6))
def test_calibrated_scores_leave_the_negatives_no_choice(bins):
    """Independent truth: bins of score k / 8, of whose 8 n people 8 n k / 8 are positive."""
    score = np.array([k / 8 for k, _ in bins])
    size = np.array([8 * n for _, n in bins])
    base = (score * size).sum() / size.sum()
    assume(0 < base < 1)
    positive = (score * score * size).sum() / (score * size).sum()
    negative = (score * (1 - score) * size).sum() / ((1 - score) * size).sum()
    assert implied_negative_score(base, positive_score=positive) == pytest.approx(negative)


def test_groups_of_unequal_base_rates_are_only_balanced_by_a_model_without_fault():
    for x in (0.5, 0.7, 0.99):
        scores = [implied_negative_score(p, positive_score=x) for p in (0.3, 0.5)]
        assert scores[1] > scores[0] + 0.005
    assert {implied_negative_score(p, positive_score=1.0) for p in (0.3, 0.5)} == {0.0}


@pytest.mark.parametrize(
    ("base", "rates"),
    [(0.0, (0.5, 0.5)), (1.0, (0.5, 0.5)), (0.5, (0.0, 0.5)), (0.5, (0.5, 1.5))],
)
def test_what_no_group_can_have_is_refused(base, rates):
    with pytest.raises(ValueError, match="implied_false_positive_rate: needs a base rate"):
        implied_false_positive_rate(base, precision=rates[0], true_positive_rate=rates[1])
    if base != 0.5 or rates[1] > 1:
        with pytest.raises(ValueError, match="implied_negative_score: needs a base rate"):
            implied_negative_score(base, positive_score=rates[1])
