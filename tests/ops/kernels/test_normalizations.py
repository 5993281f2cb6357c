"""The normalisation kernels give what the rules give."""

import numpy as np
import pytest

from minillm import ops
from minillm.ops.kernels_numpy import plain
from tests.ops.kernels.parity import assert_parity, every_kernel_of

RULES = {op: op.rule for op in (ops.layer_norm, ops.rms_norm)}
every_kernel = every_kernel_of(*RULES)


def operands(op, shape, rng, dtype=np.float32):
    x = rng.standard_normal(shape).astype(dtype)
    gain, bias = (rng.standard_normal(shape[-1]).astype(dtype) for _ in range(2))
    return (x, gain, bias) if op is ops.layer_norm else (x, gain)


@pytest.fixture
def no_rule(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("this is a case for the kernel")

    for op in RULES:
        monkeypatch.setattr(op, "rule", refuse)


@every_kernel
@pytest.mark.parametrize("shape", [(64, 64), (5, 7, 130), (3, 2000), (1, plain.CHUNK + 1)])
def test_parity(op, kernel, shape, rng, no_rule):
    assert_parity(RULES[op], kernel, *operands(op, shape, rng), tolerance=3)


@every_kernel
@pytest.mark.parametrize("size", [1e-10, 1e10])
def test_the_scale_of_the_input_is_still_the_kernels(op, kernel, size, rng, no_rule):
    x, *rest = operands(op, (64, 64), rng)
    expected = RULES[op](x * np.float32(size), *rest, eps=0.0)[0]
    found = kernel(x * np.float32(size), *rest, eps=0.0)[0]
    np.testing.assert_allclose(found, expected, atol=1e-5)


@every_kernel
@pytest.mark.parametrize("row", [0.0, 1e-23, 1e20, np.nan, np.inf, "constant", "shifted"])
def test_a_row_beyond_the_ordinary_is_the_rules(op, kernel, row, rng):
    x, *rest = operands(op, (64, 64), rng)
    x[3] = (
        {"constant": 7.0, "shifted": x[3] + np.float32(1e3)}.get(row, 0.0)
        if isinstance(row, str)
        else x[3] * np.float32(row)
    )
    for eps in (0.0, 1e-5):
        with np.errstate(all="ignore"):
            expected, found = (f(x, *rest, eps=eps)[0] for f in (RULES[op], kernel))
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@every_kernel_of(ops.layer_norm)
def test_rows_far_from_zero_lose_no_more_digits_than_by_the_rule(op, kernel, rng):
    """Sums by BLAS are less exact than NumPy's: three times the error, at a width of 1000."""
    x, *rest = operands(ops.layer_norm, (64, 1000), rng)
    x[5] += np.float32(1e4)
    by_rule, by_kernel = (f(x, *rest)[0] for f in (op.rule, kernel))
    np.testing.assert_array_equal(by_kernel, by_rule)


@every_kernel
def test_float64_is_the_rules(op, kernel, rng):
    given = operands(op, (64, 64), rng, np.float64)
    np.testing.assert_array_equal(kernel(*given)[0], RULES[op](*given)[0])


@every_kernel
def test_only_what_is_wanted_is_computed(op, kernel, rng):
    given = operands(op, (64, 64), rng)
    g = given[0][::-1].copy()
    expected = kernel(*given)[1](g)
    for i in range(len(given)):
        wanted = tuple(i == j for j in range(len(given)))
        found = kernel(*given, wanted=wanted)[1](g)
        assert [x is not None for x in found] == list(wanted)
        assert np.array_equal(found[i], expected[i])


@every_kernel
def test_without_a_wanted_gradient_nothing_is_kept_for_one(op, kernel, rng):
    given = operands(op, (64, 64), rng)
    y, vjp = kernel(*given, wanted=(False,) * len(given))
    held = [cell.cell_contents for cell in vjp.__closure__]
    assert not any(getattr(x, "size", 0) == y.size for x in held)
    assert np.array_equal(y, kernel(*given)[0])
