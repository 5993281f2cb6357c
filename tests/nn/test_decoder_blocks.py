"""B = 2, T = 3 target positions, S = 5 source positions, H = 3 heads of width 2, hidden 7."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.autograd import Parameter, Tensor, gradients_of
from minillm.nn import DecoderBlock, PreNormDecoderBlock, causal_mask
from tests.nn.checks import check_layer, dtypes_of_output_and_gradients, scrambled, values
from tests.strict import SYNCS, StrictArray, strict

B, T, S, D = 2, 3, 5, 6
BLOCKS = [DecoderBlock, PreNormDecoderBlock]
REAL = np.array([[True, True, True], [True, True, False]])[:, None, None, :]
READ = np.array([[True] * 5, [True, True, True, False, False]])[:, None, None, :]
each_block = pytest.mark.parametrize("kind", BLOCKS)


def fresh(kind, rng, **settings):
    """A block with random weights and biases."""
    return scrambled(kind(D, 3, 7, rng=rng, **settings), rng)


@pytest.fixture
def x(rng):
    """The target's side."""
    return rng.standard_normal((B, T, D))


@pytest.fixture
def memory(rng):
    """What the encoder has made of the source."""
    return rng.standard_normal((B, S, D))


@pytest.mark.errata("A39")
def test_the_block_of_the_paper_normalises_after_each_of_three_additions(x, memory, rng):
    block = fresh(DecoderBlock, rng)
    seen = values(block.attention, x, mask=causal_mask(T) & REAL)
    u = values(block.attention_norm, x + seen)
    read = values(block.cross_attention, u, memory=Tensor(memory), mask=READ)
    y = values(block.cross_attention_norm, u + read)
    z = values(block.feed_forward_norm, y + values(block.feed_forward, y))
    found = values(block, x, memory=Tensor(memory), mask=REAL, memory_mask=READ)
    np.testing.assert_array_equal(found, z)


def test_the_pre_norm_block_normalises_the_input_of_each_sublayer(x, memory, rng):
    block = fresh(PreNormDecoderBlock, rng)
    mask = causal_mask(T) & REAL
    u = x + values(block.attention, values(block.attention_norm, x), mask=mask)
    asked = values(block.cross_attention_norm, u)
    y = u + values(block.cross_attention, asked, memory=Tensor(memory), mask=READ)
    z = y + values(block.feed_forward, values(block.feed_forward_norm, y))
    found = values(block, x, memory=Tensor(memory), mask=REAL, memory_mask=READ)
    np.testing.assert_array_equal(found, z)


@each_block
def test_gradients_of_all_weights_and_of_both_inputs(kind, x, memory, rng):
    source = Parameter(memory)
    settings = {"memory": source, "mask": REAL, "memory_mask": READ}
    block = kind(D, 3, 7, rng=rng)
    block.source = source  # an attribute, so that the check covers it
    assert check_layer(block, x, rng, **settings) < 1e-6


@each_block
def test_float32_stays_float32_with_masks_and_dropout(kind, x, memory, rng):
    block = kind(D, 3, 7, rng=rng, dropout=0.1)
    source = Tensor(memory.astype(np.float32))
    settings = {"memory": source, "mask": REAL, "memory_mask": READ}
    kinds = dtypes_of_output_and_gradients(block, x.astype(np.float32), **settings)
    assert kinds == {np.dtype(np.float32)}


@each_block
@given(st.integers(0, T - 1), st.sampled_from([1.0, 1e6]), st.integers(0, 2**32 - 1))
def test_a_later_target_word_changes_no_bit_before_it_with_or_without_a_mask(kind, t, size, seed):
    """Nobody has to remember the causal mask, and no mask can lift it."""
    rng = np.random.default_rng(seed)
    block = fresh(kind, rng)
    x, memory = rng.standard_normal((B, T, D)), Tensor(rng.standard_normal((B, S, D)))
    changed = x.copy()
    changed[:, t:] = size * rng.standard_normal((B, T - t, D))
    for mask in (None, np.ones((T, T), dtype=bool), REAL):
        before, after = (values(block, one, memory=memory, mask=mask) for one in (x, changed))
        assert before[:, :t].tobytes() == after[:, :t].tobytes()
        assert np.any(before[:, t] != after[:, t])


@each_block
def test_no_gradient_flows_from_an_output_to_a_later_input(kind, x, memory, rng):
    block, leaf = fresh(kind, rng), Parameter(x)
    (gradient,) = gradients_of((block(leaf, Tensor(memory))[:, 1] * x[:, 1]).sum(), [leaf])
    assert np.any(gradient != 0, axis=(0, 2)).tolist() == [True, True, False]


