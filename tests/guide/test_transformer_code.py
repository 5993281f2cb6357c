"""The guide's program and its list of steps for a Transformer (sections 3.2 and 3.3), run."""

import numpy as np
import pytest

from minillm.autograd import Tensor, gradients_of
from minillm.models import Bert, BertConfig, MaskedLanguageModel
from minillm.nn import EncoderBlock, LearnedPositions, causal_mask
from minillm.optim import Adam
from minillm.training import fit
from tests.nn.checks import scrambled

N, WIDTH = 8, 32
SEEDS = [0, 1, 2]

each_seed = pytest.mark.parametrize("seed", SEEDS)


def printed_layer(block, x, n_heads):
    """Section 3.2: one attention, called once per head; then one feed-forward network."""
    for _ in range(n_heads):
        x = x + block.attention(x)
    return x + block.feed_forward(x)


def listed_steps(block, x):
    """Section 3.3: attention, feed-forward, then the input plus the *attention's* output."""
    attended = block.attention(x)
    block.feed_forward(attended)
    return x + attended


def tokens(seed):
    return Tensor(np.random.default_rng(seed).standard_normal((1, N, WIDTH)))


def make_block(seed, n_heads=4):
    block = EncoderBlock(WIDTH, n_heads, 4 * WIDTH, rng=np.random.default_rng(seed))
    return block.to_dtype(np.float64)


def likeness(y):
    """Mean cosine between two different tokens."""
    unit = y.data[0] / np.linalg.norm(y.data[0], axis=1, keepdims=True)
    return (unit @ unit.T)[~np.eye(N, dtype=bool)].mean()


@pytest.mark.errata("A37")
@each_seed
def test_a37_sixteen_turns_for_sixteen_heads_make_all_tokens_equal(seed):
    x, block = tokens(seed), make_block(seed, n_heads=16)
    assert likeness(printed_layer(block, x, 16)) > 0.99
    assert likeness(block(x)) < 0.6
    assert likeness(printed_layer(make_block(seed, n_heads=1), x, 1)) < 0.6  # it is the loop


@pytest.mark.errata("A38")
def test_a38_with_one_head_the_printed_layer_has_both_additions_and_no_normalization():
    x, block = tokens(0), make_block(0, n_heads=1)
    y = x + block.attention(x)
    z = (y + block.feed_forward(y)).data
    np.testing.assert_array_equal(printed_layer(block, x, 1).data, z)
    assert np.abs(z.std(axis=-1) - 1).max() > 0.3
    np.testing.assert_allclose(block(x).data.std(axis=-1), 1, atol=1e-3)


@pytest.mark.errata("A38")
def test_a38_the_printed_layer_sees_the_future_that_a_causal_mask_hides():
    block, x = make_block(0), tokens(0).data
    touched = x.copy()
    touched[0, -1] += np.arange(WIDTH)  # the last word becomes another one

    def first_word_moves(layer):
        before, after = (layer(Tensor(words)).data[0, 0] for words in (x, touched))
        return np.abs(after - before).max()

    assert first_word_moves(lambda words: printed_layer(block, words, 4)) > 1e-3
    assert first_word_moves(lambda words: block(words, mask=causal_mask(N))) == 0.0


@pytest.mark.errata("A38")
def test_a38_the_printed_layer_cannot_tell_the_order_that_positions_would_tell():
    block, x = make_block(0), tokens(0)
    order = np.random.default_rng(0).permutation(N)
    rng = np.random.default_rng(0)
    positions = scrambled(LearnedPositions(N, WIDTH, rng=rng), rng)

    def difference(embedded):
        """Between the words moved, and the results moved; 0 for a bag of words."""
        kept = printed_layer(block, embedded(x), 4).data[:, order]
        moved = printed_layer(block, embedded(Tensor(x.data[:, order])), 4).data
        return np.abs(moved - kept).max() / np.abs(kept).max()

    assert difference(lambda words: words) < 1e-9
    assert difference(positions) > 0.01


@pytest.mark.errata("A38")
@pytest.mark.parametrize("size", [50, 70])
def test_a38_the_printed_layer_has_no_number_for_each_word_of_the_vocabulary(size):
    rng = np.random.default_rng(0)
    model = MaskedLanguageModel(Bert(BertConfig(size, width=WIDTH), rng=rng), rng=rng)
    ids, mask = rng.integers(5, size, (1, N)), np.ones((1, N), dtype=bool)
    embedded = model.bert.tokens(ids)
    assert printed_layer(model.bert.blocks[0], embedded, 4).shape == (1, N, WIDTH)
    assert model(ids, mask, np.arange(N)).shape == (N, size)


@pytest.mark.errata("A36")
def test_a36_without_the_second_addition_a_silent_branch_wipes_out_its_input():
    block, x = make_block(0), tokens(0)
    for part in (block.attention.output, block.feed_forward.outer):
        part.weight.data, part.bias.data = 0 * part.weight.data, 0 * part.bias.data
    y = x + block.attention(x)  # the one addition of sections 3.1 and 3.3
    assert not block.feed_forward(y).data.any()
    np.testing.assert_array_equal((y + block.feed_forward(y)).data, x.data)


@pytest.mark.errata("A40")
@each_seed
def test_a40_in_the_listed_order_the_feed_forward_network_has_no_effect(seed):
    x, block = tokens(seed), make_block(seed)
    weights = block.feed_forward.parameters()

    def gradients(y):
        return gradients_of((y * y).sum(), weights, allow_unused=True)

    assert gradients(listed_steps(block, x)) == [None] * 4
    y = x + block.attention(x)
    assert all(np.any(gradient) for gradient in gradients(y + block.feed_forward(y)))


@pytest.mark.errata("A41")
@each_seed
def test_a41_a_transformer_that_has_not_been_trained_guesses(seed):
    """Words of unequal frequency: who had only counted them would do better."""
    rng, size = np.random.default_rng(seed), 50
    share = 1 / np.arange(1, size - 6)
    share /= share.sum()
    config = BertConfig(size, width=16, n_layers=1, n_heads=2, hidden=32, dropout=0.0)
    model = MaskedLanguageModel(Bert(config, rng=rng), rng=rng)
    ids, mask = rng.choice(np.arange(7, size), (40, 10), p=share), np.ones((40, 10), dtype=bool)

    def loss_of(_):
        return model.loss(np.full_like(ids, 4), mask, ids)

    by_counting = -np.sum(share * np.log(share))
    assert float(loss_of(0)) == pytest.approx(np.log(size), abs=0.05)
    assert by_counting < np.log(size) - 0.5
    *_, last = fit(loss_of, range(60), Adam(model.parameters(), lr=0.03), allow_unused=True)
    assert float(last.loss) < by_counting + 0.2  # it is training that teaches it
