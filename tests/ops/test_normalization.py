import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm import ops
from minillm.autograd import Tensor

ONES, ZEROS = np.ones(7), np.zeros(7)


@st.composite
def inputs(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    scale, offset = draw(st.floats(0.5, 1e3)), draw(st.floats(-1e3, 1e3))
    return offset + scale * rng.standard_normal((3, 7))


def test_two_numbers_by_hand_with_the_default_eps():
    y = ops.layer_norm(np.array([1.0, 3.0]), np.array([2.0, 2.0]), np.array([0.5, 0.5]))
    z = 1.0 / np.sqrt(1.0 + 1e-5)  # the variance is 1, dividing by two, not by one
    assert y.data.tolist() == pytest.approx([0.5 - 2.0 * z, 0.5 + 2.0 * z], rel=1e-15)


def test_eps_decides_what_becomes_of_a_constant_row():
    y = ops.layer_norm(np.array([[5.0, 5.0], [-1e-3, 1e-3]]), np.ones(2), np.zeros(2))
    assert y.data[0].tolist() == [0.0, 0.0]
    assert y.data[1, 1] == pytest.approx(1e-3 / np.sqrt(1e-6 + 1e-5), rel=1e-14)


@given(inputs())
def test_rows_have_mean_0_and_variance_1(x):
    z = ops.layer_norm(x, ONES, ZEROS, eps=0.0).data
    assert np.allclose(z.mean(axis=-1), 0.0, atol=1e-11)
    assert np.allclose(z.var(axis=-1), 1.0, rtol=1e-9)


@given(inputs(), st.floats(0.1, 10.0), st.floats(-100.0, 100.0))
def test_scaling_and_shifting_the_input_changes_nothing(x, scale, shift):
    z = ops.layer_norm(x, ONES, ZEROS, eps=0.0).data
    assert np.allclose(ops.layer_norm(scale * x + shift, ONES, ZEROS, eps=0.0).data, z, atol=1e-9)


@given(inputs())
def test_the_gradient_is_orthogonal_to_the_directions_that_change_nothing(x):
    leaf = Tensor(x, requires_grad=True)
    ops.layer_norm(leaf, ONES, ZEROS, eps=0.0).backward(np.cos(np.arange(21.0)).reshape(3, 7))
    size = np.abs(leaf.grad).max()
    assert np.allclose(leaf.grad.sum(axis=-1) / size, 0.0, atol=1e-11)
    centred = x - x.mean(axis=-1, keepdims=True)
    assert np.allclose((leaf.grad * centred).sum(axis=-1), 0.0, atol=1e-10)


def test_a_numpy_float64_eps_does_not_turn_float32_into_float64():
    single = [x.astype(np.float32) for x in (np.eye(7), ONES, ZEROS)]
    assert ops.layer_norm(*single, eps=np.float64(1e-5)).dtype == np.float32


def test_rms_norm_of_two_numbers_by_hand_with_the_default_eps():
    y = ops.rms_norm(np.array([1.0, 7.0]), np.array([2.0, -1.0]))
    r = np.sqrt(25.0 + 1e-6)  # (1 + 49) / 2
    assert y.data.tolist() == pytest.approx([2.0 / r, -7.0 / r], rel=1e-15)


def test_rms_norm_takes_no_mean_off():
    y = ops.rms_norm(np.full(3, -5.0), np.ones(3), eps=0.0)
    assert y.data.tolist() == pytest.approx([-1.0, -1.0, -1.0], rel=1e-15)
    assert ops.rms_norm(np.zeros(3), np.ones(3)).data.tolist() == [0.0, 0.0, 0.0]


@given(inputs())
def test_rms_norm_rows_have_a_mean_square_of_1(x):
    z = ops.rms_norm(x, ONES, eps=0.0).data
    assert np.allclose((z * z).mean(axis=-1), 1.0, rtol=1e-12)


@given(inputs(), st.floats(0.1, 10.0))
def test_rms_norm_does_not_see_the_scale_of_its_input(x, scale):
    z = ops.rms_norm(x, ONES, eps=0.0).data
    assert np.allclose(ops.rms_norm(scale * x, ONES, eps=0.0).data, z, rtol=1e-12)
    assert np.allclose(ops.rms_norm(-x, ONES, eps=0.0).data, -z, rtol=1e-12)


@given(inputs())
def test_the_gradient_of_rms_norm_is_orthogonal_to_its_input(x):
    leaf = Tensor(x, requires_grad=True)
    ops.rms_norm(leaf, ONES, eps=0.0).backward(np.cos(np.arange(21.0)).reshape(3, 7))
    size = np.abs(leaf.grad).max() * np.abs(x).max()
    assert np.allclose((leaf.grad * x).sum(axis=-1) / size, 0.0, atol=1e-12)


@given(inputs())
def test_rms_norm_of_centred_rows_is_layer_norm_without_a_bias(x):
    centred = x - x.mean(axis=-1, keepdims=True)
    layer = ops.layer_norm(x, ONES, ZEROS, eps=1e-3).data
    assert np.allclose(ops.rms_norm(centred, ONES, eps=1e-3).data, layer, rtol=1e-9, atol=1e-11)


def normalised(name, x, gains, cotangent, **settings) -> list[np.ndarray]:
    y, vjp = getattr(ops, name).rule(x, *gains, **settings)
    return [y, *vjp(cotangent)]


def by_definition(name, x, cotangent, eps) -> list[np.ndarray]:
    """Output, and the gradient of the input, for a gain of 1, in long double."""
    x, h = x.astype(np.longdouble), cotangent.astype(np.longdouble)
    centred = x - x.mean(axis=-1, keepdims=True) if name == "layer_norm" else x
    root = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + np.longdouble(eps))
    z = centred / root
    grad = h - z * (h * z).mean(axis=-1, keepdims=True)
    if name == "layer_norm":
        grad = grad - h.mean(axis=-1, keepdims=True)
    return [z, grad / root]


