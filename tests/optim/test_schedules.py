import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.optim import linear_with_warmup


def test_the_rates_of_ten_steps_by_hand():
    rate = linear_with_warmup(peak=0.6, warmup=3, total=9)
    expected = [0.2, 0.4, 0.6, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0, 0.0]
    assert [rate(step) for step in range(11)] == pytest.approx(expected, abs=1e-15)
    assert (rate(9), rate(10**9)) == (0.0, 0.0)


def test_without_warmup_the_first_step_has_the_peak():
    rate = linear_with_warmup(peak=0.5, warmup=0, total=2)
    assert [rate(step) for step in range(3)] == [0.5, 0.25, 0.0]


@given(st.integers(0, 40), st.integers(1, 40), st.floats(1e-6, 10.0))
def test_it_rises_to_the_peak_falls_to_zero_and_never_jumps(warmup, decline, peak):
    total = warmup + decline
    rate = linear_with_warmup(peak=peak, warmup=warmup, total=total)
    rates = [rate(step) for step in range(total + 3)]
    assert max(rates) == pytest.approx(peak, rel=1e-15)
    assert rate(warmup) == pytest.approx(peak, rel=1e-15)
    assert all(a < b for a, b in itertools.pairwise(rates[:warmup]))
    assert all(a > b for a, b in itertools.pairwise(rates[warmup : total + 1]))
    assert rates[total:] == [0.0] * 3
    largest = peak / min(decline, warmup or decline) * (1 + 1e-9)
    assert all(abs(a - b) <= largest for a, b in itertools.pairwise(rates))


def test_the_schedule_has_no_memory():
    rate = linear_with_warmup(peak=0.6, warmup=3, total=9)
    backwards = [rate(step) for step in range(9, -1, -1)]
    assert backwards[::-1] == [rate(step) for step in range(10)]


@pytest.mark.parametrize(("warmup", "total"), [(3, 3), (4, 3), (-1, 3), (0, 0)])
def test_a_warmup_that_leaves_no_step_is_refused(warmup, total):
    with pytest.raises(ValueError, match=f"got warmup {warmup} and total {total}"):
        linear_with_warmup(peak=1.0, warmup=warmup, total=total)


@pytest.mark.parametrize("peak", [-0.1, float("nan"), float("inf")])
def test_a_peak_that_is_negative_or_not_finite_is_refused(peak):
    with pytest.raises(ValueError, match=f"peak must .*, got {peak}"):
        linear_with_warmup(peak=peak, warmup=0, total=3)
