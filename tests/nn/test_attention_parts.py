"""The parts and sizes that attention may have: shared keys, own widths, causal, any axes."""

import numpy as np
import pytest

from minillm.autograd import Tensor
from minillm.nn import AlibiBias, MultiHeadAttention, RotaryPositions, causal_mask
from tests.nn.checks import check_layer, dtypes_of_output_and_gradients, scrambled, values

B, T, S, H, D = 2, 4, 5, 6, 12


def fresh(rng, **settings):
    """Six heads with random weights and biases."""
    return scrambled(MultiHeadAttention(D, H, rng=rng, **settings), rng)


@pytest.mark.parametrize("n_key_heads", [1, 2, 3, 6])
@pytest.mark.parametrize("head_width", [None, 5])
def test_heads_that_share_keys_equal_heads_whose_keys_are_copies(n_key_heads, head_width, rng):
    layer = fresh(rng, n_key_heads=n_key_heads, head_width=head_width)
    width = head_width or D // H
    assert layer.key.weight.shape == layer.value.weight.shape == (n_key_heads * width, D)
    plain = fresh(rng, head_width=head_width)
    state = layer.state_dict()
    for name, array in state.items():
        if name.startswith(("key", "value")):
            heads = array.reshape(n_key_heads, width, *array.shape[1:])
            state[name] = np.repeat(heads, H // n_key_heads, axis=0).reshape(
                H * width, *array.shape[1:]
            )
    plain.load_state_dict(state)
    x, memory = rng.standard_normal((B, T, D)), Tensor(rng.standard_normal((B, S, D)))
    expected = values(plain, x, memory=memory)
    np.testing.assert_allclose(values(layer, x, memory=memory), expected, rtol=0, atol=1e-12)
    looked = layer.weights(Tensor(x), memory)
    np.testing.assert_allclose(looked, plain.weights(Tensor(x), memory), rtol=0, atol=1e-14)


PARTS = {
    "shared keys": {"n_key_heads": 2},
    "no biases": {"bias": False},
    "own width": {"head_width": 5},
    "own scale": {"scale": 1.0},
    "causal": {"causal": True},
    "rotary": {"rotary": RotaryPositions(9, 2)},
    "falling scores": {"position_bias": AlibiBias(H)},
    "all": {"n_key_heads": 3, "bias": False, "causal": True, "rotary": RotaryPositions(9, 2)},
}
each_part = pytest.mark.parametrize("parts", PARTS.values(), ids=PARTS)


@each_part
def test_gradients_with_each_part(parts, rng):
    layer = MultiHeadAttention(D, H, rng=rng, **parts)
    assert check_layer(layer, rng.standard_normal((B, T, D)), rng) < 1e-6


@each_part
def test_float32_stays_float32_with_each_part(parts, rng):
    layer = MultiHeadAttention(D, H, rng=rng, dropout=0.2, **parts)
    x = rng.standard_normal((B, T, D)).astype(np.float32)
    kinds = dtypes_of_output_and_gradients(layer, x, mask=np.ones((T, T), dtype=bool))
    assert kinds == {np.dtype(np.float32)}


@each_part
@pytest.mark.parametrize("lead", [(), (3,), (2, 3)])
def test_any_leading_axes_will_do_and_a_sequence_alone_needs_none(parts, lead, rng):
    layer = fresh(rng, **parts)
    x = rng.standard_normal((*lead, T, D))
    found = values(layer, x)
    assert found.shape == x.shape
    assert layer.weights(Tensor(x)).shape == (*lead, H, T, T)
    for place in np.ndindex(*lead):
        alone = values(layer, x[place])
        np.testing.assert_allclose(found[place], alone, rtol=0, atol=1e-12)


def test_one_vector_without_positions_is_refused_in_words(rng):
    with pytest.raises(ValueError, match=r"needs the axes \(..., positions, features\), got \(12"):
        fresh(rng)(Tensor(np.zeros(D)))


def test_causal_attention_is_attention_under_the_causal_mask(rng):
    causal, plain = fresh(rng, causal=True), fresh(rng)
    plain.load_state_dict(causal.state_dict())
    x = rng.standard_normal((B, T, D))
    expected = values(plain, x, mask=causal_mask(T))
    np.testing.assert_array_equal(values(causal, x), expected)
    np.testing.assert_array_equal(
        causal.weights(Tensor(x)), plain.weights(Tensor(x), mask=causal_mask(T))
    )


