"""A kernel beside its rule: the same numbers, whatever is asked of it."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

import numpy as np
import pytest

from minillm.autograd.recording import Op
from minillm.ops import kernels_compiled, kernels_numpy

NUMBA = importlib.util.find_spec("numba") is not None
LEVELS = ["numpy", "compiled"] if NUMBA else ["numpy"]  # that have kernels and can be had
TOLERANCE = {np.dtype(np.float32): 2e-6, np.dtype(np.float64): 1e-13}  # of the largest number


def assert_parity(
    rule: Callable, kernel: Callable, *operands: np.ndarray, tolerance: float = 1.0, **settings
) -> None:
    """Output, gradients, the same again, and nothing that was given changed.

    ``tolerance`` multiplies that of the dtype.
    """
    given = [x.copy() for x in operands]
    expected, rule_vjp = rule(*operands, **settings)
    found, kernel_vjp = kernel(*operands, **settings)
    g = np.random.default_rng(3).standard_normal(np.shape(expected)).astype(expected.dtype)
    kept = g.copy()
    assert_near(found, expected, tolerance)
    first = kernel_vjp(g)
    for a, b in zip(first, rule_vjp(g), strict=True):
        assert_near(a, b, tolerance)
    again = kernel_vjp(g)
    for a, b in zip(again, first, strict=True):
        assert np.array_equal(a, b, equal_nan=True), "the second backward pass differs"
    assert np.array_equal(g, kept), "the kernel wrote into the cotangent"
    for x, before in zip(operands, given, strict=True):
        assert np.array_equal(x, before, equal_nan=True), "the kernel wrote into an operand"


def assert_near(found: np.ndarray, expected: np.ndarray, tolerance: float = 1.0) -> None:
    """Equal to rounding, measured against the largest finite number."""
    assert np.shape(found) == np.shape(expected)
    assert found.dtype == expected.dtype
    size = max(1.0, float(np.max(np.abs(expected[np.isfinite(expected)]), initial=0.0)))
    np.testing.assert_allclose(
        found, expected, rtol=0.0, atol=tolerance * TOLERANCE[expected.dtype] * size
    )


def offered() -> list[tuple]:
    """Every kernel with its table: those in NumPy, and the compiled ones where numba is there."""
    return [*kernels_numpy.kernels(), *(kernels_compiled.kernels() if NUMBA else [])]


def every_kernel_of(*ops: Op) -> pytest.MarkDecorator:
    """A test for each kernel of these ops, with the parameters ``op`` and ``kernel``."""
    pairs = [
        pytest.param(op, kernel, id=kernel.__name__)
        for op in ops
        for table, _, kernel in offered()
        if table is op.kernels
    ]
    return pytest.mark.parametrize(("op", "kernel"), pairs)
