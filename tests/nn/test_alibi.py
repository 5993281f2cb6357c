"""B = 2, H = 3 heads of width K = 5 (D = 15), T = 4 positions; 7 of a longer text."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.autograd import Tensor
from minillm.nn import AlibiBias, MultiHeadAttention, alibi_bias, alibi_slopes, causal_mask
from minillm.nn.attention import merge_heads, split_heads
from tests.nn.checks import check_layer, dtypes_of_output_and_gradients, scrambled, values
from tests.strict import SYNCS, StrictArray, strict

B, H, T, D = 2, 3, 4, 15


def alibi(rng, **settings):
    """Attention whose scores fall off with the distance."""
    return MultiHeadAttention(D, H, rng=rng, position_bias=AlibiBias(H), **settings)


def test_the_slopes_of_the_papers_eight_and_sixteen_heads():
    assert alibi_slopes(8).tolist() == [2.0**-h for h in range(1, 9)]
    np.testing.assert_allclose(alibi_slopes(16), [2 ** (-h / 2) for h in range(1, 17)], rtol=1e-15)


@given(st.integers(1, 64))
def test_slopes_fall_geometrically_to_one_in_256(n_heads):
    slopes = alibi_slopes(n_heads)
    assert (len(slopes), slopes[-1]) == (n_heads, 2.0**-8)
    np.testing.assert_allclose(slopes[1:] / slopes[:-1], 2 ** (-8 / n_heads), rtol=1e-14)


def test_the_bias_of_one_head_by_hand():
    assert alibi_bias(1, 3, 3).tolist() == [
        [[-0.0, -1 / 256, -2 / 256], [-1 / 256, -0.0, -1 / 256], [-2 / 256, -1 / 256, -0.0]]
    ]


def test_fewer_queries_than_keys_are_the_last_positions():
    whole = alibi_bias(H, 7, 7)
    for n in (1, 3, 7):
        np.testing.assert_array_equal(alibi_bias(H, n, 7), whole[:, 7 - n :])


def test_the_bias_depends_on_the_distance_alone_and_on_the_head():
    """Every diagonal is constant."""
    bias = alibi_bias(H, 7, 7)
    for h in range(H):
        for d in range(-6, 7):
            diagonal = np.diagonal(bias[h], d)
            assert np.unique(diagonal).tolist() == [-alibi_slopes(H)[h] * abs(d)]


@pytest.mark.parametrize("n_heads", [0, -1])
def test_no_heads_are_refused(n_heads):
    with pytest.raises(ValueError, match=f"n_heads must be at least 1, got {n_heads}"):
        alibi_slopes(n_heads)


def test_more_queries_than_keys_are_refused(rng):
    with pytest.raises(ValueError, match="5 queries are not the last of 3 positions"):
        alibi_bias(H, 5, 3)
    layer = alibi(rng)
    with pytest.raises(ValueError, match="4 queries are not the last of 3 positions"):
        layer(*(Tensor(np.zeros((B, n, D), dtype=np.float32)) for n in (T, 3)))


def head_by_head(layer, x, mask):
    """Every head with its slope taken off, in loops."""
    s, width, outputs = layer.state_dict(), D // H, []
    for h in range(H):
        rows = slice(h * width, (h + 1) * width)
        q, k, v = (
            x @ s[f"{name}.weight"][rows].T + s[f"{name}.bias"][rows]
            for name in ("query", "key", "value")
        )
        scores = q @ k.swapaxes(-1, -2) / math.sqrt(width)
        for i, j in np.ndindex(T, T):
            scores[:, i, j] -= 2 ** (-8 * (h + 1) / H) * abs(i - j)
        scores = np.where(mask, scores, -np.inf)
        p = np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)
        outputs.append(p @ v)
    return np.concatenate(outputs, axis=-1) @ s["output.weight"].T + s["output.bias"]


@pytest.mark.parametrize("mask", [np.ones((T, T), dtype=bool), np.tri(T, dtype=bool)])
def test_it_equals_explicit_heads_with_falling_scores(mask, rng):
    layer = scrambled(alibi(rng), rng)
    x = rng.standard_normal((B, T, D))
    expected = head_by_head(layer, x, mask)
    np.testing.assert_allclose(values(layer, x, mask=mask), expected, rtol=0, atol=1e-12)


def test_gradients_of_all_weights_and_of_the_input(rng):
    x = rng.standard_normal((B, T, D))
    layer = alibi(rng)
    assert check_layer(layer, x, rng, mask=causal_mask(T)) < 1e-6


def test_float32_stays_float32_with_mask_and_dropout(rng):
    x = rng.standard_normal((B, T, D)).astype(np.float32)
    layer = alibi(rng, dropout=0.3)
    kinds = dtypes_of_output_and_gradients(layer, x, mask=causal_mask(T))
    assert kinds == {np.dtype(np.float32)}


def test_the_weights_that_are_looked_at_are_those_of_the_forward_pass(rng):
    layer = scrambled(alibi(rng), rng)
    x, mask = rng.standard_normal((B, T, D)), causal_mask(T)
    weights = layer.weights(Tensor(x), mask=mask)
    v = split_heads(layer.value(Tensor(x)), H).data
    mixed = layer.output(merge_heads(Tensor(weights @ v))).data
    np.testing.assert_array_equal(mixed, values(layer, x, mask=mask))


def test_equal_words_are_weighted_by_distance_alone(rng):
    """An exact example: with equal scores, neighbouring weights differ by the factor e^m."""
    layer = scrambled(alibi(rng), rng)
    x = np.broadcast_to(rng.standard_normal(D), (1, 7, D))
    weights = layer.weights(Tensor(x), mask=causal_mask(7))
    for h, m in enumerate(alibi_slopes(H)):
        row = weights[0, h, 6]
        np.testing.assert_allclose(row[1:] / row[:-1], math.exp(m), rtol=1e-12)


def test_a_shift_of_the_whole_text_is_invisible_and_its_order_is_not(rng):
    """Distances count, places do not, and the order is seen."""
    layer = scrambled(alibi(rng), rng)
    x = rng.standard_normal((B, T, D))
    shifted = np.concatenate([np.zeros((B, 3, D)), x], axis=1)
    moved = values(layer, shifted, mask=np.arange(T + 3) >= 3)[:, 3:]
    np.testing.assert_allclose(moved, values(layer, x), rtol=0, atol=1e-12)
    order = [2, 0, 3, 1]
    assert np.abs(values(layer, x[:, order]) - values(layer, x)[:, order]).max() > 0.01


def test_what_has_been_read_before_may_be_kept_as_memory(rng):
    """The last query alone, over all keys, is the last row of the whole."""
    layer = scrambled(alibi(rng), rng)
    x = rng.standard_normal((B, T, D))
    last = values(layer, x[:, -1:], memory=Tensor(x))
    np.testing.assert_allclose(last, values(layer, x)[:, -1:], rtol=0, atol=1e-12)


def test_no_length_is_unknown_to_it_and_nothing_more_is_learned(rng):
    layer, plain = alibi(rng), MultiHeadAttention(D, H, rng=rng)
    assert layer.parameter_count() == plain.parameter_count()
    assert values(layer, np.zeros((1, 100, D), dtype=np.float32)).shape == (1, 100, D)


def test_on_another_array_library_it_gives_the_same_bits_and_never_waits(rng):
    layer = scrambled(alibi(rng), rng)
    x = rng.standard_normal((B, T, D))
    here = values(layer, x)
    for parameter in layer.parameters():
        parameter.data = strict.asarray(parameter.data)
    SYNCS.clear()
    there = layer(Tensor(strict.asarray(x))).data
    assert (type(there), SYNCS) == (StrictArray, [])
    np.testing.assert_array_equal(there.get(), here)
