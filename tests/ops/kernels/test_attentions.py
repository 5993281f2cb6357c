"""The attention kernel gives what the rule gives."""

import numpy as np
import pytest

from minillm.ops import scaled_dot_product_attention
from minillm.ops.kernels_numpy import attentions
from minillm.ops.kernels_numpy.attentions import FARTHEST
from tests.ops.kernels.parity import assert_parity, every_kernel_of

B, H, T, S, K, V = 5, 2, 48, 40, 8, 6
rule = scaled_dot_product_attention.rule
every_kernel = every_kernel_of(scaled_dot_product_attention)


def heads(rng, length, width, dtype=np.float32):
    """As a layer gives them: a view of (B, T, H K)."""
    x = rng.standard_normal((B, length, H * width)).astype(dtype)
    return x.reshape(B, length, H, width).swapaxes(1, 2)


def operands(rng, dtype=np.float32, keys=S):
    return heads(rng, T, K, dtype), heads(rng, keys, K, dtype), heads(rng, keys, V, dtype)


def masks(rng):
    real = np.arange(S) < rng.integers(1, S + 1, size=(B, 1, 1, 1))
    some = rng.random((B, H, T, S)) < 0.5
    some[1, :, 3] = False  # a query that may attend to nothing
    return {
        "none": None,
        "(T, S)": rng.random((T, S)) < 0.7,
        "(1, S)": np.arange(S)[None] < 9,
        "one row of keys": np.arange(S) < 9,
        "padding": real,
        "everything": some,
        "nothing": np.zeros((T, S), dtype=bool),
        "per head": rng.random((1, H, T, S)) < 0.5,
    }


@pytest.fixture
def no_rule(monkeypatch):
    """The kernel has to do it by itself."""

    def refuse(*_, **__):
        raise AssertionError("this is a case for the kernel")

    monkeypatch.setattr(scaled_dot_product_attention, "rule", refuse)


@every_kernel
@pytest.mark.parametrize("slices", [1, 5, 10])
@pytest.mark.parametrize("dropout", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("mask", masks(np.random.default_rng(0)))
def test_parity(op, kernel, mask, dtype, dropout, slices, rng, no_rule, monkeypatch):
    monkeypatch.setattr(attentions, "SCORES", B * H * T * S // slices)
    keep = ((rng.random((B, H, T, S)) < 0.8) / 0.8).astype(dtype) if dropout else None
    settings = {"mask": masks(rng)[mask], "keep": keep}
    assert_parity(rule, kernel, *operands(rng, dtype), tolerance=2, **settings)


@every_kernel
def test_parity_of_another_scale_and_of_contiguous_operands(op, kernel, rng, no_rule):
    q, k, v = map(np.ascontiguousarray, operands(rng))
    assert_parity(rule, kernel, q, k, v, scale=-0.3)


@every_kernel
@pytest.mark.parametrize(
    "wanted", [(True, False, False), (False, True, False), (False, False, True)]
)
def test_only_what_is_wanted_is_computed(op, kernel, wanted, rng):
    q, k, v = operands(rng)
    y, vjp = kernel(q, k, v, wanted=wanted)
    expected = kernel(q, k, v)[1](y)
    for found, full, asked in zip(vjp(y), expected, wanted, strict=True):
        assert (found is not None) == asked
        assert not asked or np.array_equal(found, full)


@every_kernel
def test_without_a_wanted_gradient_no_weights_are_kept(op, kernel, rng):
    q, k, v = operands(rng)
    y, vjp = kernel(q, k, v, wanted=(False,) * 3)
    held = dict(zip(vjp.__code__.co_freevars, vjp.__closure__, strict=True))
    assert held["p"].cell_contents is None
    assert np.array_equal(y, kernel(q, k, v)[0])


@every_kernel
def test_the_heads_merge_without_a_copy(op, kernel, rng):
    y, vjp = kernel(*operands(rng))
    merged = y.swapaxes(1, 2)
    assert merged.flags.c_contiguous
    assert all(g.swapaxes(1, 2).flags.c_contiguous for g in vjp(y))


@every_kernel
@pytest.mark.parametrize("size", [3.0, 30.0, 1e4, 1e15, 1e25])
def test_scores_that_are_not_small_are_the_rules(op, kernel, size, rng):
    q, k, v = operands(rng)
    mask = rng.random((T, S)) < 0.7
    with np.errstate(all="ignore"):
        expected = rule(q * np.float32(size), k, v, mask=mask)[0]
        found = kernel(q * np.float32(size), k, v, mask=mask)[0]
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-6)


@every_kernel
def test_scores_that_overflow_are_the_rules(op, kernel, rng):
    q, k, v = operands(rng)
    q[0, 0, 3] = k[0, 0, 5] = np.float32(1e20)
    with np.errstate(all="ignore"):
        expected, found = (f(q, k, v) for f in (rule, kernel))
    assert np.isnan(expected[0]).any()
    np.testing.assert_array_equal(found[0], expected[0])


@every_kernel
@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_what_is_not_finite_behind_a_mask_stays_there(op, kernel, odd, place, rng):
    q, k, v = operands(rng)
    spoiled = [x.copy() for x in (q, k, v)]
    spoiled[place][0, 0, -1] = odd
    mask = np.ones((T, S), dtype=bool)
    mask[:, -1] = False
    g = np.ones_like(heads(rng, T, V))
    expected = rule(*spoiled, mask=mask)
    found = kernel(*spoiled, mask=mask)
    np.testing.assert_array_equal(found[0], expected[0])
    for a, b in zip(found[1](g), expected[1](g), strict=True):
        np.testing.assert_array_equal(a, b)


@every_kernel
def test_a_bias_and_stretched_heads_are_the_rules(op, kernel, rng):
    q, k, v = operands(rng)
    bias = rng.standard_normal((T, S)).astype(np.float32)
    assert_parity(rule, kernel, q, k, v, bias)
    assert_parity(rule, kernel, q, k[:1], v[:1])
    assert_parity(rule, kernel, q[:, :, :, :], k[:, :1], v[:, :1])


@every_kernel
def test_masks_that_do_not_fit_are_refused_in_the_same_words(op, kernel, rng):
    for mask in (np.ones((T, S)), np.ones((B, T, S), dtype=bool), np.ones((T, 3), dtype=bool)):
        with pytest.raises((TypeError, ValueError)) as expected:
            rule(*operands(rng), mask=mask)
        with pytest.raises(expected.type, match=r"^attention: mask") as found:
            kernel(*operands(rng), mask=mask)
        assert str(found.value) == str(expected.value)


@every_kernel
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_values_far_from_zero_are_the_rules(op, kernel, sign, rng):
    """``g·y`` cancels against ``g·v``, with twice the error of the sum over the keys."""
    q, k, v = operands(rng)
    v = v + np.float32(sign * 2.0 * FARTHEST)
    g = rng.standard_normal((*q.shape[:3], V)).astype(np.float32)
    for a, b in zip(kernel(q, k, v)[1](g), rule(q, k, v)[1](g), strict=True):
        np.testing.assert_array_equal(a, b)
