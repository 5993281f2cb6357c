"""Counts out of decimals, against fractions."""

import math
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from minillm.backend import least_count


@given(st.integers(1, 5000), st.integers(1, 100_000), st.integers(1, 64))
def test_the_count_is_that_of_the_decimal_that_is_written(thousandths, n, parts):
    share = float(f"{thousandths}e-3")
    exact = Fraction(thousandths, 1000) * n / parts
    assert least_count(share * n / parts) == math.ceil(exact)


def test_it_is_not_below_what_is_a_little_more():
    assert least_count(7.000000001) == 8 and least_count(1e-300) == 1 and least_count(0.0) == 0
    assert least_count(0.07 * 100) == 7 and math.ceil(0.07 * 100) == 8