BOTH = pytest.mark.parametrize("name", ["layer_norm", "rms_norm"])
GAINS = {"layer_norm": 2, "rms_norm": 1}


@BOTH
@pytest.mark.parametrize("eps", [0.0, 1e-5])
@pytest.mark.parametrize(
    ("dtype", "sizes"),
    [
        (np.float32, [1e-38, 1e-25, 1e-3, 1.0, 1e20, 1e30, 3e37]),
        (np.float64, [1e-300, 1e-200, 1e-3, 1.0, 1e200, 1e300]),
    ],
)
def test_numbers_of_any_size_are_normalised_side_by_side(name, eps, dtype, sizes, rng):
    x = (np.array(sizes)[:, None] * rng.standard_normal((len(sizes), 8))).astype(dtype)
    cotangent = rng.standard_normal(x.shape).astype(dtype)
    gains = [np.ones(8, dtype), np.zeros(8, dtype)][: GAINS[name]]
    found = normalised(name, x, gains, cotangent, eps=eps)
    for a, b in zip(found, by_definition(name, x, cotangent, eps), strict=False):
        assert a.dtype == dtype
        largest = np.abs(b).max(axis=-1, keepdims=True)  # of each row: they differ by 75 digits
        assert np.all(np.abs(a - b) <= 8e3 * np.finfo(dtype).eps * largest)


@BOTH
@given(st.integers(0, 2**32), st.integers(-90, 90))
def test_a_power_of_two_changes_no_bit_of_the_output_and_divides_the_gradient(name, seed, power):
    rng = np.random.default_rng(seed)
    for dtype, factor in [(np.float32, 2.0**power), (np.float64, 2.0 ** (10 * power))]:
        x, cotangent = rng.standard_normal((2, 3, 5)).astype(dtype)
        gains = [*rng.standard_normal((2, 5)).astype(dtype)][: GAINS[name]]
        y, grad, *rest = normalised(name, x, gains, cotangent, eps=0.0)
        scaled = normalised(name, x * dtype(factor), gains, cotangent, eps=0.0)
        for a, b in zip(scaled, [y, grad / dtype(factor), *rest], strict=True):
            assert np.array_equal(a, b)


@BOTH
def test_a_row_that_is_not_finite_spoils_no_other_and_warns_of_nothing(name):
    x = np.array([[1.0, np.inf, 0.0], [1.0, np.nan, 0.0], [0.0, 0.0, 0.0], [1.0, 2.0, 4.0]])
    gains = [np.ones(3), np.zeros(3)][: GAINS[name]]
    y, grad, *_ = normalised(name, x, gains, np.ones((4, 3)), eps=0.0)
    alone, alone_grad, *_ = normalised(name, x[3:], gains, np.ones((1, 3)), eps=0.0)
    assert np.isnan(y[:3]).any(axis=-1).all()
    assert np.array_equal(y[3:], alone) and np.array_equal(grad[3:], alone_grad)


@BOTH
def test_operands_of_unlike_dtypes_are_refused(name):
    gains = [np.ones(3), np.zeros(3)][: GAINS[name]]
    with pytest.raises(TypeError, match=f"{name}: x is float32, gain is float64"):
        getattr(ops, name)(np.ones((2, 3), np.float32), *gains)
