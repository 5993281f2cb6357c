"""Part 1 on a device: every kernel against its rule."""

import numpy as np
import pytest

from minillm import ops
from minillm.autograd.recording import Op
from minillm.nn.dropout import factors
from minillm.ops import kernels_cupy
from minillm.ops.kernels_cupy.dropouts import factors_on_device
from tests.gpu.beside import compare, in_dtype
from tests.gpu.conftest import back
from tests.ops.samples import cases
from tests.strict import strict

BY_TABLE = {id(op.kernels): name for name, op in vars(ops).items() if isinstance(op, Op)}
KERNELS = {BY_TABLE[id(t)]: kernel for t, _, kernel in kernels_cupy.kernels_for(strict)}
DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@DTYPES
@pytest.mark.parametrize("name", KERNELS)
def test_a_kernel_gives_what_its_rule_gives(name, dtype, place):
    for of, _, one in cases():
        if of == name and (dtype == np.float64 or one.fits_float32):
            operands, settings = in_dtype(one, dtype)
            compare(place, KERNELS[name], getattr(ops, name).rule, operands, settings, 10)


@DTYPES
@pytest.mark.parametrize(("rows", "width"), [(1, 1), (3, 50_257), (4099, 65), (70_000, 2)])
def test_large_rows_and_many_of_them(rows, width, dtype, place, rng):
    if place.xp is strict and rows * width > 50_000:
        rows, width = min(rows, 30), min(width, 3000)
    x = rng.standard_normal((rows, width)).astype(dtype)
    targets = rng.integers(width, size=rows)
    targets[::5] = -100
    gain, bias = x[0].copy(), x[-1].copy()
    for name, operands, settings in (
        ("softmax", [x], {}),
        ("log_softmax", [x], {}),
        ("layer_norm", [x, gain, bias], {}),
        ("cross_entropy", [x], {"targets": targets}),
        ("gelu", [x], {}),
    ):
        compare(place, KERNELS[name], getattr(ops, name).rule, operands, settings, 10)


@pytest.mark.parametrize("shape", [(1,), (4099, 7), (64, 128, 65)])
@pytest.mark.parametrize("start", [0, 3, 7 << 40])
def test_dropouts_factors_have_the_hosts_bits(shape, start, place):
    if place.xp is strict:
        shape = tuple(min(n, 64) for n in shape)
    expected = factors(2**60 + 7, 12345, shape, 6554, start, like=np.empty(0, "f"))
    like = place.xp.empty(0, np.dtype("f"))
    found = factors_on_device(2**60 + 7, 12345, shape, 6554, start, like=like)
    np.testing.assert_array_equal(back(found), expected)


def test_equal_inputs_give_equal_bits(place, rng):
    """Nothing is added up in an order that differs from run to run."""
    table, ids = rng.standard_normal((11, 40)).astype("f"), rng.integers(11, size=(30, 20))
    g = rng.standard_normal((30, 20, 40)).astype("f")
    moved, there, arriving = place.move([table, ids, g])
    vjp = KERNELS["embedding"](moved, ids=there)[1]
    first = back(vjp(arriving)[0])
    for _ in range(20):
        np.testing.assert_array_equal(back(vjp(arriving)[0]), first)
    np.testing.assert_array_equal(first, ops.embedding.rule(table, ids=ids)[1](g)[0])
