"""The ways through a block, and the measures of a signal, on known cases."""

from types import SimpleNamespace

import numpy as np
import pytest

from minillm.autograd import Tensor
from minillm.labs.transformer import stacks
from minillm.nn import EncoderBlock, PreNormEncoderBlock

PLANTED = SimpleNamespace(  # a layer that can be followed by hand
    attention=lambda x: 2 * x,
    attention_norm=lambda x: x + 1,
    feed_forward=lambda x: 3 * x,
    feed_forward_norm=lambda x: -x,
)


@pytest.mark.guide("G20")
@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("neither", 6),  # 3 (2 · 1)
        ("no residual", -9),  # -(3 (2 · 1 + 1))
        ("no norm", 12),  # y = 1 + 2 = 3, 3 + 9
        ("post-norm", -16),  # y = 1 + 2 + 1 = 4, -(4 + 12)
        ("pre-norm", -10),  # y = 1 + 2 (1 + 1) = 5, 5 + 3 (-5)
    ],
)
def test_every_variant_by_hand(name, wanted):
    assert stacks.VARIANTS[name](PLANTED, 1) == wanted


@pytest.mark.guide("G21")
@pytest.mark.parametrize(
    ("layer", "kind"), [(stacks.post_norm, EncoderBlock), (stacks.pre_norm, PreNormEncoderBlock)]
)
def test_the_two_orders_are_those_of_the_library(layer, kind):
    rng = np.random.default_rng(0)
    block, x = kind(8, 2, 16, rng=rng), Tensor(rng.standard_normal((1, 3, 8)).astype(np.float32))
    np.testing.assert_array_equal(layer(block, x).data, block(x).data)


def test_the_distance_is_0_for_equal_positions_and_1_for_opposite_ones():
    row = np.array([[[3.0, -4.0]]])
    assert stacks.distance(np.concatenate([row, row], axis=1)) == 0
    assert stacks.distance(np.concatenate([row, -row], axis=1)) == 1
    assert stacks.distance(np.array([[[1.0], [3.0]]])) == pytest.approx((1 / 5) ** 0.5)
    assert stacks.rms(row) == pytest.approx((25 / 2) ** 0.5)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_blocks_have_the_sizes_asked_for_and_weights_of_their_own(dtype, rng):
    sizes = stacks.Sizes(width=8, n_heads=2, hidden=12, dtype=dtype)
    first, second = stacks.new_blocks(2, sizes, rng)
    assert first.feed_forward.inner.weight.shape == (12, 8)
    assert first.attention.n_heads == 2 and first.attention.query.weight.dtype == dtype
    assert not np.array_equal(first.attention.query.weight.data, second.attention.query.weight.data)


def test_the_stream_passes_all_blocks_in_their_order():
    ways = [lambda x: 2 * x, lambda x: x + 1]
    assert stacks.through(lambda block, x: block(x), ways, 3) == 7
