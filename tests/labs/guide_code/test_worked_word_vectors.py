"""The worked example as functions: exact numbers, and every solution of one equation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.autograd import Tensor
from minillm.labs.guide_code.worked_word_vectors import (
    COUNTS,
    PRINTED_PRODUCT,
    constraint_rank,
    product_for,
    term,
    vector_with_product,
)
from minillm.ops import log_sigmoid

pytestmark = pytest.mark.guide("G12")


@pytest.mark.errata("A54")
def test_the_term_is_minus_1_at_minus_1_711819_and_not_at_the_guides_0_367879():
    found = product_for(-1.0, (10.0, 0.0))
    assert found == pytest.approx(-1.711819, abs=5e-7)
    assert found == pytest.approx(-np.sqrt(10) * np.log(np.e - 1), rel=1e-14)
    assert term(found, (10.0, 0.0)) == pytest.approx(-1, rel=1e-14)
    assert pytest.approx(0.367879, abs=5e-7) == PRINTED_PRODUCT
    assert term(PRINTED_PRODUCT, (10.0, 0.0)) == pytest.approx(-0.636671, abs=5e-7)


@pytest.mark.errata("A52")
def test_with_the_frequencies_of_both_words_it_is_minus_2_420878():
    frequencies = tuple(COUNTS.sum(axis=1))
    assert frequencies == (10.0, 10.0)
    assert product_for(-1.0, frequencies) == pytest.approx(-2.420878, abs=5e-7)


@pytest.mark.errata("A53")
@given(st.floats(-50, -1e-6), st.floats(0.1, 100))
def test_every_value_below_0_has_a_product_and_the_term_grows_with_it(value, frequency):
    x = product_for(value, (frequency, 0.0))
    assert term(x, (frequency, 0.0)) == pytest.approx(value, rel=1e-9)
    assert value < term(x + 0.5, (frequency, 0.0)) < 0


@given(st.floats(-2000, 2000), st.floats(0.1, 100), st.floats(0, 100))
def test_the_term_is_that_of_the_ops(product, f, g):
    wanted = float(log_sigmoid(Tensor(np.array(product / np.sqrt(f + g)))).data)
    assert term(product, (f, g)) == pytest.approx(wanted, rel=1e-12)


@pytest.mark.errata("A55")
@given(st.integers(0, 999), st.floats(-5, 5))
def test_every_solution_is_the_shortest_one_and_something_across(seed, c):
    v, any_vector = np.random.default_rng(seed).standard_normal((2, 7))
    shortest = vector_with_product(c, v)
    u = vector_with_product(c, v, any_vector)
    assert shortest @ v == pytest.approx(c, abs=1e-12) == pytest.approx(u @ v, abs=1e-12)
    assert np.linalg.norm(shortest) == pytest.approx(abs(c) / np.linalg.norm(v))
    assert np.linalg.norm(u) >= np.linalg.norm(shortest) * (1 - 1e-12)
    np.testing.assert_allclose(vector_with_product(c, v, u), u, atol=1e-12)  # each is reached


@pytest.mark.errata("A55")
def test_two_solutions_in_300_dimensions_have_nothing_else_in_common():
    banana, across = np.random.default_rng(0).standard_normal((2, 300))
    one = vector_with_product(PRINTED_PRODUCT, banana)
    other = vector_with_product(PRINTED_PRODUCT, banana, 5 * across)
    assert one @ banana == pytest.approx(other @ banana, abs=1e-12)
    lengths = np.linalg.norm(one), np.linalg.norm(other)
    assert lengths[1] > 1000 * lengths[0]
    assert abs(one @ other) < 1e-3 * lengths[0] * lengths[1]
    divided = PRINTED_PRODUCT / banana  # entry by entry
    assert divided @ banana == pytest.approx(110.364, abs=5e-4)


@pytest.mark.errata("A56")
def test_the_second_equation_says_nothing_new():
    apple, banana = np.random.default_rng(0).standard_normal((2, 300))
    assert constraint_rank(apple, banana) == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: product_for(0.0, (10.0, 0.0)), "the logarithm of σ is below 0, got 0.0"),
        (lambda: product_for(float("nan"), (10.0, 0.0)), "is below 0, got nan"),
        (lambda: term(1.0, (0.0, 0.0)), r"above 0, got \(0.0, 0.0\)"),
        (lambda: term(1.0, (float("nan"), 1.0)), "above 0, got"),
        (lambda: vector_with_product(1.0, np.zeros(3)), r"a vector other than 0, got \(3,\)"),
        (lambda: vector_with_product(1.0, np.ones((2, 2))), "a vector other than 0"),
        (lambda: vector_with_product(1.0, np.ones(3), np.ones(2)), r"must be \(3,\), got \(2,\)"),
    ],
)
def test_what_has_no_solution_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
