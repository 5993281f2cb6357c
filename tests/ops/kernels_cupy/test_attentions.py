"""Attention tile by tile gives what the rule gives from all scores at once."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minillm import ops
from minillm.ops import scaled_dot_product_attention
from minillm.ops.kernels_cupy.attentions import WIDEST, attention_on_device
from tests.cuda_on_host import raw_module
from tests.cuda_on_host.raw_module import needs_gxx
from tests.ops.kernels_cupy.on_host import assert_parity, back, moved
from tests.strict import SYNCS, strict

pytestmark = needs_gxx
rule = scaled_dot_product_attention
SEEDS = st.integers(0, 2**32 - 1)
LENGTHS = st.sampled_from([1, 2, 15, 16, 17, 33])  # tiles have 16
MASKS = {
    "none": lambda rng, shape: None,
    "causal": lambda rng, shape: np.tril(np.ones(shape[2:], dtype=bool)),
    "keys": lambda rng, shape: np.arange(shape[3]) < rng.integers(0, shape[3] + 1),
    "padding": lambda rng, shape: rng.random((shape[0], 1, 1, shape[3])) < 0.6,
    "heads": lambda rng, shape: rng.random((1, *shape[1:])) < 0.6,
    "all": lambda rng, shape: rng.random(shape) < 0.3,
    "nothing": lambda rng, shape: np.zeros(shape[2:], dtype=bool),
}


def operands(rng, dtype, batch, heads, queries, keys, width, v_width, size=1.0):
    """As layers give them: views of (B, T, H, K)."""
    shapes = [(queries, width), (keys, width), (keys, v_width)]
    drawn = [rng.standard_normal((batch, n, heads, k)).astype(dtype) for n, k in shapes]
    drawn[0] *= dtype(size)
    return [x.swapaxes(1, 2) for x in drawn]


@settings(max_examples=15)
@given(
    seed=SEEDS, dtype=st.sampled_from([np.float32, np.float64]), queries=LENGTHS, keys=LENGTHS,
    widths=st.sampled_from([(1, 1), (3, 5), (16, 17), (64, 64)]),
    lead=st.sampled_from([(1, 1), (2, 3)]), mask=st.sampled_from([*MASKS]),
    dropout=st.sampled_from(["", "all", "keys"]),
    size=st.sampled_from([1e-3, 1.0, 30.0, 1e4]), scale=st.sampled_from([None, -0.3, 1.0]),
)  # fmt: skip
def test_parity(seed, dtype, queries, keys, widths, lead, mask, dropout, size, scale):
    rng, shape = np.random.default_rng(seed), (*lead, queries, keys)
    q, k, v = operands(rng, dtype, *lead, queries, keys, *widths, size)
    drawn = shape if dropout == "all" else (1, keys)
    keep = ((rng.random(drawn) < 0.7) / 0.7).astype(dtype) if dropout else None
    given = {"mask": MASKS[mask](rng, shape), "keep": keep, "scale": scale}
    assert_parity(rule, attention_on_device, q, k, v, tolerance=10, **given)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_widest_heads_are_for_the_kernel_and_wider_ones_for_the_rule(dtype, rng):
    widest = WIDEST[np.dtype(dtype).char]
    for width, v_width, by_rule in ((widest, widest, False), (widest + 1, 1, True), (1, 129, True)):
        x = operands(rng, dtype, 1, 1, 3, 18, width, v_width)
        assert_parity(rule, attention_on_device, *x, tolerance=10, by_rule=by_rule)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("hidden", [True, False])
def test_what_is_not_finite_reaches_only_who_looks_at_it(odd, place, hidden, rng):
    q, k, v = operands(rng, np.float64, 2, 2, 18, 20, 4, 3)
    x = (q, k, v)[place]
    x[0, 1, -1] = odd
    mask = np.ones((2, 1, 18, 20), dtype=bool)
    mask[0, :, :, -1] = not hidden
    mask[0, :, -1, :] = not hidden
    mask[..., 3] = False  # also beside what is odd
    assert_parity(rule, attention_on_device, q, k, v, mask=mask)
    if hidden:
        y, vjp = attention_on_device(*moved([q, k, v]), mask=strict.asarray(mask))
        found = [y, *vjp(strict.asarray(np.ones((2, 2, 18, 3))))]
        assert all(np.isfinite(back(x)).all() for x in found)


def test_a_weight_that_fades_to_nothing_takes_an_odd_value_along(rng):
    """The first keys' scores are far below the last one's, so that their weights end as 0."""
    q, k, v = operands(rng, np.float64, 1, 1, 2, 40, 1, 2)
    q[...], k[...] = 1.0, 0.0
    k[0, 0, -1] = 5000.0
    v[0, 0, 3] = np.nan
    assert_parity(rule, attention_on_device, q, k, v)
    y, _ = attention_on_device(*moved([q, k, v]))
    np.testing.assert_allclose(back(y)[0, 0], np.tile(v[0, 0, -1], (2, 1)))


def test_an_odd_cotangent_is_seen_in_the_gradients(rng):
    q, k, v = moved(operands(rng, np.float64, 1, 1, 3, 5, 2, 2))
    g = np.ones((1, 1, 3, 2))
    g[0, 0, 1, 1] = np.nan
    expected = rule.rule(*(x._host for x in (q, k, v)))[1](g)
    for a, b in zip(attention_on_device(q, k, v)[1](strict.asarray(g)), expected, strict=True):
        np.testing.assert_allclose(back(a), b, atol=1e-12)


def test_only_what_is_wanted_is_computed(rng):
    q, k, v = moved(operands(rng, np.float64, 1, 2, 5, 18, 4, 3))
    g = strict.asarray(rng.standard_normal((1, 2, 5, 3)))
    full = attention_on_device(q, k, v)[1](g)
    for i in range(3):
        wanted = tuple(i == j for j in range(3))
        raw_module.LAUNCHES.clear()
        found = attention_on_device(q, k, v, wanted=wanted)[1](g)
        launched = [name.rpartition("_")[2] for name in raw_module.LAUNCHES[1:]]
        assert launched == [["queries"], ["queries", "keys"], ["keys"]][i]
        for j, share in enumerate(found):
            assert (share is not None) == (i == j)
            assert i != j or np.array_equal(share._host, full[j]._host)


def test_no_array_of_all_scores_is_made(rng, monkeypatch):
    made = []
    real = strict.empty
    monkeypatch.setattr(
        strict, "empty", lambda shape, dtype: made.append(shape) or real(shape, dtype)
    )
    q, k, v = moved(operands(rng, np.float64, 2, 3, 33, 34, 4, 3))
    y, vjp = attention_on_device(q, k, v)
    vjp(y)
    assert max(np.prod(shape) for shape in made) < 2 * 3 * 33 * 34


def test_a_bias_and_what_does_not_fit_are_the_rules(rng):
    q, k, v = operands(rng, np.float64, 2, 2, 5, 6, 4, 3)
    bias = rng.standard_normal((5, 6))
    assert_parity(rule, attention_on_device, q, k, v, bias, by_rule=True)
    assert_parity(rule, attention_on_device, q, k[:1], v[:1], by_rule=True)
    assert_parity(rule, attention_on_device, q[0], k[0], v[0], by_rule=True)


@pytest.mark.parametrize(
    "settings",
    [
        {"mask": np.ones((5, 6))},
        {"mask": np.ones((2, 5, 6), dtype=bool)},
        {"mask": np.ones((5, 7), dtype=bool)},
        {"keep": np.ones((2, 5, 6))},
        {"keep": np.ones((5, 7))},
        {"scale": np.ones(2)},
    ],
)
@pytest.mark.parametrize("move", [moved, dict], ids=["device", "host"])
def test_settings_that_do_not_fit_are_refused_in_the_rules_words(settings, move, rng):
    q, k, v = moved(operands(rng, np.float64, 2, 2, 5, 6, 4, 3))
    refusals = []
    for function in (rule.rule, attention_on_device):
        with pytest.raises((TypeError, ValueError)) as refusal:
            function(q, k, v, **move(settings))
        refusals.append((refusal.type, str(refusal.value)))
    assert refusals[0] == refusals[1]


def test_a_host_waits_for_nothing(rng):
    q, k, v = moved(operands(rng, np.float32, 1, 2, 5, 6, 4, 3))
    SYNCS.clear()
    y, vjp = attention_on_device(q, k, v, mask=strict.asarray(np.tri(5, 6) > 0))
    vjp(y)
    assert SYNCS == []
    assert y.dtype == np.float32
    assert ops.scaled_dot_product_attention is rule
