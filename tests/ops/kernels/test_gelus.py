"""The GELU kernels give what the rules give."""

import numpy as np
import pytest

from minillm import ops
from minillm.ops.kernels_numpy import plain
from tests.ops.kernels.parity import assert_parity, every_kernel_of

SHAPES = [(plain.SMALL,), (5, plain.SMALL), (3, 7, 1001), (plain.CHUNK + 1,), (1, plain.CHUNK * 2)]
every_kernel = every_kernel_of(ops.gelu, ops.gelu_tanh)


@every_kernel
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", SHAPES)
def test_parity(op, kernel, shape, dtype, rng):
    x = (3.0 * rng.standard_normal(shape)).astype(dtype)
    assert_parity(op.rule, kernel, x)


@every_kernel
@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf, 1e20, -1e20, 41.0, -41.0])
def test_what_is_not_ordinary_is_the_rules(op, kernel, odd):
    x = np.linspace(-5, 5, plain.SMALL, dtype=np.float32)
    x[77] = odd
    assert_parity(op.rule, kernel, x)


@every_kernel
def test_without_a_wanted_gradient_no_slope_is_made(op, kernel):
    x = np.linspace(-5, 5, plain.SMALL, dtype=np.float32)
    output, vjp = kernel(x, wanted=(False,))
    assert all(cell.cell_contents is None for cell in vjp.__closure__)
    assert np.array_equal(output, kernel(x)[0])
