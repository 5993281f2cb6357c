"""B = 2, T = 3 queries, S = 5 keys, H = 7 heads of width K = 11, D = 77: no wrong axis fits."""

import numpy as np
import pytest

from minillm.autograd import Tensor, gradients_of
from minillm.nn import DecoderBlock, EncoderBlock, LearnedPositions, MultiHeadAttention
from minillm.ops import scaled_dot_product_attention
from tests.nn.checks import check_layer, dtypes_of_output_and_gradients, scrambled, values

B, T, S, H, D = 2, 3, 5, 7, 77


@pytest.fixture
def layer(rng):
    """Seven heads with random weights and biases."""
    return scrambled(MultiHeadAttention(D, H, rng=rng), rng)


@pytest.fixture
def x(rng):
    """The queries' side."""
    return rng.standard_normal((B, T, D))


@pytest.fixture
def memory(rng):
    """The keys' side."""
    return rng.standard_normal((B, S, D))


def head_by_head(layer, x, memory, mask):
    """Every head of every sentence on its own, concatenated, mixed: outputs and weights."""
    state, width = layer.state_dict(), D // H
    outputs, weights = np.zeros(x.shape), np.zeros((B, H, x.shape[1], memory.shape[1]))
    for b in range(B):
        heads = []
        for h in range(H):
            rows = slice(h * width, (h + 1) * width)
            q, k, v = (
                source[b] @ state[f"{name}.weight"][rows].T + state[f"{name}.bias"][rows]
                for name, source in (("query", x), ("key", memory), ("value", memory))
            )
            scores = np.where(mask[b, 0], q @ k.T / np.sqrt(width), -np.inf)
            p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
            weights[b, h] = p
            heads.append(p @ v)
        mixed = np.concatenate(heads, axis=1)
        outputs[b] = mixed @ state["output.weight"].T + state["output.bias"]
    return outputs, weights


@pytest.mark.guide("G18")
@pytest.mark.errata("A48")
def test_it_equals_seven_explicit_heads(layer, x, memory, rng):
    mask = rng.random((B, 1, T, S)) < 0.7
    mask[..., 0] = True
    outputs, weights = head_by_head(layer, x, memory, mask)
    attended = values(layer, x, memory=Tensor(memory), mask=mask)
    np.testing.assert_allclose(attended, outputs, rtol=0, atol=1e-12)
    looked = layer.weights(Tensor(x), Tensor(memory), mask=mask)
    np.testing.assert_allclose(looked, weights, rtol=0, atol=1e-14)


def test_one_head_between_identities_is_attention_itself(x, memory, rng):
    layer = scrambled(MultiHeadAttention(D, 1, rng=rng), rng)
    for linear in (layer.query, layer.key, layer.value, layer.output):
        linear.weight.data, linear.bias.data = np.eye(D), np.zeros(D)
    plain = scaled_dot_product_attention(x, memory, memory).data
    np.testing.assert_allclose(values(layer, x, memory=Tensor(memory)), plain, rtol=1e-12)


def test_without_memory_a_sentence_attends_to_itself(layer, x):
    np.testing.assert_array_equal(values(layer, x), values(layer, x, memory=Tensor(x)))


def test_weights_sum_to_one_over_the_keys_and_are_zero_where_masked(layer, x, memory, rng):
    mask = rng.random((B, 1, T, S)) < 0.7
    mask[..., 0] = True
    weights = layer.weights(Tensor(x), Tensor(memory), mask=mask)
    assert weights.shape == (B, H, T, S)
    np.testing.assert_allclose(weights.sum(axis=-1), 1.0, rtol=1e-14)
    assert np.all(weights[~np.broadcast_to(mask, weights.shape)] == 0.0)


def test_looking_at_weights_records_nothing_and_draws_nothing(x, rng, monkeypatch):
    layer = MultiHeadAttention(D, H, rng=rng, dropout=0.5).to_dtype(np.float64)
    recorded = []
    project = layer.query.forward
    monkeypatch.setattr(
        layer.query, "forward", lambda x: (q := project(x), recorded.append(q.requires_grad))[0]
    )
    weights = layer.weights(Tensor(x))
    np.testing.assert_array_equal(weights, layer.weights(Tensor(x)))
    assert isinstance(weights, np.ndarray)
    assert recorded == [False, False]
    assert layer.dropout.calls == 0
    assert layer(Tensor(x)).requires_grad  # recording is on again


