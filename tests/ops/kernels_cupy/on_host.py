"""A kernel for devices, run on the host under the strict double, beside its rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.cuda_on_host import raw_module
from tests.ops.kernels.parity import TOLERANCE
from tests.strict import SYNCS, StrictArray, strict

ORDERS = (0, 1, 12345)  # of threads and blocks: as numbered, from the last, shuffled


def moved(value: Any) -> Any:
    """Arrays "on the device", at any place of a tuple or dictionary; everything else as it is."""
    if isinstance(value, dict):
        return {name: moved(item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(moved(item) for item in value)
    return strict.asarray(value) if isinstance(value, np.ndarray) else value


def back(value: Any) -> Any:
    """The host's array behind one of the double, without a wait."""
    return value._host if isinstance(value, StrictArray) else value


def cotangent(output: np.ndarray) -> np.ndarray:
    drawn = np.random.default_rng(3).standard_normal(np.shape(output))
    return np.asarray(drawn).astype(output.dtype)


def results(kernel: Callable, operands: Any, settings: dict, g: np.ndarray, how: int) -> list:
    """Output and gradients, with threads in an order; nothing that was given may change."""
    raw_module.ORDER["how"] = how
    try:
        there, kept = moved(operands), [x.copy() for x in operands]
        output, vjp = kernel(*there, **moved(settings))
        arriving = strict.asarray(g)
        first, again = vjp(arriving), vjp(arriving)
    finally:
        raw_module.ORDER["how"] = 0
    for x, before in zip([*there, arriving], [*kept, g], strict=True):
        assert np.array_equal(x._host, before, equal_nan=True), "it wrote into what it was given"
    for a, b in zip(first, again, strict=True):
        assert same_bits(back(a), back(b)), "the second backward pass differs"
    return [back(output), *map(back, first)]


def same_bits(a: Any, b: Any) -> bool:
    return a is b is None or np.array_equal(a, b, equal_nan=True)


def doubled(value: Any) -> Any:
    """Floats in float64, also those in a dictionary of settings."""
    if isinstance(value, dict):
        return {name: doubled(item) for name, item in value.items()}
    is_floats = isinstance(value, np.ndarray) and value.dtype.kind == "f"
    return value.astype(np.float64) if is_floats else value


def assert_no_worse(
    found: np.ndarray, expected: np.ndarray, truth: np.ndarray, tolerance: float
) -> None:
    """Equal to rounding; or as near to the truth, found in float64, as the rule is, or twice."""
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
    with np.errstate(all="ignore"):
        off = np.abs(expected - truth)
        size = max(1.0, float(np.max(np.abs(expected[np.isfinite(expected)]), initial=0.0)))
        allowed = tolerance * TOLERANCE[expected.dtype] * size
        allowed += 3.0 * float(np.max(off[np.isfinite(off)], initial=0.0))
    np.testing.assert_allclose(found, expected, rtol=0.0, atol=allowed)


def assert_parity(
    op: Any,
    kernel: Callable,
    *operands: np.ndarray,
    tolerance: float = 1.0,
    by_rule: bool = False,
    **settings: Any,
) -> None:
    """The kernel gives what the rule gives, in every order of threads, without a host wait.

    ``by_rule``: it is a case that the kernel leaves to the rule.
    """
    with np.errstate(all="ignore"):
        expected, rule_vjp = op.rule(*operands, **settings)
        g = cotangent(expected)
        gradients = rule_vjp(g)
        raw_module.LAUNCHES.clear()
        SYNCS.clear()
        runs = [results(kernel, operands, settings, g, how) for how in ORDERS]
    if all(x.size for x in operands):
        assert bool(raw_module.LAUNCHES) != by_rule
    assert SYNCS == []
    with np.errstate(all="ignore"):
        truth, truth_vjp = op.rule(*map(doubled, operands), **doubled(settings))
        true = [truth, *truth_vjp(doubled(g))]
    for found, wanted, right in zip(runs[0], [expected, *gradients], true, strict=True):
        assert_no_worse(np.asarray(found), np.asarray(wanted), np.asarray(right), tolerance)
    for other in runs[1:]:
        assert all(map(same_bits, other, runs[0])), "the order of threads shows in the result"
