"""The cross-entropy kernel gives what the rule gives."""

import warnings

import numpy as np
import pytest

from minillm.ops import cross_entropy
from minillm.ops.kernels_numpy import plain
from minillm.ops.kernels_numpy.cross_entropies import SPREAD
from tests.ops.kernels.parity import assert_near, assert_parity, every_kernel_of

rule = cross_entropy.rule
every_kernel = every_kernel_of(cross_entropy)


@pytest.fixture
def no_rule(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("this is a case for the kernel")

    monkeypatch.setattr(cross_entropy, "rule", refuse)


def problem(shape, rng, dtype=np.float32, size=1.0):
    logits = size * rng.standard_normal(shape).astype(dtype)
    return logits.astype(dtype), rng.integers(shape[-1], size=shape[:-1])


@every_kernel
@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(64, 64), (3, 5, 400), (2, plain.CHUNK + 1), (4096, 2)])
@pytest.mark.parametrize("size", [1.0, 8.0])
def test_parity(op, kernel, size, shape, dtype, reduction, rng, no_rule):
    logits, targets = problem(shape, rng, dtype, size)
    targets.reshape(-1)[::5] = -100
    settings = {"targets": targets, "reduction": reduction}
    assert_parity(rule, kernel, logits, **settings)


@every_kernel
def test_all_ignored_is_0_with_zero_gradients(op, kernel, rng, no_rule):
    logits, targets = problem((64, 64), rng)
    loss, vjp = kernel(logits, targets=np.full_like(targets, -100))
    assert loss == 0.0
    assert not vjp(np.float32(1.0))[0].any()


@every_kernel
@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf, 2 * SPREAD, -2 * SPREAD, 1e30])
@pytest.mark.parametrize("ignored", [False, True])
def test_logits_far_apart_are_the_rules(op, kernel, odd, ignored, rng):
    logits, targets = problem((64, 64), rng)
    logits[3, ::5] = odd
    targets[3] = -100 if ignored else 7
    g = np.float32(1.0)
    with np.errstate(all="ignore"):
        expected, found = (
            (loss, *vjp(g)) for loss, vjp in (f(logits, targets=targets) for f in (rule, kernel))
        )
    for a, b in zip(found, expected, strict=True):
        assert_near(a, b)


@every_kernel
def test_a_loss_for_each_position_is_the_rules(op, kernel, rng):
    logits, targets = problem((64, 64), rng)
    settings = {"targets": targets, "reduction": "none"}
    assert_parity(rule, kernel, logits, **settings)


@every_kernel
def test_what_was_handed_out_cannot_be_written_into(op, kernel, rng):
    logits, targets = problem((64, 64), rng)
    _, vjp = kernel(logits, targets=targets)
    first = vjp(np.asarray(1.0, np.float32))[0]
    with pytest.raises(ValueError, match="read-only"):
        first += 1.0
    assert np.array_equal(vjp(np.asarray(2.0, np.float32))[0], 2.0 * first)


@every_kernel
def test_without_a_wanted_gradient_none_is_made(op, kernel, rng):
    logits, targets = problem((64, 64), rng)
    loss, vjp = kernel(logits, targets=targets, wanted=(False,))
    held = dict(zip(vjp.__code__.co_freevars, vjp.__closure__, strict=True))
    assert held["grad"].cell_contents is None
    assert loss == kernel(logits, targets=targets)[0]


@every_kernel
def test_bad_targets_are_refused_in_the_same_words(op, kernel, rng):
    logits, targets = problem((64, 64), rng)
    wrong = targets.copy()
    wrong[5] = 64
    for given in (wrong, targets[1:], targets.astype(float)):
        with pytest.raises((IndexError, ValueError, TypeError)) as expected:
            rule(logits, targets=given)
        with pytest.raises(expected.type) as found:
            kernel(logits, targets=given)
        assert str(found.value) == str(expected.value)
    with pytest.raises(ValueError, match="reduction must be"):
        kernel(logits, targets=targets, reduction="max")


@every_kernel
@pytest.mark.parametrize("odd", [np.inf, -np.inf])
def test_logits_that_are_all_infinite_give_no_warning_of_the_kernels_own(op, kernel, odd):
    logits, targets = np.full((64, 64), odd, dtype=np.float32), np.zeros(64, dtype=np.int64)
    with warnings.catch_warnings(record=True) as of_rule:
        warnings.simplefilter("always")
        expected = rule(logits, targets=targets)[0]
    with warnings.catch_warnings(record=True) as of_kernel:
        warnings.simplefilter("always")
        found = kernel(logits, targets=targets)[0]
    assert np.array_equal(found, expected, equal_nan=True)
    assert [str(w.message) for w in of_kernel] == [str(w.message) for w in of_rule]
