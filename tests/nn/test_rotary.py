"""B = 2, H = 3 heads of width K = 4 (D = 12), T = 5 queries, S = 7 keys."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.autograd import Tensor
from minillm.nn import EncoderBlock, MultiHeadAttention, RotaryPositions, sinusoids
from minillm.nn.attention import merge_heads, split_heads
from tests.nn.checks import check_layer, dtypes_of_output_and_gradients, scrambled, values
from tests.strict import SYNCS, StrictArray, strict

B, H, T, S, K, D = 2, 3, 5, 7, 4, 12


def rotary(length, rng, **settings):
    """Attention between queries and keys that have been turned to their positions."""
    turned = RotaryPositions(length, K)
    return MultiHeadAttention(D, H, rng=rng, rotary=turned, **settings)


def turned_by_hand(x, start=0):
    """Every pair as a complex number, multiplied by e^(ia)."""
    y = np.empty_like(x)
    for t in range(x.shape[-2]):
        for i in range(x.shape[-1] // 2):
            a = (start + t) / 10000 ** (2 * i / x.shape[-1])
            pair = x[..., t, 2 * i] + 1j * x[..., t, 2 * i + 1]
            pair = pair * complex(math.cos(a), math.sin(a))
            y[..., t, 2 * i], y[..., t, 2 * i + 1] = pair.real, pair.imag
    return y


def test_one_pair_by_hand():
    """(1, 0) and (0, 1) at positions 0 and 1, the first pair's angle being the position."""
    x = np.array([[1.0, 0.0], [1.0, 0.0]])
    y = values(RotaryPositions(2, 2), x)
    np.testing.assert_allclose(y, [[1, 0], [math.cos(1), math.sin(1)]], rtol=0, atol=1e-15)
    x = np.array([[0.0, 1.0], [0.0, 1.0]])
    y = values(RotaryPositions(2, 2), x)
    np.testing.assert_allclose(y, [[0, 1], [-math.sin(1), math.cos(1)]], rtol=0, atol=1e-15)


def test_it_equals_a_multiplication_of_complex_numbers(rng):
    x = rng.standard_normal((B, H, T, K))
    for start in (0, 2):
        found = RotaryPositions(7, K)(Tensor(x), start=start).data
        np.testing.assert_allclose(found, turned_by_hand(x, start), rtol=0, atol=1e-14)


def test_a_rotation_changes_no_length_and_position_zero_nothing(rng):
    x = rng.standard_normal((B, H, T, K))
    y = values(RotaryPositions(T, K), x)
    np.testing.assert_array_equal(y[..., 0, :], x[..., 0, :])
    np.testing.assert_allclose(np.sum(y * y, axis=-1), np.sum(x * x, axis=-1), rtol=1e-13)
    assert np.abs(y - x)[..., 1:, :].max() > 0.1


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 20), st.integers(0, 2**32 - 1))
def test_scores_depend_on_the_distance_alone(i, j, further, seed):
    """q at i and k at j give what they give when both stand ``further`` on."""
    q, k = np.random.default_rng(seed).standard_normal((2, 1, 6))
    positions = RotaryPositions(61, 6)

    def score(i, j):
        return (positions(Tensor(q), start=i).data @ positions(Tensor(k), start=j).data.T).item()

    assert score(i + further, j + further) == pytest.approx(score(i, j), abs=1e-12)


def test_scores_of_one_query_differ_by_distance_as_a_cosine():
    """An exact example: q = k = (1, 0) at distance d score cos d."""
    positions = RotaryPositions(9, 2)
    unit = Tensor(np.tile([1.0, 0.0], (9, 1)))
    scores = (positions(unit) @ positions(unit).T).data
    distances = np.arange(9)[:, None] - np.arange(9)
    np.testing.assert_allclose(scores, np.cos(distances), rtol=0, atol=1e-14)


def test_added_positions_are_not_relative_in_this_sense(rng):
    """The property is worth a test: sinusoids that are added violate it."""
    q, k = rng.standard_normal((2, 6))
    table = sinusoids(20, 6)
    near, far = ((q + table[i]) @ (k + table[i + 2]) for i in (0, 17))
    assert abs(near - far) > 0.1


