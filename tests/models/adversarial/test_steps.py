"""Steps along a gradient: exact on a line, and as long as they are said to be."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from minillm.autograd import Tensor
from minillm.models.adversarial import (
    gradient_direction_step,
    gradient_sign_step,
    random_direction_step,
    random_sign_step,
)
from minillm.models.attribution import slopes

pytestmark = pytest.mark.guide("G56")
numbers = arrays(np.float64, 4, elements=st.integers(-9, 9).map(float))


@given(numbers, st.integers(0, 5).map(float))
def test_on_a_line_the_signs_add_eps_times_the_sum_of_sizes_and_no_corner_adds_more(w, eps):
    added = w @ gradient_sign_step(w, eps)
    assert added == eps * np.abs(w).sum()
    corners = np.array([*itertools.product([-eps, 0.0, eps], repeat=4)])
    assert (corners @ w).max() == added


@given(numbers, st.integers(0, 5).map(float))
def test_on_a_line_the_direction_adds_its_length_times_that_of_the_line(w, length):
    step = gradient_direction_step(w, length)
    assert w @ step == pytest.approx(length * np.linalg.norm(w))
    assert np.linalg.norm(step) == pytest.approx(length * w.any())


def test_of_a_planted_linear_model_the_score_rises_by_exactly_that():
    rng = np.random.default_rng(0)
    w, x = rng.standard_normal((3, 5)), rng.standard_normal((2, 3, 5))

    def score(vectors):
        return (vectors * w).sum(axis=2).sum(axis=1)

    step = gradient_sign_step(slopes(score, x), 0.25)
    risen = score(Tensor(x + step)).data - score(Tensor(x)).data
    np.testing.assert_allclose(risen, 0.25 * np.abs(w).sum(), rtol=1e-12)


def test_all_steps_are_as_long_as_they_are_said_to_be_and_random_ones_are_not_aimed():
    rng = np.random.default_rng(1)
    g = rng.standard_normal((50, 8, 16)).astype(np.float32)
    length = 0.5 * 16**0.5
    steps = {
        "sign": gradient_sign_step(g, 0.5),
        "direction": gradient_direction_step(g, length),
        "random sign": random_sign_step(g, 0.5, rng),
        "random direction": random_direction_step(g, length, rng),
    }
    for step in steps.values():
        assert step.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(step, axis=-1), length, rtol=1e-5)
    risen = {name: (g * step).sum(axis=-1) for name, step in steps.items()}
    assert (risen["direction"] >= risen["sign"] - 1e-4).all()
    for name in ("random sign", "random direction"):
        assert abs(risen[name].mean()) < 0.3 < risen["sign"].mean()
        assert (risen["sign"] > risen[name]).all()


def test_a_step_of_size_0_is_none_and_where_there_is_no_gradient_there_is_no_step():
    rng, flat = np.random.default_rng(2), np.zeros((2, 3))
    for step in (gradient_sign_step, gradient_direction_step):
        assert not step(np.ones((2, 3)), 0.0).any() and not step(flat, 1.0).any()
    for step in (random_sign_step, random_direction_step):
        assert not step(np.ones((2, 3)), 0.0, rng).any()


@pytest.mark.parametrize("size", [-0.1, np.inf, np.nan])
def test_sizes_that_are_none_are_refused(size):
    rng = np.random.default_rng(3)
    for step in (gradient_sign_step, gradient_direction_step):
        with pytest.raises(ValueError, match=f"{step.__name__}: the size of a step"):
            step(np.ones(2), size)
    for step in (random_sign_step, random_direction_step):
        with pytest.raises(ValueError, match=f"{step.__name__}: the size of a step"):
            step(np.ones(2), size, rng)


def test_a_gradient_that_is_no_number_is_refused():
    with pytest.raises(ValueError, match="the gradient has 2 numbers that are infinite or NaN"):
        gradient_sign_step(np.array([0.0, np.nan, np.inf]), 1.0)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("size", [1e-300, 1e-30, 1e-7, 1.0, 1e4, 1e30, 1e300])
def test_a_step_along_a_direction_has_its_length_whatever_that_of_the_gradient(dtype, size):
    limits = np.finfo(dtype)
    if not float(limits.smallest_subnormal) <= size <= float(limits.max):
        return
    step = gradient_direction_step(np.full(3, size, dtype), 1.0)
    assert step.dtype == dtype
    np.testing.assert_allclose(step.astype(float), 3**-0.5, rtol=2 * np.finfo(dtype).eps)


STEPS = {
    gradient_sign_step: (),
    gradient_direction_step: (),
    random_sign_step: (np.random.default_rng(0),),
    random_direction_step: (np.random.default_rng(0),),
}


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
def test_where_a_step_would_be_cut_off_or_infinite_it_is_refused(step):
    """Half a step in whole numbers is none, and 1e5 in float16 is infinity."""
    for wrong in (np.array([[1, -2]]), np.array([[True, False]]), np.array([1j]), [1.0, 2.0]):
        kind = getattr(wrong, "dtype", "list")
        with pytest.raises(TypeError, match=rf"{step.__name__}: .* array of floats, got {kind}"):
            step(wrong, 0.5, *STEPS[step])
    narrow = np.ones((1, 2), np.float16)
    said = rf"{step.__name__}: .* at most 65504, the largest number in float16, got 100000"
    with pytest.raises(ValueError, match=said):
        step(narrow, 1e5, *STEPS[step])
    assert np.isfinite(step(narrow, 65504.0, *STEPS[step])).all()
    with pytest.raises(TypeError, match=f"{step.__name__}: the size of a step must be one number"):
        step(np.ones((1, 2)), np.ones(2), *STEPS[step])


@pytest.mark.parametrize("step", [gradient_direction_step, random_direction_step])
def test_a_direction_needs_a_number(step):
    with pytest.raises(ValueError, match=rf"{step.__name__}: .* must be \(\.\.\., D\)"):
        step(np.zeros((2, 0)), 1.0, *STEPS[step])