def test_gradients_of_all_weights_and_of_the_input(layer, x, memory, rng):
    mask = rng.random((B, 1, T, T)) < 0.7
    assert check_layer(layer, x, rng, mask=mask) < 1e-6
    assert check_layer(layer, x, rng, memory=Tensor(memory)) < 1e-6


def test_float32_stays_float32_with_mask_and_dropout(x, rng):
    layer = MultiHeadAttention(D, H, rng=rng, dropout=0.3)
    mask = np.array([True, True, False])
    kinds = dtypes_of_output_and_gradients(layer, x.astype(np.float32), mask=mask)
    assert kinds == {np.dtype(np.float32)}


def test_a_mask_of_nothing_but_true_is_no_mask(layer, x):
    whole = np.ones((B, 1, 1, T), dtype=bool)
    np.testing.assert_array_equal(values(layer, x, mask=whole), values(layer, x))


def test_true_in_the_mask_means_may_attend(layer, x):
    """With key 1 alone allowed, every query returns the value of position 1."""
    only = np.array([False, True, False])
    alone = values(layer, x, memory=Tensor(x[:, 1:2]))
    np.testing.assert_allclose(values(layer, x, mask=only), alone, rtol=0, atol=1e-12)


@pytest.mark.parametrize("size", [0.0, 1.0, 1e6])
def test_masked_padding_of_any_length_and_content_changes_nothing(size, layer, x, rng):
    padding = size * rng.standard_normal((B, 4, D))
    padded = np.concatenate([x, padding], axis=1)
    mask = np.array([True] * T + [False] * 4)
    kept = values(layer, padded, mask=mask)[:, :T]
    np.testing.assert_allclose(kept, values(layer, x), rtol=0, atol=1e-12)
    unmasked = values(layer, padded)[:, :T]
    assert np.abs(unmasked - values(layer, x)).max() > 1e-3  # the mask did that


@pytest.mark.fault(16)
def test_a_sentence_without_any_real_position_is_finite_and_poisons_nothing(layer, x):
    mask = np.array([[True] * T, [False] * T])[:, None, None, :]
    output = layer(Tensor(x), mask=mask)
    np.testing.assert_array_equal(output.data[1], np.broadcast_to(layer.output.bias.data, (T, D)))
    np.testing.assert_allclose(output.data[0], values(layer, x[:1])[0], rtol=0, atol=1e-12)
    for gradient in gradients_of((output * output).sum(), layer.parameters()):
        assert np.all(np.isfinite(gradient))


@pytest.mark.guide("G13")
@pytest.mark.errata("A33")
def test_without_positions_the_order_of_the_words_is_invisible(layer, x):
    order = [2, 0, 1]
    moved = values(layer, x[:, order])
    np.testing.assert_allclose(moved, values(layer, x)[:, order], rtol=0, atol=1e-12)


@pytest.mark.errata("A33")
def test_with_positions_the_order_of_the_words_matters(layer, x, rng):
    positions = scrambled(LearnedPositions(T, D, rng=rng), rng)
    order = [2, 0, 1]
    moved = values(layer, values(positions, x[:, order]))
    kept = values(layer, values(positions, x))[:, order]
    assert np.abs(moved - kept).max() > 0.01


def test_the_order_of_the_keys_is_invisible(layer, x, memory):
    order = [3, 1, 4, 0, 2]
    moved = values(layer, x, memory=Tensor(memory[:, order]))
    kept = values(layer, x, memory=Tensor(memory))
    np.testing.assert_allclose(moved, kept, rtol=0, atol=1e-12)


def test_a_sentence_alone_equals_itself_in_a_batch(layer, x):
    together = values(layer, x)
    for b in range(B):
        np.testing.assert_allclose(values(layer, x[b : b + 1])[0], together[b], rtol=0, atol=1e-12)


