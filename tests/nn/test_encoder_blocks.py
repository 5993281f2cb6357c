import numpy as np
import pytest

from minillm.autograd import Tensor
from minillm.nn import EncoderBlock, PreNormEncoderBlock
from tests.nn.checks import check_layer, dtypes_of_output_and_gradients, scrambled, values

BLOCKS = [EncoderBlock, PreNormEncoderBlock]
MASK = np.array([[True] * 5, [True, True, True, False, False]])[:, None, None, :]


@pytest.fixture
def x(rng):
    """Two sentences of five positions, width 6."""
    return rng.standard_normal((2, 5, 6))


def test_the_block_of_bert_normalises_after_each_addition(x, rng):
    block = scrambled(EncoderBlock(6, 3, 7, rng=rng), rng)
    y = values(block.attention_norm, x + values(block.attention, x, mask=MASK))
    z = values(block.feed_forward_norm, y + values(block.feed_forward, y))
    np.testing.assert_array_equal(values(block, x, mask=MASK), z)


def test_the_pre_norm_block_normalises_the_input_of_each_sublayer(x, rng):
    block = scrambled(PreNormEncoderBlock(6, 3, 7, rng=rng), rng)
    y = x + values(block.attention, values(block.attention_norm, x), mask=MASK)
    z = y + values(block.feed_forward, values(block.feed_forward_norm, y))
    np.testing.assert_array_equal(values(block, x, mask=MASK), z)


def test_the_two_orders_are_different_functions_of_the_same_parts(x, rng):
    post, pre = (scrambled(kind(6, 3, 7, rng=rng), rng) for kind in BLOCKS)
    pre.load_state_dict(post.state_dict())
    assert np.abs(values(post, x) - values(pre, x)).max() > 0.1


@pytest.mark.parametrize("kind", BLOCKS)
def test_gradients_of_all_weights_and_of_the_input(kind, x, rng):
    assert check_layer(kind(6, 3, 7, rng=rng), x, rng, mask=MASK) < 1e-6


@pytest.mark.parametrize("kind", BLOCKS)
def test_float32_stays_float32_with_mask_and_dropout(kind, x, rng):
    block = kind(6, 3, 7, rng=rng, dropout=0.1)
    kinds = dtypes_of_output_and_gradients(block, x.astype(np.float32), mask=MASK)
    assert kinds == {np.dtype(np.float32)}


@pytest.mark.parametrize("kind", BLOCKS)
def test_attention_weights_are_those_of_the_forward_pass(kind, x, rng, monkeypatch):
    block = scrambled(kind(6, 3, 7, rng=rng), rng)
    seen = []
    forward = block.attention.forward

    def watched(x, *, mask, **rest):
        seen.append(block.attention.weights(x, mask=mask))
        return forward(x, mask=mask, **rest)

    monkeypatch.setattr(block.attention, "forward", watched)
    values(block, x, mask=MASK)
    np.testing.assert_array_equal(block.attention_weights(Tensor(x), mask=MASK), seen[0])


@pytest.mark.parametrize("kind", BLOCKS)
def test_dropout_is_drawn_three_times_in_training_and_never_at_evaluation(kind, x, rng):
    block = kind(6, 3, 7, rng=rng, dropout=0.5).to_dtype(np.float64)
    first, second = values(block, x), values(block, x)
    assert np.abs(first - second).max() > 0.01
    assert (block.attention.dropout.calls, block.dropout.calls) == (2, 4)
    block.eval()
    np.testing.assert_array_equal(values(block, x), values(block, x))
    assert (block.attention.dropout.calls, block.dropout.calls) == (2, 4)


def test_dropout_falls_on_the_branches_and_leaves_the_residual_path(x, rng, monkeypatch):
    post, pre = (scrambled(kind(6, 3, 7, rng=rng), rng) for kind in BLOCKS)
    for block in (post, pre):
        monkeypatch.setattr(block.dropout, "keep_factors", lambda shape, like: np.zeros(shape))
    np.testing.assert_array_equal(values(pre, x), x)
    y = values(post.attention_norm, x)
    np.testing.assert_array_equal(values(post, x), values(post.feed_forward_norm, y))


def test_masked_padding_does_not_reach_the_real_positions(x, rng):
    block = scrambled(EncoderBlock(6, 3, 7, rng=rng), rng)
    padded = values(block, x, mask=MASK)[1, :3]
    np.testing.assert_allclose(padded, values(block, x[1:, :3])[0], rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", BLOCKS)
def test_dropout_of_rate_zero_in_training_is_evaluation(kind, x, rng):
    block = scrambled(kind(6, 3, 7, rng=rng, dropout=0.0), rng)
    trained = values(block, x, mask=MASK)
    assert block.training
    np.testing.assert_array_equal(trained, values(block.eval(), x, mask=MASK))


@pytest.mark.parametrize("kind", BLOCKS)
def test_a_sentence_alone_equals_itself_in_a_batch(kind, x, rng):
    block = scrambled(kind(6, 3, 7, rng=rng), rng)
    together = values(block, x, mask=MASK)
    for b in range(2):
        alone = values(block, x[b : b + 1], mask=MASK[b : b + 1])
        np.testing.assert_allclose(alone[0], together[b], rtol=0, atol=1e-12)