@pytest.mark.errata("A39")
@each_block
def test_every_target_position_reads_every_unmasked_source_position(kind, x, memory, rng):
    block, source = fresh(kind, rng), Parameter(memory)
    for t in range(T):
        output = (block(Tensor(x), source, memory_mask=READ)[:, t] * x[:, t]).sum()
        (gradient,) = gradients_of(output, [source])
        read = np.any(gradient != 0, axis=-1)
        np.testing.assert_array_equal(read, READ[:, 0, 0])


@each_block
@given(st.integers(1, 4), st.sampled_from([0.0, 1.0, 1e6]), st.integers(0, 2**32 - 1))
def test_masked_padding_of_either_side_changes_nothing(kind, longer, size, seed):
    """Padding of any content and length, behind target and source."""
    rng = np.random.default_rng(seed)
    block = fresh(kind, rng)
    x, memory = rng.standard_normal((B, T, D)), rng.standard_normal((B, S, D))
    padding = size * rng.standard_normal((B, longer, D))
    padded = values(
        block,
        np.concatenate([x, padding], axis=1),
        memory=Tensor(np.concatenate([memory, padding], axis=1)),
        mask=np.arange(T + longer) < T,
        memory_mask=np.arange(S + longer) < S,
    )
    plain = values(block, x, memory=Tensor(memory))
    np.testing.assert_allclose(padded[:, :T], plain, rtol=0, atol=1e-12)


@each_block
def test_a_sentence_alone_equals_itself_in_a_batch(kind, x, memory, rng):
    block = fresh(kind, rng)
    together = values(block, x, memory=Tensor(memory))
    for b in range(B):
        alone = values(block, x[b : b + 1], memory=Tensor(memory[b : b + 1]))
        np.testing.assert_allclose(alone[0], together[b], rtol=0, atol=1e-12)


@each_block
def test_dropout_of_rate_zero_in_training_is_evaluation(kind, x, memory, rng):
    block = fresh(kind, rng, dropout=0.0)
    trained = values(block, x, memory=Tensor(memory))
    np.testing.assert_array_equal(trained, values(block.eval(), x, memory=Tensor(memory)))


@each_block
def test_dropout_is_drawn_five_times_in_training_and_never_at_evaluation(kind, x, memory, rng):
    block = kind(D, 3, 7, rng=rng, dropout=0.5).to_dtype(np.float64)
    first, second = (values(block, x, memory=Tensor(memory)) for _ in range(2))
    assert np.abs(first - second).max() > 0.01
    drawn = [part.dropout.calls for part in (block.attention, block.cross_attention, block)]
    assert drawn == [2, 2, 6]
    block.eval()
    values(block, x, memory=Tensor(memory))
    assert [part.dropout.calls for part in (block.attention, block)] == [2, 6]


def test_dropout_falls_on_the_branches_and_leaves_the_residual_path(x, memory, rng, monkeypatch):
    post, pre = (fresh(kind, rng) for kind in BLOCKS)
    for block in (post, pre):
        monkeypatch.setattr(block.dropout, "keep_factors", lambda shape, like: np.zeros(shape))
    np.testing.assert_array_equal(values(pre, x, memory=Tensor(memory)), x)
    u = values(post.cross_attention_norm, values(post.attention_norm, x))
    found = values(post, x, memory=Tensor(memory))
    np.testing.assert_array_equal(found, values(post.feed_forward_norm, u))


@each_block
def test_the_parts_and_their_number(kind, rng):
    block = kind(D, 3, 7, rng=rng)
    assert [name for name, _ in block.children()] == [
        "attention",
        "attention_norm",
        "cross_attention",
        "cross_attention_norm",
        "feed_forward",
        "feed_forward_norm",
        "dropout",
    ]
    assert block.parameter_count() == 2 * 4 * (36 + 6) + 3 * 12 + (42 + 7) + (42 + 6)


@each_block
def test_a_mask_that_is_not_boolean_is_refused(kind, x, memory, rng):
    block = fresh(kind, rng)
    for mask in (np.ones(T), np.ones(T, dtype=int)):
        with pytest.raises(TypeError, match=f"must be boolean, .*, got {mask.dtype}"):
            block(Tensor(x), Tensor(memory), mask=mask)


@each_block
def test_on_another_array_library_it_gives_the_same_bits_and_never_waits(kind, x, memory, rng):
    block = fresh(kind, rng)
    here = values(block, x, memory=Tensor(memory), mask=REAL, memory_mask=READ)
    for parameter in block.parameters():
        parameter.data = strict.asarray(parameter.data)
    SYNCS.clear()
    there = block(
        Tensor(strict.asarray(x)),
        Tensor(strict.asarray(memory)),
        mask=strict.asarray(REAL),
        memory_mask=strict.asarray(READ),
    ).data
    assert (type(there), SYNCS) == (StrictArray, [])
    np.testing.assert_array_equal(there.get(), here)