def test_gradients_of_the_rotation(rng):
    assert check_layer(RotaryPositions(T, K), rng.standard_normal((B, H, T, K)), rng) < 1e-6


def test_the_gradient_is_turned_back(rng):
    x = Tensor(rng.standard_normal((T, K)), requires_grad=True)
    g = rng.standard_normal((T, K))
    RotaryPositions(T, K)(x).backward(g)
    np.testing.assert_allclose(turned_by_hand(x.grad), g, rtol=0, atol=1e-14)


def test_float32_stays_float32(rng):
    x = rng.standard_normal((B, H, T, K)).astype(np.float32)
    assert dtypes_of_output_and_gradients(RotaryPositions(T, K), x) == {np.dtype(np.float32)}
    layer = rotary(T, rng, dropout=0.3)
    x = rng.standard_normal((B, T, D)).astype(np.float32)
    assert dtypes_of_output_and_gradients(layer, x) == {np.dtype(np.float32)}


def test_nothing_is_learned():
    assert RotaryPositions(T, K).parameters() == []


@pytest.mark.parametrize(("length", "width"), [(7, 5), (7, 0), (0, 6)])
def test_an_odd_width_or_no_position_is_refused(length, width):
    with pytest.raises(ValueError, match=f"width even, got {length} and {width}"):
        RotaryPositions(length, width)


def test_positions_beyond_the_table_are_refused():
    positions, x = RotaryPositions(7, K), Tensor(np.zeros((5, K)))
    assert positions(x, start=2).shape == (5, K)
    with pytest.raises(ValueError, match=r"sequence length 5 is not in 1\.\.4"):
        positions(x, start=3)
    with pytest.raises(ValueError, match=r"sequence length 0 is not in 1\.\.7"):
        positions(Tensor(np.zeros((0, K))))
    with pytest.raises(ValueError, match="start must be at least 0, got -1"):
        positions(x, start=-1)


def test_another_width_is_refused():
    with pytest.raises(ValueError, match=r"x \(\.\.\., T, 4\), got \(5, 6\)"):
        RotaryPositions(7, K)(Tensor(np.zeros((5, 6))))


def head_by_head(layer, x, memory):
    """Every head with its queries and keys turned by hand."""
    s, outputs = layer.state_dict(), []
    for h in range(H):
        rows = slice(h * K, (h + 1) * K)
        q, k, v = (
            source @ s[f"{name}.weight"][rows].T + s[f"{name}.bias"][rows]
            for name, source in (("query", x), ("key", memory), ("value", memory))
        )
        turned = turned_by_hand(q, memory.shape[1] - x.shape[1])  # the last of the positions
        scores = turned @ turned_by_hand(k).swapaxes(-1, -2) / math.sqrt(K)
        p = np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)
        outputs.append(p @ v)
    return np.concatenate(outputs, axis=-1) @ s["output.weight"].T + s["output.bias"]


def test_queries_and_keys_are_turned_and_values_are_not(rng):
    layer = scrambled(rotary(S, rng), rng)
    x, memory = rng.standard_normal((B, T, D)), rng.standard_normal((B, S, D))
    found = values(layer, x, memory=Tensor(memory))
    np.testing.assert_allclose(found, head_by_head(layer, x, memory), rtol=0, atol=1e-12)
    np.testing.assert_allclose(values(layer, x), head_by_head(layer, x, x), rtol=0, atol=1e-12)


def test_gradients_of_all_weights_and_of_the_input(rng):
    layer = rotary(T, rng)
    mask = np.tri(T, dtype=bool)
    assert check_layer(layer, rng.standard_normal((B, T, D)), rng, mask=mask) < 1e-6


def test_the_weights_that_are_looked_at_are_those_of_the_forward_pass(rng):
    layer = scrambled(rotary(T, rng), rng)
    x = rng.standard_normal((B, T, D))
    weights = layer.weights(Tensor(x))
    v = split_heads(layer.value(Tensor(x)), H).data
    mixed = layer.output(merge_heads(Tensor(weights @ v))).data
    np.testing.assert_array_equal(mixed, values(layer, x))


