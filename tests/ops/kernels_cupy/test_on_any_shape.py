"""Kernels for devices against their rules: any shape, extreme numbers, ignored and odd targets."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minillm import ops
from minillm.ops import kernels_cupy
from tests.cuda_on_host.raw_module import needs_gxx
from tests.ops.kernels_cupy.on_host import assert_parity
from tests.strict import strict

pytestmark = needs_gxx
KERNELS = {
    kernel.__name__: (table, kernel) for table, _, kernel in kernels_cupy.kernels_for(strict)
}
DTYPES = st.sampled_from([np.float32, np.float64])
SEEDS = st.integers(0, 2**32 - 1)
ROWS = st.sampled_from([0, 1, 2, 5, 67])  # 67: more than one thread adds up for a gain
WIDTHS = st.sampled_from([1, 2, 7, 255, 256, 257, 600])  # blocks have 256 threads
SIZES = st.sampled_from([1e-30, 1e-3, 1.0, 30.0, 1e4, 1e20])
ODD = [0.0, -0.0, np.inf, -np.inf, np.nan]
few = settings(max_examples=8)


def numbers(shape, dtype, seed, size=1.0, odd=False):
    """Normal numbers of a size, some of them odd if that is asked for."""
    rng = np.random.default_rng(seed)
    x = np.asarray(size * rng.standard_normal(shape)).astype(dtype)
    if odd and x.size:
        x.flat[rng.integers(x.size)] = rng.choice(ODD)
    return x


@few
@given(dtype=DTYPES, seed=SEEDS, n_rows=ROWS, width=WIDTHS, size=SIZES, odd=st.booleans())
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax(name, dtype, seed, n_rows, width, size, odd):
    x = numbers((n_rows, width), dtype, seed, size, odd)
    assert_parity(getattr(ops, name), KERNELS[f"{name}_on_device"][1], x)


@few
@given(dtype=DTYPES, seed=SEEDS, shape=st.sampled_from([(), (0,), (1,), (255,), (3, 171)]),
       size=SIZES, odd=st.booleans())  # fmt: skip
@pytest.mark.parametrize("name", ["gelu", "gelu_tanh"])
def test_gelu(name, dtype, seed, shape, size, odd):
    x = numbers(shape, dtype, seed, size, odd)
    assert_parity(getattr(ops, name), KERNELS[f"{name}_on_device"][1], x)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["gelu", "gelu_tanh"])
def test_far_from_zero_gelu_is_0_or_its_argument(name, dtype):
    x = np.array([-np.inf, -1e30, -41, -39, 39, 41, 1e30, np.inf, np.nan], dtype)
    assert_parity(getattr(ops, name), KERNELS[f"{name}_on_device"][1], x)


@few
@given(dtype=DTYPES, seed=SEEDS, n_rows=ROWS, width=WIDTHS, size=SIZES, far=st.booleans(),
       eps=st.sampled_from([1e-5, 0.1]))  # fmt: skip
@pytest.mark.parametrize("name", ["layer_norm", "rms_norm"])
def test_normalization(name, dtype, seed, n_rows, width, size, far, eps):
    x = numbers((n_rows, width), dtype, seed, size)
    x += dtype(100 * size if far else 0)
    gain, bias = (numbers(width, dtype, seed + i) for i in (1, 2))
    operands = (x, gain, bias)[: 3 if name == "layer_norm" else 2]
    assert_parity(getattr(ops, name), KERNELS[f"{name}_on_device"][1], *operands, eps=eps)


@pytest.mark.parametrize(("size", "eps"), [(1e25, 1e-5), (1e-25, 1e-60)])
@pytest.mark.parametrize("name", ["layer_norm", "rms_norm"])
def test_squares_of_a_normalization_neither_overflow_nor_vanish(name, size, eps):
    x, gain, bias = (numbers(s, np.float32, 3) for s in ((3, 7), 7, 7))
    operands = (np.float32(size) * x, gain, bias)[: 3 if name == "layer_norm" else 2]
    found, _ = KERNELS[f"{name}_on_device"][1](*map(strict.asarray, operands), eps=eps)
    truth, _ = getattr(ops, name).rule(*(a.astype(float) for a in operands), eps=eps)
    np.testing.assert_allclose(found._host, truth, rtol=1e-5, atol=1e-5)


@few
@given(dtype=DTYPES, seed=SEEDS, n_rows=ROWS, width=WIDTHS, size=SIZES, odd=st.booleans(),
       reduction=st.sampled_from(["mean", "sum", "none"]),
       ignored=st.sampled_from([0.0, 0.5, 1.0]))  # fmt: skip
def test_cross_entropy(dtype, seed, n_rows, width, size, odd, reduction, ignored):
    rng = np.random.default_rng(seed)
    logits = numbers((n_rows, width), dtype, seed, size, odd)
    targets = rng.integers(width, size=n_rows)
    targets[rng.random(n_rows) < ignored] = -100
    given = {"targets": targets, "reduction": reduction}
    assert_parity(ops.cross_entropy, KERNELS["cross_entropy_on_device"][1], logits, **given)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_logits_of_an_ignored_target_reach_nothing(odd, rng):
    logits = rng.standard_normal((4, 300))
    logits[[0, 2], [7, 299]] = odd
    targets = np.array([-100, 3, -100, 299])
    kernel = KERNELS["cross_entropy_on_device"][1]
    for reduction in ("mean", "sum", "none"):
        assert_parity(ops.cross_entropy, kernel, logits, targets=targets, reduction=reduction)
    loss, vjp = kernel(strict.asarray(logits), targets=strict.asarray(targets))
    grad = vjp(strict.asarray(1.0))[0]._host
    assert np.isfinite(loss._host)
    assert not grad[[0, 2]].any()


def test_a_device_target_outside_the_classes_counts_from_the_end_as_with_the_rule(rng):
    logits = strict.asarray(rng.standard_normal((4, 5)))
    targets = strict.asarray(np.array([-1, 5, 12, -7]))
    pairs = [
        function(logits, targets=targets, reduction="none")
        for function in (ops.cross_entropy.rule, KERNELS["cross_entropy_on_device"][1])
    ]
    (expected, expected_vjp), (found, vjp) = pairs
    np.testing.assert_allclose(found._host, expected._host, rtol=1e-13)
    g = strict.asarray(rng.standard_normal(4))
    np.testing.assert_allclose(vjp(g)[0]._host, expected_vjp(g)[0]._host, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("width", [7, 300])
def test_a_mean_far_from_zero_costs_no_more_digits_than_it_must(width, rng):
    """A mean near 1000 is off by half a unit in its last place, 3e-5, and no more."""
    x = (1000 + rng.standard_normal((60, width))).astype(np.float32)
    gain, bias = np.ones(width, np.float32), np.zeros(width, np.float32)
    found, _ = KERNELS["layer_norm_on_device"][1](*map(strict.asarray, (x, gain, bias)))
    truth, _ = ops.layer_norm.rule(x.astype(float), gain.astype(float), bias.astype(float))
    off = np.abs(found._host - truth) * x.astype(float).std(axis=1, keepdims=True)
    assert off.max() < 1.1 * 2.0**-15


@few
@given(dtype=DTYPES, seed=SEEDS, n_rows=st.sampled_from([1, 5, 19]), width=WIDTHS,
       n_ids=st.sampled_from([0, 1, 9, 256, 300]), padded=st.booleans(),
       kind=st.sampled_from([np.uint8, np.int32, np.int64]))  # fmt: skip
def test_embedding(dtype, seed, n_rows, width, n_ids, padded, kind):
    rng = np.random.default_rng(seed)
    table, ids = numbers((n_rows, width), dtype, seed), rng.integers(n_rows, size=n_ids)
    settings = {"ids": ids.astype(kind), "padding_idx": n_rows - 1 if padded else None}
    assert_parity(ops.embedding, KERNELS["embedding_on_device"][1], table, **settings)


def test_the_gradient_of_an_embedding_adds_up_in_the_order_of_the_ids(rng):
    """To the bit what the host adds up: no atomics, and no order of its own."""
    table = rng.standard_normal((3, 300)).astype(np.float32)
    ids, g = rng.integers(3, size=500), rng.standard_normal((500, 300)).astype(np.float32)
    found = KERNELS["embedding_on_device"][1](strict.asarray(table), ids=strict.asarray(ids))
    expected = ops.embedding.rule(table, ids=ids)[1](g)[0]
    np.testing.assert_array_equal(found[1](strict.asarray(g))[0]._host, expected)


def test_only_what_is_wanted_of_a_normalization_is_computed(rng):
    x, gain, bias = (strict.asarray(rng.standard_normal(s)) for s in ((5, 7), 7, 7))
    kernel = KERNELS["layer_norm_on_device"][1]
    full = kernel(x, gain, bias)[1](x)
    for i in range(3):
        wanted = tuple(i == j for j in range(3))
        for j, found in enumerate(kernel(x, gain, bias, wanted=wanted)[1](x)):
            assert (found is not None) == (i == j)
            assert i != j or np.array_equal(found._host, full[j]._host)
