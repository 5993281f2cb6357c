import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.optim import (
    cosine_with_warmup,
    inverse_square_root_with_warmup,
    linear_with_warmup,
)

SCHEDULES = [linear_with_warmup, cosine_with_warmup]
each_schedule = pytest.mark.parametrize("schedule", SCHEDULES)


def test_the_rates_of_ten_steps_by_hand():
    rate = linear_with_warmup(peak=0.6, warmup=3, total=9)
    expected = [0.2, 0.4, 0.6, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0, 0.0]
    assert [rate(step) for step in range(11)] == pytest.approx(expected, abs=1e-15)
    assert (rate(9), rate(10**9)) == (0.0, 0.0)


def test_without_warmup_the_first_step_has_the_peak():
    rate = linear_with_warmup(peak=0.5, warmup=0, total=2)
    assert [rate(step) for step in range(3)] == [0.5, 0.25, 0.0]


@pytest.mark.fault(86)
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


def test_the_rates_of_a_cosine_by_hand():
    """60 degrees are half way down to the middle."""
    rate = cosine_with_warmup(peak=0.6, warmup=3, total=9, lowest=0.2)
    half, third = math.sqrt(3) / 2, 0.5
    expected = [0.2, 0.4, 0.6, 0.6]
    expected += [0.4 + 0.2 * c for c in (half, third, 0.0, -third, -half)]
    expected += [0.2, 0.2]
    assert [rate(step) for step in range(11)] == pytest.approx(expected, abs=1e-15)
    assert (rate(3), rate(9), rate(10**9)) == (0.6, 0.2, 0.2)


def test_a_cosine_ends_at_zero_unless_asked_otherwise():
    rate = cosine_with_warmup(peak=0.5, warmup=0, total=2)
    assert [rate(step) for step in range(3)] == pytest.approx([0.5, 0.25, 0.0], abs=1e-16)
    assert rate(2) == 0.0


@given(st.integers(0, 40), st.integers(1, 40), st.floats(1e-6, 10.0), st.floats(0.0, 1.0))
def test_a_cosine_rises_to_the_peak_falls_to_the_lowest_and_never_jumps(
    warmup, decline, peak, share
):
    total, lowest = warmup + decline, share * peak
    rate = cosine_with_warmup(peak=peak, warmup=warmup, total=total, lowest=lowest)
    rates = [rate(step) for step in range(total + 3)]
    assert max(rates) == pytest.approx(peak, rel=1e-15)
    assert rate(warmup) == pytest.approx(peak, rel=1e-15)
    assert all(a < b for a, b in itertools.pairwise(rates[:warmup]))
    tiny = 1e-15 * peak
    assert all(a >= b - tiny for a, b in itertools.pairwise(rates[warmup:]))
    assert min(rates[warmup:]) >= lowest - tiny
    assert rates[total:] == [lowest] * 3
    steepest = max(math.pi / 2 * (peak - lowest) / decline, peak / warmup if warmup else 0.0)
    assert all(abs(a - b) <= steepest + tiny for a, b in itertools.pairwise(rates))


def test_a_cosine_is_point_symmetric_and_flat_at_both_ends():
    rate = cosine_with_warmup(peak=1.0, warmup=0, total=100)
    for step in range(101):
        assert rate(step) + rate(100 - step) == pytest.approx(1.0, abs=1e-15)
    linear = linear_with_warmup(peak=1.0, warmup=0, total=100)
    assert 1 - rate(1) < 0.05 * (1 - linear(1))
    assert rate(99) < 0.05 * linear(99)


@pytest.mark.parametrize("lowest", [-0.1, 1.1, float("nan"), None])
def test_a_lowest_rate_below_zero_or_above_the_peak_is_refused(lowest):
    with pytest.raises(
        ValueError, match=f"lowest must be between 0 and the peak 1.0, got {lowest}"
    ):
        cosine_with_warmup(peak=1.0, warmup=0, total=3, lowest=lowest)


@each_schedule
def test_the_schedule_has_no_memory(schedule):
    """There is no state to save; a rate is a function of its step."""
    rate = schedule(peak=0.6, warmup=3, total=9)
    backwards = [rate(step) for step in range(9, -1, -1)]
    assert backwards[::-1] == [rate(step) for step in range(10)]


@pytest.mark.fault(86)
@each_schedule
@pytest.mark.parametrize(("warmup", "total"), [(3, 3), (4, 3), (-1, 3), (0, 0)])
def test_a_warmup_that_leaves_no_step_is_refused(schedule, warmup, total):
    with pytest.raises(ValueError, match=f"got warmup {warmup} and total {total}"):
        schedule(peak=1.0, warmup=warmup, total=total)


@each_schedule
@pytest.mark.parametrize("peak", [-0.1, float("nan"), float("inf"), None])
def test_a_peak_that_is_negative_or_not_finite_is_refused(schedule, peak):
    with pytest.raises(ValueError, match=f"peak must .*, got {peak}"):
        schedule(peak=peak, warmup=0, total=3)


@each_schedule
@pytest.mark.parametrize("steps", [{"total": 8.5}, {"total": math.inf}, {"warmup": 1.0}])
def test_a_number_of_steps_that_is_not_whole_is_refused(schedule, steps):
    """With an endless total the rate would be infinity over infinity."""
    ((name, value),) = steps.items()
    with pytest.raises(TypeError, match=f"{name} must be a whole number of steps, got {value}"):
        schedule(**{"peak": 1.0, "warmup": 2, "total": 9, **steps})


@each_schedule
@pytest.mark.parametrize("kind", [np.uint8, np.int8, np.int64])
def test_numbers_from_numpy_give_the_same_plain_rates(schedule, kind):
    plain = schedule(peak=0.5, warmup=20, total=120)
    rate = schedule(peak=np.float32(0.5), warmup=kind(20), total=kind(120))
    for step in (0, 7, 20, 100, 119, 120, 121, 300):
        assert rate(step) == plain(step)
        assert type(rate(step)) is float


@pytest.mark.parametrize(("width", "warmup"), [(512, 4000), (128, 400)])
def test_the_inverse_square_root_is_the_first_transformers(width, warmup):
    """As its equation 3 has it, with steps from 1: D^-0.5 min(s^-0.5, s warmup^-1.5)."""
    rate = inverse_square_root_with_warmup(peak=(width * warmup) ** -0.5, warmup=warmup)
    for s in (1, 2, warmup // 2, warmup, warmup + 1, 4 * warmup, 10**6):
        expected = width**-0.5 * min(s**-0.5, s * warmup**-1.5)
        assert rate(s - 1) == pytest.approx(expected, rel=1e-12)
    assert rate(4 * warmup - 1) == pytest.approx(rate(warmup - 1) / 2, rel=1e-12)


def test_an_inverse_square_root_without_warmup_is_refused():
    for warmup, error in ((0, ValueError), (2.5, TypeError)):
        with pytest.raises(error, match="warmup"):
            inverse_square_root_with_warmup(peak=1.0, warmup=warmup)
    with pytest.raises(ValueError, match="peak"):
        inverse_square_root_with_warmup(peak=-1.0, warmup=4)