def test_a_shift_of_the_whole_text_is_invisible_and_its_order_is_not(rng):
    """With positions, attention is not permutation equivariant."""
    layer = scrambled(rotary(S, rng), rng)
    x = rng.standard_normal((B, T, D))
    shifted = np.concatenate([np.zeros((B, 2, D)), x], axis=1)
    mask = np.arange(T + 2) >= 2  # the two new positions are there and nobody sees them
    moved = values(layer, shifted, mask=mask)[:, 2:]
    np.testing.assert_allclose(moved, values(layer, x), rtol=0, atol=1e-12)
    order = [2, 0, 1, 4, 3]
    assert np.abs(values(layer, x[:, order]) - values(layer, x)[:, order]).max() > 0.01


def test_it_has_the_parameters_of_plain_attention_and_other_values(rng):
    plain, turned = MultiHeadAttention(D, H, rng=rng), rotary(T, rng)
    turned.load_state_dict(plain.state_dict())
    x = rng.standard_normal((B, T, D)).astype(np.float32)
    assert np.abs(values(plain, x) - values(turned, x)).max() > 1e-3
    np.testing.assert_array_equal(values(plain, x[:, :1]), values(turned, x[:, :1]))


@pytest.mark.parametrize("queries", [1, 2, T])
def test_the_last_queries_alone_are_the_last_rows_of_the_whole(queries, rng):
    """What has been read before is the memory, and the queries are the last of its positions."""
    layer = scrambled(rotary(S, rng), rng)
    x = rng.standard_normal((B, T, D))
    last = values(layer, x[:, T - queries :], memory=Tensor(x))
    np.testing.assert_allclose(last, values(layer, x)[:, T - queries :], rtol=0, atol=1e-12)


def test_where_the_text_starts_is_invisible_and_more_queries_than_positions_are_refused(rng):
    layer = scrambled(rotary(S, rng), rng)
    x = rng.standard_normal((B, T, D))
    moved = layer(Tensor(x), start=2).data
    np.testing.assert_allclose(moved, values(layer, x), rtol=0, atol=1e-12)
    looked = layer.weights(Tensor(x), start=2)
    np.testing.assert_allclose(looked, layer.weights(Tensor(x)), rtol=0, atol=1e-12)
    with pytest.raises(ValueError, match=r"sequence length 5 is not in 1\.\.4"):
        layer(Tensor(x), start=3)
    with pytest.raises(ValueError, match="5 queries are not the last of 3 positions"):
        layer(Tensor(x), Tensor(x[:, :3]))


def test_a_block_becomes_rotary_by_its_attention(rng):
    block = EncoderBlock(D, H, 7, rng=rng)
    block.attention = rotary(T, rng)
    scrambled(block, rng)
    x = rng.standard_normal((B, T, D))
    y = values(block.attention_norm, x + values(block.attention, x))
    z = values(block.feed_forward_norm, y + values(block.feed_forward, y))
    np.testing.assert_array_equal(values(block, x), z)
    names = [name for name, _ in block.named_parameters()]
    assert names[:2] == ["attention.query.weight", "attention.query.bias"]


def test_heads_of_odd_width_are_refused(rng):
    with pytest.raises(ValueError, match=r"RotaryPositions: .* got 5 and 3"):
        RotaryPositions(5, 3)
    layer = MultiHeadAttention(9, 3, rng=rng, rotary=RotaryPositions(5, 4))
    with pytest.raises(ValueError, match=r"needs x \(\.\.\., T, 4\), got \(1, 3, 2, 3\)"):
        layer(Tensor(np.zeros((1, 2, 9), dtype=np.float32)))


def test_on_another_array_library_it_gives_the_same_bits_and_never_waits(rng):
    layer = scrambled(rotary(T, rng), rng)
    x = rng.standard_normal((B, T, D))
    here = values(layer, x)
    for parameter in layer.parameters():
        parameter.data = strict.asarray(parameter.data)
    SYNCS.clear()
    there = layer(Tensor(strict.asarray(x))).data
    assert (type(there), SYNCS) == (StrictArray, [])
    np.testing.assert_array_equal(there.get(), here)
