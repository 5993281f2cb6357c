"""What residual connections, normalization and parallel heads are for, by measurement."""

import numpy as np
import pytest

from minillm.autograd import Tensor, gradients_of
from minillm.nn import EncoderBlock, MultiHeadAttention, PreNormEncoderBlock
from minillm.optim import Adam
from minillm.training import fit

SEEDS = [0, 1, 2]


def whole(block, x):
    """The block as it is."""
    return block(x)


def without_norm(block, x):
    """Both residual additions and nothing else."""
    y = x + block.attention(x)
    return y + block.feed_forward(y)


def without_residual(block, x):
    """Both normalizations, but the branches replace the stream."""
    y = block.attention_norm(block.attention(x))
    return block.feed_forward_norm(block.feed_forward(y))


def rms(x):
    """The typical size of an entry."""
    return float(np.sqrt(np.mean(x.data**2)))


def rms_by_depth(blocks, step, x):
    """The size of the stream at depth 0, 1, 6, 12 and 24."""
    sizes = [rms(x)]
    for block in blocks:
        x = step(block, x)
        sizes.append(rms(x))
    return np.array(sizes)[[0, 1, 6, 12, 24]]


@pytest.mark.guide("G21")
@pytest.mark.errata("A33")
@pytest.mark.parametrize("seed", SEEDS)
def test_the_stream_grows_exponentially_without_normalization_and_not_with_it(seed):
    rng = np.random.default_rng(seed)
    x = Tensor(rng.standard_normal((1, 8, 32)).astype(np.float32))
    post = [EncoderBlock(32, 4, 128, rng=rng) for _ in range(24)]
    pre = [PreNormEncoderBlock(32, 4, 128, rng=rng) for _ in range(24)]
    without = rms_by_depth(post, without_norm, x)
    assert without[4] > 1e4
    assert np.all(without[2:] > 5 * without[1:-1])
    np.testing.assert_allclose(rms_by_depth(post, whole, x)[1:], 1.0, atol=1e-3)
    before = rms_by_depth(pre, whole, x)
    assert np.all(np.diff(before) > 0)
    assert 3 < before[4] < 8


def relative_distance(x):
    """How far the tokens of a sentence are from being all the same."""
    differences = x.data - x.data.mean(axis=1, keepdims=True)
    return float(np.sqrt(np.sum(differences**2) / np.sum(x.data**2)))


@pytest.mark.guide("G20")
@pytest.mark.errata("A36")
@pytest.mark.parametrize("seed", SEEDS)
def test_attention_alone_makes_all_tokens_equal_and_the_residual_path_prevents_it(seed):
    rng = np.random.default_rng(seed)
    bare = skipping = Tensor(rng.standard_normal((1, 8, 32)).astype(np.float32))
    assert relative_distance(bare) > 0.9
    for layer in [MultiHeadAttention(32, 4, rng=rng) for _ in range(4)]:
        bare, skipping = layer(bare), skipping + layer(skipping)
    assert relative_distance(bare) < 1e-3
    assert relative_distance(skipping) > 0.3


def loss_and_first_gradient(step, seed):
    """After 40 steps the loss of six blocks; before them the gradient norm in the first block."""
    rng = np.random.default_rng(seed)
    x, target = rng.standard_normal((2, 4, 7, 16)).astype(np.float32)
    blocks = [EncoderBlock(16, 4, 32, rng=rng) for _ in range(6)]
    parameters = [p for block in blocks for p in block.parameters()]

    def loss_of(_):
        y = Tensor(x)
        for block in blocks:
            y = step(block, y)
        return ((y - target) * (y - target)).mean()

    n_attention = len(blocks[0].attention.parameters())
    gradients = gradients_of(loss_of(0), parameters, allow_unused=True)[:n_attention]
    norm = np.sqrt(np.sum([np.sum(g * g) for g in gradients]))
    steps = list(fit(loss_of, range(40), Adam(parameters, lr=1e-3), allow_unused=True))
    return float(steps[-1].loss), float(norm)


@pytest.mark.guide("G20", "G21")
@pytest.mark.errata("A36")
@pytest.mark.parametrize("seed", SEEDS)
def test_six_blocks_train_worse_without_residuals_or_without_normalization(seed):
    loss, gradient = loss_and_first_gradient(whole, seed)
    loss_no_residual, _ = loss_and_first_gradient(without_residual, seed)
    loss_no_norm, gradient_no_norm = loss_and_first_gradient(without_norm, seed)
    assert loss < 0.8
    assert loss_no_residual > 1.3 * loss
    assert loss_no_norm > 1.3 * loss
    assert gradient < 3.0
    assert gradient_no_norm > 100 * gradient


@pytest.mark.guide("G22")
@pytest.mark.errata("A37")
@pytest.mark.parametrize("seed", SEEDS)
def test_a_loop_over_heads_is_not_parallel_heads(seed):
    """Calling the same attention once per head applies it that often, and the stream grows."""
    x = Tensor(np.random.default_rng(seed).standard_normal((1, 8, 32)).astype(np.float32))
    once, looped = [], []
    for n_heads in (1, 2, 4, 8):
        layer = MultiHeadAttention(32, n_heads, rng=np.random.default_rng(5))
        once.append(rms(x + layer(x)))
        y = x
        for _ in range(n_heads):
            y = y + layer(y)
        looped.append(rms(y))
    assert max(once) < 1.1 * min(once)
    assert np.all(np.diff(looped) > 0)
    assert looped[-1] > 20 * looped[0]
