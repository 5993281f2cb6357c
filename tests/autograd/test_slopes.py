"""Slopes by differences: as small as rounding allows, and an error where it allows nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.autograd import check_vjp
from minillm.autograd.slopes import Line, compare, length

FUNCTIONS = {  # a function with its derivative, and a slope of about one
    "linear": (lambda x: x, np.ones_like),
    "tanh": (np.tanh, lambda x: 1.0 - np.tanh(x) ** 2),
    "sine": (np.sin, np.cos),
    "logarithm": (lambda x: np.log(x + 9.0), lambda x: 1.0 / (x + 9.0)),
}


def rule(name: str, *, size: float = 1.0, offset: float = 0.0, factor: float = 1.0):
    """``offset + size f(x)`` with ``factor`` times its gradient."""
    f, slope = FUNCTIONS[name]

    def planted(x, /):
        return offset + size * f(x), lambda g: (factor * size * slope(x) * g,)

    return planted


def checked(name: str, seed: int, **planted: float) -> float:
    rng = np.random.default_rng(seed)
    return check_vjp(rule(name, **planted), rng.standard_normal((3, 4)), rng=rng)


@given(st.sampled_from(sorted(FUNCTIONS)), st.integers(-250, 250), st.integers(0, 50))
def test_a_function_of_any_size_is_checked_alike(name, exponent, seed):
    size = 10.0**exponent
    assert checked(name, seed, size=size) < 1e-6
    for factor in (0.0, 1.001, -1.0, np.nan, np.inf):
        with pytest.raises(AssertionError, match=r"operand 0: vjp"):
            checked(name, seed, size=size, factor=factor)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("size", [1e-6, 1e-8, 1e-10])
@pytest.mark.parametrize("seed", range(5))
def test_a_small_slope_of_a_large_value_is_seen_over_a_longer_step(name, size, seed):
    checked(name, seed, size=size, offset=1.0)
    for factor in (0.0, 2.0, -1.0):
        with pytest.raises(AssertionError, match="operand 0: vjp"):
            checked(name, seed, size=size, offset=1.0, factor=factor)


@pytest.mark.parametrize("seed", range(5))
def test_a_zero_for_a_slope_near_rounding_does_not_pass(seed):
    with pytest.raises(AssertionError, match="vjp 0"):
        checked("linear", seed, size=1e-13, offset=1.0, factor=0.0)


def test_a_function_that_changes_at_every_call_cannot_be_checked(rng):
    def noisy(x, /):
        return 1e-3 * x + rng.standard_normal(x.shape), lambda g: (1e-3 * g,)

    with pytest.raises(AssertionError, match="noisy: operand 0: different values at every call"):
        check_vjp(noisy, np.ones(5), rng=rng)


def test_a_slope_that_rounding_alone_leaves_counts_as_zero(rng):
    """As of a bias that shifts all scores: what is not exactly zero there is rounding."""

    def shifted(b, /):
        scores = np.arange(5.0) + b
        p = np.exp(scores - scores.max())
        p = p / p.sum()
        return p, lambda g: (np.sum(p * (g - np.sum(g * p)), keepdims=True),)

    for _ in range(20):
        assert check_vjp(shifted, rng.standard_normal(1), rng=rng) == 0.0


@pytest.mark.parametrize(
    ("function", "x"),
    [
        (lambda x: 0.0 * x + 3.0, np.ones(3)),  # constant
        (lambda x: x**3, np.zeros(3)),  # flat in the middle
        (lambda x: np.maximum(x, 0.0), np.full(3, -0.5)),  # the kink is far away
    ],
)
def test_a_slope_of_exactly_zero_is_right_where_the_function_is_flat(function, x, rng):
    def flat(x, /):
        return function(x), lambda g: (0.0 * g,)

    assert check_vjp(flat, x, rng=rng) == 0.0


def test_rounding_inside_a_function_is_measured(rng):
    """(x + 1e8) - 1e8 is as small as x, but as rough as 1e8."""

    def rough(factor):
        return lambda x, /: ((x + 1e8) - 1e8, lambda g: (factor * g,))

    x = rng.standard_normal((3, 4))
    named = rough(1.0)
    named.__name__ = "rough"
    check_vjp(named, x, rng=rng)
    for factor in (0.0, 2.0):
        with pytest.raises(AssertionError, match="vjp"):
            check_vjp(rough(factor), x, rng=rng)


@pytest.mark.parametrize("rtol", [1e-3, 1e-6])
@pytest.mark.parametrize("slope", [1.0, -3e-7, 2e5])
def test_the_relative_error_is_allowed_and_no_more(rtol, slope):
    line = Line("line", lambda t: np.array([slope * t]), np.ones(1), np.zeros(1))
    assert compare(line, slope, rtol=rtol) < 1e-9
    assert compare(line, slope * (1.0 + 0.9 * rtol), rtol=rtol) == pytest.approx(
        0.9 * rtol, rel=0.02
    )
    with pytest.raises(AssertionError, match=r"^line: vjp .*, numeric "):
        compare(line, slope * (1.0 + 1.2 * rtol), rtol=rtol)


@given(st.lists(st.floats(-1.0, 1.0), max_size=6), st.integers(-280, 280))
def test_a_length_is_found_also_where_squares_are_not(values, exponent):
    x = np.array(values)
    unit = 10.0**exponent
    assert length(x * unit) == pytest.approx(length(x) * unit, rel=1e-9, abs=1e-300)
    assert length(x) == pytest.approx(float(np.sqrt(np.sum(x * x))), rel=1e-12, abs=1e-150)