def test_causal_queries_are_the_last_of_their_memory(rng):
    layer = fresh(rng, causal=True)
    x = rng.standard_normal((B, T, D))
    last = values(layer, x[:, -2:], memory=Tensor(x))
    np.testing.assert_allclose(last, values(layer, x)[:, -2:], rtol=0, atol=1e-12)
    with pytest.raises(ValueError, match="4 queries are not the last of 2 positions"):
        values(layer, x, memory=Tensor(x[:, :2]))


def test_a_mask_narrows_what_is_causal_and_never_widens_it(rng):
    layer = fresh(rng, causal=True)
    x = rng.standard_normal((B, T, D))
    np.testing.assert_array_equal(values(layer, x, mask=np.ones((T, T), bool)), values(layer, x))
    weights = layer.weights(Tensor(x), mask=np.array([True, False, True, True]))
    seen = np.broadcast_to(causal_mask(T) & [True, False, True, True], weights.shape)
    assert np.array_equal(weights > 0, seen)


@pytest.mark.parametrize("causal", [False, True])
def test_forward_and_weights_refuse_the_same_masks_in_the_same_words(causal, rng):
    layer = fresh(rng, causal=causal)
    x = Tensor(rng.standard_normal((H, T, D)))  # as many sentences as heads
    real = np.arange(T) < np.array([[4], [3], [4], [2], [1], [4]])
    for mask, message in [
        (np.where(causal_mask(T), 0.0, -np.inf), "must be boolean, True = may attend, got float64"),
        (causal_mask(T).astype(int), "must be boolean, True = may attend, got int64"),
        (causal_mask(T).tolist(), "must be boolean, True = may attend, got list"),
        (real[:, None] & causal_mask(T), r"mask \(6, 4, 4\) must have the axes .* mask\[:, None\]"),
        (real, r"mask \(6, 4\) does not broadcast to \(6, 6, 4, 4\)"),
    ]:
        for look in (layer, layer.weights):
            with pytest.raises((TypeError, ValueError), match=message):
                look(x, mask=mask)


def test_a_batch_of_another_dtype_is_refused_in_words(rng):
    layer = MultiHeadAttention(D, H, rng=rng)
    with pytest.raises(TypeError, match=r"x is float64, weight is float32.*model\.to_dtype"):
        layer(Tensor(np.zeros((T, D))))


@pytest.mark.parametrize("n_key_heads", [0, 4, 12])
def test_heads_that_cannot_share_their_keys_are_refused(n_key_heads, rng):
    with pytest.raises(ValueError, match=f"6 heads cannot share {n_key_heads} heads of keys"):
        MultiHeadAttention(D, H, rng=rng, n_key_heads=n_key_heads)


def test_a_position_bias_of_other_heads_is_refused(rng):
    layer = MultiHeadAttention(D, H, rng=rng, position_bias=AlibiBias(4))
    with pytest.raises(ValueError, match=r"bias \(4, 4, 4\) does not broadcast to \(6, 4, 4\)"):
        layer(Tensor(np.zeros((T, D), dtype=np.float32)))


def test_the_seed_gives_the_weights_that_it_gave_without_any_part(rng):
    """Parts draw nothing: models of one seed differ by their parts alone."""
    plain, parted = (
        MultiHeadAttention(D, H, rng=np.random.default_rng(3), **settings).state_dict()
        for settings in ({}, PARTS["rotary"] | PARTS["causal"])
    )
    for name, array in plain.items():
        np.testing.assert_array_equal(parted[name], array)


def test_one_text_may_read_a_batch_of_memories_also_with_dropout(rng):
    layer = MultiHeadAttention(D, H, rng=rng, dropout=0.4)
    x, memory = (rng.standard_normal(shape).astype(np.float32) for shape in [(T, D), (B, S, D)])
    found = values(layer, x, memory=Tensor(memory))
    assert found.shape == (B, T, D)
    assert layer.eval()(Tensor(x), Tensor(memory), mask=np.ones((B, 1, 1, S), bool)).shape == (
        B,
        T,
        D,
    )
    for b in range(B):
        alone = values(layer, x, memory=Tensor(memory[b]))
        np.testing.assert_allclose(values(layer, x, memory=Tensor(memory))[b], alone, atol=1e-6)
