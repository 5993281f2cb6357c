"""Clipping by example and noise on the sum: what a step of DP-SGD is made of."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from minillm import Parameter, Tensor, ops
from minillm.backend import stream
from minillm.optim import SGD, Adam
from minillm.training import fit
from minillm.training.privacy import (
    PrivateGradients,
    clip_by_example,
    per_example_gradients,
    sampled_rows,
)

floats = st.floats(-100.0, 100.0)


@pytest.mark.guide("G54")
@given(arrays(np.float64, (4, 3), elements=floats), arrays(np.float64, (4, 2, 2), elements=floats),
       st.floats(0.01, 50.0))  # fmt: skip
def test_no_example_is_longer_than_the_clip_and_short_ones_are_left_alone(a, b, clip):
    (first, second), lengths = clip_by_example([a, b], clip)
    rows = np.concatenate([a, b.reshape(4, -1)], axis=1)
    norms = np.array([math.hypot(*row) for row in rows])
    np.testing.assert_allclose(lengths, norms, rtol=1e-9)
    shortened = [row if n <= clip else row * clip / n for row, n in zip(rows, norms, strict=True)]
    expected = np.sum(shortened, axis=0)
    np.testing.assert_allclose(np.concatenate([first, second.ravel()]), expected, atol=1e-9)
    for i in range(4):  # one example moves the sum by at most the clip
        without = [np.delete(g, i, axis=0) for g in (a, b)]
        (x, y), _ = clip_by_example(without, clip)
        moved = np.sqrt(((first - x) ** 2).sum() + ((second - y) ** 2).sum())
        assert moved <= clip * (1 + 1e-6) + 1e-9


def rows_losses(w):
    def losses(batch):
        return ops.linear(Tensor(batch[0]), w).sum(axis=1)  # the gradient of a row is the row

    return losses


def one_step(x, optimizer=SGD, **settings):
    w = Parameter(np.zeros((1, x.shape[1])))
    private = PrivateGradients(**settings)
    (step,) = fit(rows_losses(w), [(x,)], optimizer([w], lr=1.0), gradients=private)
    return w.data[0], step


def test_without_noise_a_step_is_the_clipped_sum_by_the_expected_number(rng):
    x = rng.standard_normal((8, 3))
    moved, step = one_step(x, clip=1.0, noise=0.0, expected=10.0, rng=rng)
    lengths = np.linalg.norm(x, axis=1, keepdims=True)
    np.testing.assert_allclose(-moved, (x / np.maximum(lengths, 1)).sum(axis=0) / 10, rtol=1e-12)
    assert float(step.loss) == 0.0


@pytest.mark.guide("G54")
def test_noise_has_the_deviation_of_noise_times_clip_by_the_expected_number(rng):
    x = np.zeros((3, 4000))
    moved, _ = one_step(x, clip=2.0, noise=1.5, expected=5.0, rng=stream(0, "noise"))
    assert moved.std() == pytest.approx(2.0 * 1.5 / 5.0, rel=0.05) and abs(moved.mean()) < 0.05
    again, _ = one_step(x, clip=2.0, noise=1.5, expected=5.0, rng=stream(0, "noise"))
    np.testing.assert_array_equal(moved, again)


def test_of_nobody_the_step_is_noise_alone():
    settings = {"clip": 1.0, "noise": 1.0, "expected": 2.0}
    empty, step = one_step(np.zeros((0, 6)), **settings, rng=stream(0, "noise"))
    zeros, _ = one_step(np.zeros((1, 6)), **settings, rng=stream(0, "noise"))
    np.testing.assert_array_equal(empty, zeros)
    assert float(step.loss) == 0.0 and np.abs(empty).min() > 0


def test_with_adam_it_is_adam_on_that_gradient():
    x = np.array([[3.0, -4.0]])
    moved, _ = one_step(x, Adam, clip=1.0, noise=0.0, expected=1.0, rng=stream(0, "noise"))
    np.testing.assert_allclose(moved, [-1.0, 1.0], rtol=1e-6)


def test_a_gradient_that_is_not_finite_is_not_hidden():
    (summed,), lengths = clip_by_example([np.array([[1.0], [np.nan]])], 1.0)
    assert np.isnan(summed).all() and np.isnan(lengths[1])
    (summed,), lengths = clip_by_example([np.array([[1.0], [np.inf]])], 1.0)
    assert np.isnan(summed).all() and np.isinf(lengths[1])


@pytest.mark.guide("G54")
def test_every_example_is_drawn_by_itself():
    rng, n = stream(0, "sampled"), 50
    drawn = np.array([np.isin(np.arange(n), sampled_rows(n, 0.3, rng)) for _ in range(4000)])
    np.testing.assert_allclose(drawn.mean(axis=0), 0.3, atol=0.04)
    counts = drawn.sum(axis=1)
    assert counts.var() == pytest.approx(n * 0.3 * 0.7, rel=0.1)  # not one size
    assert sampled_rows(5, 1.0, rng).tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("rate", [0.0, -0.1, 1.1, math.nan])
def test_a_rate_that_is_none_is_refused(rate, rng):
    with pytest.raises(ValueError, match="rate must be above 0 and at most 1"):
        sampled_rows(5, rate, rng)


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"clip": 0.0}, ValueError, r"PrivateGradients: clip must be above 0 and finite, got 0\.0"),
        ({"clip": math.inf}, ValueError, "clip must be"),
        ({"noise": -1.0}, ValueError, "noise must be at least 0 and finite"),
        ({"noise": math.nan}, ValueError, "noise must be"),
        ({"expected": 0.0}, ValueError, "expected must be"),
        ({"rng": 0}, TypeError, "rng must be"),
    ],
)
def test_settings_that_make_no_step_are_refused(change, error, says, rng):
    with pytest.raises(error, match=says):
        PrivateGradients(**{"clip": 1.0, "noise": 1.0, "expected": 1.0, "rng": rng} | change)


def test_what_cannot_be_clipped_by_example_is_refused(rng):
    for clip in (0.0, -1.0, math.inf, math.nan):
        with pytest.raises(ValueError, match="clip must be above 0 and finite"):
            clip_by_example([np.ones((1, 1))], clip)
    with pytest.raises(ValueError, match="there is no gradient"):
        clip_by_example([], 1.0)
    w, x = Parameter(np.zeros((1, 2))), np.ones((2, 2))
    private = PrivateGradients(clip=1.0, noise=1.0, expected=1.0, rng=rng)
    with pytest.raises(ValueError, match="one batch makes a step, got 2"):
        next(fit(rows_losses(w), [(x,), (x,)], SGD([w], lr=1.0), accumulate=2, count=len,
                 gradients=private))  # fmt: skip
    with pytest.raises(TypeError, match="an entry for each row"):
        next(fit(rows_losses(w), [(x, np.ones(3))], SGD([w], lr=1.0), gradients=private))


def test_a_parameter_that_nobody_uses_has_noise_alone_where_that_is_allowed():
    """It may hang on the examples who is used: a gradient of exactly 0 would tell."""
    w, unused, x = Parameter(np.zeros((1, 2))), Parameter(np.zeros(500)), np.ones((2, 2))
    private = PrivateGradients(clip=2.0, noise=1.0, expected=1.0, rng=stream(0, "noise"))
    given = {"optimizer": SGD([w, unused], lr=1.0), "gradients": private}
    with pytest.raises(RuntimeError, match=r"parameter 1 .* does not influence the loss"):
        next(fit(rows_losses(w), [(x,)], **given))
    next(fit(rows_losses(w), [(x,)], **given, allow_unused=True))
    assert unused.data.std() == pytest.approx(2.0, rel=0.1)


def test_a_frozen_parameter_is_called_frozen():
    w, frozen, x = Parameter(np.zeros((1, 2))), Parameter(np.zeros(2)), np.ones((2, 2))
    frozen.requires_grad = False
    with pytest.raises(RuntimeError, match=r"parameter 1 .*: it is frozen, or a constant"):
        per_example_gradients(rows_losses(w), (x,), [w, frozen])
    _, (_, nothing) = per_example_gradients(rows_losses(w), (x,), [w, frozen], allow_unused=True)
    np.testing.assert_array_equal(nothing, np.zeros((2, 2)))


@pytest.mark.parametrize(
    ("batch", "says"),
    [
        ([np.ones((2, 2))], "got list"),
        ((np.ones((2, 2)), np.ones(3)), r"got tuple, of \(2, 2\), \(3,\)"),
        ((np.ones((2, 2)), "a"), r"got tuple, of \(2, 2\), str"),
    ],
)
def test_a_batch_of_another_form_is_refused_without_a_word_of_threads(batch, says, rng):
    private = PrivateGradients(clip=1.0, noise=1.0, expected=1.0, rng=rng)
    w = Parameter(np.zeros((1, 2)))
    with pytest.raises(TypeError, match=f"a batch of PrivateGradients must be a tuple.*{says}"):
        private(rows_losses(w), [batch], [w], counts=[1])


@pytest.mark.parametrize("size", [1e-200, 1e200])
def test_examples_are_clipped_where_squares_of_float64_are_no_numbers(size):
    """A square of 1e200 is infinite: the example would be 0 in the sum without a word."""
    a, b = np.array([[3.0 * size], [0.0]]), np.array([[4.0 * size], [0.0]])
    (first, second), lengths = clip_by_example([a, b], size)
    np.testing.assert_allclose(lengths, [5.0 * size, 0.0], rtol=1e-15)
    np.testing.assert_allclose([*first, *second], [0.6 * size, 0.8 * size], rtol=1e-15)