def dependence(attend, x):
    """``[i, j]``: does output i change when input j does?"""
    before = attend(x)
    changed = np.zeros((len(x), len(x)), dtype=bool)
    for j in range(len(x)):
        touched = x.copy()
        touched[j] += 1.0
        changed[:, j] = np.any(attend(touched) != before, axis=-1)
    return changed


@pytest.mark.guide("G16", "G18")
@pytest.mark.errata("A27", "A34")
def test_heads_split_the_features_so_that_every_position_sees_every_position(rng):
    layer = scrambled(MultiHeadAttention(12, 4, rng=rng), rng)
    x = rng.standard_normal((8, 12))

    def split_features(x):
        return values(layer, x[None])[0]

    def split_sequence(x):  # the misreading: each "head" gets a quarter of the positions
        return np.concatenate([split_features(x[i : i + 2]) for i in range(0, 8, 2)])

    assert dependence(split_features, x).sum() == 64
    assert dependence(split_sequence, x).sum() == 16


@pytest.mark.guide("G18")
def test_the_number_of_parameters_does_not_depend_on_the_number_of_heads(rng):
    counts = {MultiHeadAttention(24, h, rng=rng).parameter_count() for h in (1, 2, 3, 8, 24)}
    assert counts == {4 * (24 * 24 + 24)}


def test_the_result_depends_on_the_number_of_heads(x, layer, rng):
    single = scrambled(MultiHeadAttention(D, 1, rng=rng), rng)
    single.load_state_dict(layer.state_dict())
    assert np.abs(values(single, x) - values(layer, x)).max() > 0.01


def test_dropout_falls_on_the_weights_in_training_only(x, rng):
    layer = scrambled(MultiHeadAttention(D, H, rng=rng, dropout=0.5), rng)
    first, second = values(layer, x), values(layer, x)
    assert np.abs(first - second).max() > 0.01
    assert layer.dropout.calls == 2
    layer.eval()
    plain = scrambled(MultiHeadAttention(D, H, rng=rng), rng)
    plain.load_state_dict(layer.state_dict())
    np.testing.assert_array_equal(values(layer, x), values(plain, x))


def test_with_every_weight_dropped_only_the_bias_is_left(layer, x, monkeypatch):
    monkeypatch.setattr(layer.dropout, "keep_factors", lambda shape, like: np.zeros(shape))
    np.testing.assert_array_equal(
        values(layer, x), np.broadcast_to(layer.output.bias.data, (B, T, D))
    )


@pytest.mark.fault(71)
@pytest.mark.parametrize(("width", "n_heads"), [(77, 5), (77, 0), (77, -7), (0, 1)])
def test_heads_that_do_not_divide_the_width_are_refused(width, n_heads, rng):
    message = f"width {width} does not split into {n_heads} equal heads"
    with pytest.raises(ValueError, match=message):
        MultiHeadAttention(width, n_heads, rng=rng)


@pytest.mark.fault(18)
@pytest.mark.parametrize(
    ("mask", "error", "message"),
    [
        (np.ones(T), TypeError, "mask must be boolean, True = may attend, got float64"),
        (np.ones(T, dtype=int), TypeError, "mask must be boolean"),
        (np.ones(T + 1, dtype=bool), ValueError, r"mask \(4,\) does not broadcast"),
    ],
)
def test_wrong_masks_are_refused(mask, error, message, layer, x):
    with pytest.raises(error, match=message):
        layer(Tensor(x), mask=mask)


def test_a_mask_in_the_place_of_the_memory_is_refused(layer, rng):
    x, mask = Tensor(rng.standard_normal((1, D, D))), np.ones((D, D), dtype=bool)
    block = scrambled(DecoderBlock(D, H, 7, rng=rng), rng)
    for wrong in (mask, mask.astype(np.float64), mask.tolist()):
        for call in (layer, layer.weights, block):
            with pytest.raises(TypeError, match=r"memory must be a Tensor, .* by name, mask="):
                call(x, wrong)
    with pytest.raises(TypeError, match=r"no cross-attention .* masks go by name"):
        EncoderBlock(D, H, 7, rng=rng)(x, mask)
