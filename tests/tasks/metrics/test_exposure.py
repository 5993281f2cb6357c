"""The exposure of a secret, against ranks counted by hand and the mean over all of them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.tasks.metrics import expected_exposure, exposure


@pytest.mark.guide("G54")
def test_the_first_of_all_has_the_most_bits_and_the_last_none():
    losses = np.arange(1024.0)
    assert exposure(losses, 0) == 10.0 and exposure(losses, 1023) == 0.0
    assert exposure(losses, 1) == 9.0 and exposure(losses[::-1], 1) == pytest.approx(
        10 - 9.9986, abs=1e-3
    )


@given(st.permutations(range(8)), st.integers(0, 7))
def test_it_is_the_rank_that_counts(order, secret):
    losses = np.exp(np.array(order, dtype=float))
    assert exposure(losses, secret) == pytest.approx(3 - math.log2(order[secret] + 1))


def test_who_finds_all_alike_has_the_middle_rank():
    assert exposure(np.zeros(7), 3) == pytest.approx(math.log2(7) - 2)
    assert exposure(np.array([0.0, 1.0, 1.0, 5.0]), 2) == pytest.approx(2 - math.log2(2.5))


@pytest.mark.guide("G54")
@pytest.mark.parametrize("n", [2, 10, 1000])
def test_by_luck_it_is_the_mean_over_all_ranks(n):
    losses = np.arange(float(n))
    mean = np.mean([exposure(losses, i) for i in range(n)])
    assert expected_exposure(n) == pytest.approx(mean)
    if n == 1000:
        assert mean == pytest.approx(math.log2(math.e), abs=0.01)


@pytest.mark.parametrize("losses", [[], [1.0], [[1.0, 2.0]], [1.0, np.nan]])
def test_what_is_no_row_of_candidates_is_refused(losses):
    with pytest.raises(ValueError, match="losses must be a row of two or more"):
        exposure(np.array(losses), 0)


def test_a_secret_or_a_number_of_candidates_that_there_is_not_is_refused():
    for secret in (-1, 3):
        with pytest.raises(IndexError, match=f"secret {secret} is none of 3 candidates"):
            exposure(np.arange(3.0), secret)
    with pytest.raises(ValueError, match="two candidates or more, got 1"):
        expected_exposure(1)


def test_half_a_place_and_no_end_of_candidates_are_refused():
    with pytest.raises(TypeError, match="secret must be the place of a candidate, got 0"):
        exposure(np.ones(3), 0.5)
    with pytest.raises(ValueError, match=r"shape \(3,\), 2 of them NaN"):
        exposure(np.array([1.0, np.nan, np.nan]), 0)
    for candidates in (np.inf, np.nan):
        with pytest.raises(ValueError, match="needs two candidates or more"):
            expected_exposure(candidates)
