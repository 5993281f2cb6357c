"""float16 in, float16 out, with sums in float32; settings in float64 leave float32 alone."""

import math

import numpy as np
import pytest

from minillm import ops
from minillm.ops.precision import rounded, setting_like, widened
from tests.ops.samples import cases
from tests.ops.table import Sample
from tests.strict import strict

FITTING = [
    pytest.param(name, one, id=f"{name}-{i}") for name, i, one in cases() if one.fits_float32
]
MANY = 70_000  # more than the largest float16, 65504


def results(name: str, *operands, **settings) -> list[np.ndarray]:
    """The output and every gradient, for a cotangent that is not constant."""
    output, vjp = getattr(ops, name).rule(*operands, **settings)
    v = np.cos(np.arange(np.size(output))).reshape(np.shape(output)).astype(output.dtype)
    return [output, *vjp(v)]


def in_double(value):
    """Settings as NumPy gives them: float64 arrays, and float64 scalars for Python numbers."""
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return value.astype(np.float64)
    return np.float64(value) if isinstance(value, float) else value


@pytest.mark.parametrize(("name", "one"), FITTING)
def test_float64_settings_leave_float32_alone(name, one):
    operands = [x.astype(np.float32) for x in one.operands]
    settings = {k: in_double(v) for k, v in one.settings.items()}
    assert {x.dtype for x in results(name, *operands, **settings)} == {np.dtype(np.float32)}


def fits_float16(one: Sample) -> bool:
    # a slope of 1e8, beside vectors of zeros, does not fit
    return all(np.max(np.abs(x), initial=0.0) < 50.0 and (x.any() or x.size == 0)
               for x in one.operands)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "one"), [case for case in FITTING if fits_float16(case.values[1])]
)
def test_float16_comes_out_as_float16_and_near_the_float64_result(name, one):
    operands = [x.astype(np.float16) for x in one.operands]
    found = results(name, *operands, **one.settings)
    exact = results(name, *(x.astype(np.float64) for x in operands), **one.settings)
    assert {x.dtype for x in found} == {np.dtype(np.float16)}
    for a, b in zip(found, exact, strict=True):
        size = max(1.0, float(np.max(np.abs(b), initial=0.0)))
        np.testing.assert_allclose(a, b, rtol=5e-3, atol=5e-3 * size)


def test_float16_scores_of_more_classes_than_it_can_count():
    x, one = np.zeros(MANY, np.float16), np.float16(1.0)
    assert float(ops.logsumexp(x)) == pytest.approx(math.log(MANY), rel=1e-3)
    assert np.allclose(ops.log_softmax(x).data, -math.log(MANY), rtol=1e-3)
    assert np.allclose(ops.softmax(x).data, 1.0 / MANY, rtol=1e-2)
    _, vjp = ops.log_softmax.rule(x)
    gradient = vjp(np.ones(MANY, np.float16))[0]  # 1 - p MANY
    assert np.abs(gradient).max() < 1e-3
    loss, vjp = ops.cross_entropy.rule(x, targets=7)
    assert float(loss) == pytest.approx(math.log(MANY), rel=1e-3)
    assert float(vjp(one)[0][7]) == -1.0


@pytest.mark.parametrize(
    ("name", "settings", "loss"),
    [
        ("cross_entropy", {"targets": np.zeros(MANY, int)}, math.log(2.0)),
        (
            "smoothed_cross_entropy",
            {"targets": np.zeros(MANY, int), "smoothing": 0.5},
            math.log(2.0),
        ),
        ("nll_loss", {"targets": np.zeros(MANY, int)}, 0.0),
        (
            "cross_entropy_with_probabilities",
            {"probabilities": np.full((MANY, 2), 0.5)},
            math.log(2.0),
        ),
        ("squared_error", {"targets": np.ones((MANY, 2))}, 1.0),
        ("binary_cross_entropy_with_logits", {"targets": np.ones((MANY, 2))}, math.log(2.0)),
    ],
)
def test_a_float16_loss_of_more_positions_than_it_can_count(name, settings, loss):
    found, vjp = getattr(ops, name).rule(np.zeros((MANY, 2), np.float16), **settings)
    assert (found.dtype, vjp(found)[0].dtype) == (np.float16, np.float16)
    assert float(found) == pytest.approx(loss, rel=1e-3)


