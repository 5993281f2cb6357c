"""The feed-forward network as the guide prints it (section 4.1.3), and as it is."""

import numpy as np
import pytest

from minillm.autograd import Tensor
from minillm.nn import EncoderBlock, FeedForward
from minillm.ops import relu
from tests.nn.checks import scrambled

WIDTH, HIDDEN = 64, 256
SEEDS = [0, 1, 2, 3, 4]


def right(layer, x):
    """relu(x W1 + b1) W2 + b2."""
    return layer(x)


def printed(layer, x):
    """The guide's relu(W2 relu(W1 x + b1)) + b2: bent twice, the second bias outside."""
    bias = layer.outer.bias
    return relu(layer(x) - bias) + bias


def layers(seed, depth):
    rng = np.random.default_rng(seed)
    x = Tensor(rng.standard_normal((50, WIDTH)).astype(np.float32))
    return x, [FeedForward(WIDTH, HIDDEN, rng=rng, activation=relu) for _ in range(depth)]


@pytest.mark.errata("A49")
def test_a49_the_auxiliary_part_holds_two_thirds_of_the_weights(rng):
    block = EncoderBlock(768, 12, 3072, rng=rng)  # the sizes of BERT-base
    attention, feed_forward = (
        part.parameter_count() for part in (block.attention, block.feed_forward)
    )
    assert (attention, feed_forward) == (2_362_368, 4_722_432)
    assert feed_forward / (attention + feed_forward) == pytest.approx(2 / 3, abs=2e-4)
    matrices = [p.size for p in block.parameters() if len(p.shape) == 2]
    assert sum(matrices[:4]) == 4 * 768**2  # without biases exactly one to two
    assert sum(matrices[4:]) == 8 * 768**2


@pytest.mark.errata("A50")
@pytest.mark.parametrize("seed", SEEDS)
def test_a50_the_printed_formula_never_falls_below_its_bias(seed):
    x, [layer] = layers(seed, 1)
    scrambled(layer, np.random.default_rng(seed))
    x = Tensor(x.data.astype(np.float64))
    bias = layer.outer.bias.data
    below = right(layer, x).data < bias
    assert 0.3 < below.mean() < 0.7
    assert np.all(printed(layer, x).data >= bias)
    assert np.mean(printed(layer, x).data == bias) == pytest.approx(below.mean(), abs=1e-3)


@pytest.mark.errata("A50")
@pytest.mark.parametrize("seed", SEEDS)
def test_a50_a_residual_stream_that_can_only_grow_makes_all_tokens_alike(seed):
    x, stack = layers(seed, 12)

    def mean_and_likeness(step):
        y = x
        for layer in stack:
            y = y + step(layer, y)
        unit = y.data / np.linalg.norm(y.data, axis=1, keepdims=True)
        others = ~np.eye(len(unit), dtype=bool)
        return float(y.data.mean()), float((unit @ unit.T)[others].mean())

    mean, likeness = mean_and_likeness(right)
    drifted, alike = mean_and_likeness(printed)
    assert drifted > 5 > 1 > abs(mean)
    assert alike > 0.9 > 0.8 > likeness
