"""What blocks do with the parts they are given, in either order."""

import numpy as np
import pytest

from minillm.autograd import Tensor
from minillm.nn import (
    DecoderBlock,
    Dropout,
    EncoderBlock,
    FeedForward,
    LayerNorm,
    MultiHeadAttention,
    PostNormBlock,
    PreNormBlock,
    PreNormDecoderBlock,
    PreNormEncoderBlock,
    RMSNorm,
)
from minillm.ops import relu
from tests.nn.checks import scrambled, values

B, T, S, D = 2, 3, 4, 6
each_order = pytest.mark.parametrize("kind", [PostNormBlock, PreNormBlock])
READY = [EncoderBlock, PreNormEncoderBlock, DecoderBlock, PreNormDecoderBlock]


def parts(rng, **more):
    """The parts that every block needs."""
    return {
        "attention": MultiHeadAttention(D, 2, rng=rng),
        "feed_forward": FeedForward(D, 7, rng=rng),
        "norm": lambda: RMSNorm(D),
        **more,
    }


@each_order
@pytest.mark.parametrize("reads", [False, True])
def test_the_parts_given_are_the_parts_and_every_sublayer_has_a_norm_of_its_own(kind, reads, rng):
    given = parts(rng)
    if reads:
        given["cross_attention"] = MultiHeadAttention(D, 2, rng=rng)
    block = kind(**given)
    cross = ["cross_attention", "cross_attention_norm"] if reads else []
    names = ["attention", "attention_norm", *cross, "feed_forward", "feed_forward_norm"]
    assert [name for name, _ in block.children()] == names
    assert all(getattr(block, name) is part for name, part in given.items() if name != "norm")
    norms = {id(m) for _, m in block.named_modules() if isinstance(m, RMSNorm)}
    assert len(norms) == 2 + reads


@each_order
def test_without_dropout_nothing_is_drawn_and_with_it_every_branch_is_dropped(kind, rng):
    x = rng.standard_normal((B, T, D))
    plain = scrambled(kind(**parts(rng)), rng)
    np.testing.assert_array_equal(values(plain, x), values(plain, x))
    dropping = kind(**parts(rng, dropout=Dropout(0.5, rng=rng))).to_dtype(np.float64)
    dropping.load_state_dict(plain.state_dict())
    assert np.abs(values(dropping, x) - values(plain, x)).max() > 0.01
    assert dropping.dropout.calls == 2
    np.testing.assert_array_equal(values(dropping.eval(), x), values(plain, x))


@each_order
def test_a_memory_that_nobody_reads_and_a_reader_without_memory_are_refused(kind, rng):
    """Cross-attention without a memory would look at its own input, and nobody would notice."""
    x, memory = (Tensor(np.zeros((B, n, D), dtype=np.float32)) for n in (T, S))
    with pytest.raises(TypeError, match=f"{kind.__name__} has no cross-attention and was given a"):
        kind(**parts(rng))(x, memory)
    reader = kind(**parts(rng, cross_attention=MultiHeadAttention(D, 2, rng=rng)))
    with pytest.raises(TypeError, match=f"{kind.__name__} has cross-attention and was given no"):
        reader(x)


@pytest.mark.parametrize("kind", READY)
def test_eps_and_activation_are_settings_of_the_ready_blocks(kind, rng):
    block = kind(D, 2, 7, rng=rng, eps=1e-3, activation=relu)
    norms = [m.eps for _, m in block.named_modules() if isinstance(m, LayerNorm)]
    assert set(norms) == {1e-3}
    assert block.feed_forward.activation is relu
    assert block.attention.causal == (kind in (DecoderBlock, PreNormDecoderBlock))


@pytest.mark.parametrize("kind", READY)
def test_one_text_without_an_axis_for_the_batch_is_as_good_as_a_batch_of_one(kind, rng):
    block = scrambled(kind(D, 2, 7, rng=rng), rng)
    x, memory = rng.standard_normal((T, D)), rng.standard_normal((S, D))
    reads = block.cross_attention is not None
    alone = values(block, x, **({"memory": Tensor(memory)} if reads else {}))
    batch = values(block, x[None], **({"memory": Tensor(memory[None])} if reads else {}))
    np.testing.assert_allclose(alone, batch[0], rtol=0, atol=1e-12)


def test_the_seed_draws_the_same_weights_in_both_orders():
    """The ready blocks draw attention, cross-attention, feed-forward and then dropout's key."""
    for first, second in (READY[:2], READY[2:]):
        a, b = (
            kind(D, 2, 7, rng=np.random.default_rng(5), dropout=0.1) for kind in (first, second)
        )
        for (name, x), y in zip(a.named_parameters(), b.parameters(), strict=True):
            np.testing.assert_array_equal(x.data, y.data, err_msg=name)
        assert a.dropout.key == b.dropout.key
    rng = np.random.default_rng(5)
    attention = MultiHeadAttention(D, 2, rng=rng)
    network = FeedForward(D, 7, rng=rng)
    block = EncoderBlock(D, 2, 7, rng=np.random.default_rng(5))
    np.testing.assert_array_equal(block.attention.output.weight.data, attention.output.weight.data)
    np.testing.assert_array_equal(block.feed_forward.outer.weight.data, network.outer.weight.data)
    assert block.dropout.key == Dropout(0.0, rng=rng).key