@pytest.mark.parametrize("shape", [(5000, 4), (50, 100, 4)])
def test_a_float16_gradient_that_is_summed_over_positions_counts_beyond_2048(shape):
    x, one = np.ones(shape, np.float16), np.ones(4, np.float16)
    for place, name in [(2, "layer_norm"), (1, "rms_norm")]:
        _, vjp = getattr(ops, name).rule(x, *[one] * place, eps=0.0 if place == 1 else 1.0)
        assert vjp(x)[place].tolist() == [5000.0] * 4
    _, vjp = ops.embedding.rule(np.ones((3, 4), np.float16), ids=np.ones(shape[:-1], int))
    assert vjp(x)[0].tolist() == [[0.0] * 4, [5000.0] * 4, [0.0] * 4]
    a, b = ops.einsum.rule(x.reshape(5000, 4), one, subscripts="ij,j->i")[1](x[..., 0].ravel())
    assert b.tolist() == [5000.0] * 4 and a.dtype == np.float16


def test_float16_that_runs_along_an_axis_is_rounded_once():
    x = np.ones(5000, np.float16)
    y, vjp = ops.cumsum.rule(x, axis=0)
    assert (float(y[-1]), float(vjp(x)[0][0])) == (5000.0, 5000.0)
    factors = np.array([256.0, 256.0, 2.0**-10], np.float16)  # 65536 does not fit
    y, vjp = ops.prod.rule(factors)
    assert float(y) == 64.0 and vjp(np.float16(1.0))[0].dtype == np.float16


@pytest.mark.parametrize("n", [3, 5000, 70_000])
def test_float16_attention_over_more_keys_than_it_can_count(n):
    """The weights are 1/n each; their sum before the division is n."""
    query, key = np.zeros((1, 2), np.float16), np.zeros((n, 2), np.float16)
    value = np.full((n, 2), 1e-3, np.float16)
    y, vjp = ops.scaled_dot_product_attention.rule(query, key, value)
    assert y.dtype == np.float16 and np.allclose(y, value[0], rtol=2e-3, atol=0.0)
    grads = vjp(np.full((1, 2), n / 8, np.float16))
    assert all(grad.dtype == np.float16 for grad in grads)
    assert np.allclose(grads[2], 1 / 8, rtol=2e-3)


def test_float16_scores_need_not_fit_before_they_are_scaled():
    query = key = np.full((2, 64), 60.0, np.float16)  # 64 times 3600
    y, vjp = ops.scaled_dot_product_attention.rule(query, key, np.eye(2, dtype=np.float16))
    assert np.allclose(y, 0.5)
    assert all(np.isfinite(grad).all() for grad in vjp(y))


@pytest.mark.fault(25)
def test_squares_of_float16_numbers_need_not_fit():
    x = np.array([300.0, -300.0, 300.0, -300.0], np.float16)
    one, zero = np.ones(4, np.float16), np.zeros(4, np.float16)
    assert ops.layer_norm(x, one, zero).data.tolist() == [1.0, -1.0, 1.0, -1.0]
    assert ops.rms_norm(x, one).data.tolist() == [1.0, -1.0, 1.0, -1.0]
    assert float(ops.cosine_similarity(x, x)) == 1.0


def test_what_float16_cannot_hold_is_infinite_without_a_warning():
    assert rounded(np.array([1e5, -1e5, 1.0], np.float32), np.float16).tolist() == [
        *(np.inf, -np.inf, 1.0)
    ]
    x = np.zeros((1, 3))
    assert widened(x) is x and rounded(x, np.float64) is x
    assert widened(x.astype(np.float16)).dtype == np.float32


def test_a_setting_becomes_an_array_of_the_operands_dtype():
    x = np.ones(2, np.float32)
    for value in ([1, 2], (1.0, 2.0), np.array([1.0, 2.0]), np.array([1, 2], np.uint8)):
        array = setting_like("f: keep", value, x)
        assert array.dtype == np.float32 and array.tolist() == [1.0, 2.0]
    assert setting_like("f: keep", x, x) is x
    with pytest.raises(TypeError, match="f: keep must be real numbers, got <U1"):
        setting_like("f: keep", ["a"], x)
    with pytest.raises(TypeError, match="numpy and strict; move them"):
        setting_like("f: keep", x, strict.asarray(x))
