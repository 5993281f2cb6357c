"""What a cache keeps, and what it refuses.  That it changes no number is tested with the blocks."""

import numpy as np
import pytest

from minillm.autograd import Tensor, no_grad
from minillm.nn import (
    DecoderBlock,
    KeyValueCache,
    MultiHeadAttention,
    PreNormDecoderBlock,
    RotaryPositions,
)
from tests.nn.checks import scrambled

B, T, S, H, D = 2, 3, 4, 2, 6


@pytest.fixture
def attention(rng):
    """Causal attention with random weights."""
    return scrambled(MultiHeadAttention(D, H, rng=rng, causal=True), rng)


@pytest.fixture
def x(rng):
    """A batch of two texts."""
    return Tensor(rng.standard_normal((B, T, D)))


def test_it_grows_by_the_positions_it_is_called_with_and_keeps_the_heads_of_keys_alone(rng, x):
    layer = scrambled(MultiHeadAttention(D, H, rng=rng, n_key_heads=1), rng)
    cache = KeyValueCache()
    with no_grad():
        for n in (1, 2, 3):
            layer(x, cache=cache)
            assert len(cache) == n * T
            assert cache.keys.shape == cache.values.shape == (B, 1, n * T, D // H)
    assert not cache.keys.requires_grad


def test_an_empty_cache_is_a_cache():
    assert (len(KeyValueCache()), bool(KeyValueCache())) == (0, True)


def test_a_gradient_through_what_is_kept_is_refused_and_of_frozen_layers_nobody_wants_one(
    attention, x
):
    cache = KeyValueCache()
    with pytest.raises(RuntimeError, match=r"call the model under no_grad\(\)"):
        attention(x, cache=cache)
    assert len(cache) == 0
    attention.freeze()
    attention(x, cache=cache)
    assert len(cache) == T


@pytest.mark.fault(80)
def test_another_batch_is_refused_in_words_and_leaves_the_cache_as_it_was(attention, x):
    cache = KeyValueCache()
    with no_grad():
        attention(x, cache=cache)
        with pytest.raises(ValueError, match=r"holds \(2, 2, 3, 3\), got \(1, 2, 3, 3\)"):
            attention(x[:1], cache=cache)
        with pytest.raises(TypeError, match="must be boolean"):
            attention(x, mask=np.ones(2 * T), cache=cache)
        with pytest.raises(ValueError, match=r"does not broadcast to \(2, 2, 3, 6\)"):
            attention(x, mask=np.ones((B, 1, 1, T), dtype=bool), cache=cache)  # of the new alone
    assert len(cache) == T


def test_the_memory_is_projected_once_and_another_one_is_refused(rng, x, monkeypatch):
    block = scrambled(DecoderBlock(D, H, 7, rng=rng), rng)
    memory, other = (Tensor(rng.standard_normal((B, S, D))) for _ in range(2))
    cache, projected = KeyValueCache(), []
    for name in ("key", "value"):
        part = getattr(block.cross_attention, name)
        monkeypatch.setattr(
            part, "forward", lambda x, go=part.forward: (projected.append(x), go(x))[1]
        )
    with no_grad():
        for t in range(T):
            block(x[:, t : t + 1], memory, cache=cache)
        assert len(projected) == 2
        with pytest.raises(ValueError, match="holds the keys of another memory"):
            block(x[:, :1], other, cache=cache)


def test_select_goes_on_with_the_chosen_texts(rng, x):
    """As beams do: one text twice, in another order, the other one gone."""
    block = scrambled(DecoderBlock(D, H, 7, rng=rng), rng)
    memory = Tensor(rng.standard_normal((B, S, D)))
    rows, more = np.array([1, 1, 0]), Tensor(rng.standard_normal((3, 1, D)))
    cache = KeyValueCache()
    with no_grad():
        block(x, memory, cache=cache)
        cache.select(rows)
        found = block(more, memory[rows], cache=cache).data
        whole = block(Tensor(np.concatenate([x.data[rows], more.data], axis=1)), memory[rows]).data
    np.testing.assert_allclose(found, whole[:, -1:], rtol=0, atol=1e-12)


def test_select_of_one_text_without_a_batch_is_refused(attention, x):
    cache = KeyValueCache()
    with no_grad():
        attention(x[0], cache=cache)
    with pytest.raises(ValueError, match=r"keys \(2, 3, 3\) have no axis of a batch"):
        cache.select(np.array([0]))


@pytest.mark.parametrize(
    ("rows", "error", "message"),
    [
        ([0, 2], IndexError, r"row 2 at position \(1,\) out of range for a batch of 2"),
        ([-1], IndexError, "row -1"),
        ([0.0], TypeError, "rows must be integers, got float64"),
        (1, ValueError, r"one-dimensional, got shape \(\)"),
        ([[0, 1]], ValueError, r"one-dimensional, got shape \(1, 2\)"),
    ],
)
def test_rows_that_are_not_there_are_refused_and_nothing_is_changed(
    rng, x, attention, rows, error, message
):
    cache = KeyValueCache()
    with no_grad():
        attention(x, cache=cache)
    keys, values = cache.keys, cache.values
    with pytest.raises(error, match=message):
        cache.select(rows)
    assert cache.keys is keys
    assert cache.values is values


@pytest.mark.parametrize("shape", [(1, S, D), (S, D)])
def test_a_memory_that_all_texts_share_stays_when_some_of_them_are_selected(rng, x, shape):
    block = scrambled(DecoderBlock(D, H, 7, rng=rng), rng)
    memory, more = Tensor(rng.standard_normal(shape)), Tensor(rng.standard_normal((3, 1, D)))
    cache, rows = KeyValueCache(), [1, 0, 1]
    with no_grad():
        block(x, memory, cache=cache)
        cache.select(rows)
        found = block(more, memory, cache=cache).data
        whole = block(Tensor(np.concatenate([x.data[rows], more.data], axis=1)), memory).data
    np.testing.assert_allclose(found, whole[:, -1:], rtol=0, atol=1e-12)


def test_one_cache_for_two_blocks_is_refused(rng, x):
    blocks = [scrambled(MultiHeadAttention(D, H, rng=rng, causal=True), rng) for _ in range(2)]
    cache = KeyValueCache()
    with no_grad():
        blocks[0](x, cache=cache)
        with pytest.raises(ValueError, match="holds the keys of another block; each block needs"):
            blocks[1](x, cache=cache)
        blocks[0](x, cache=cache)
    assert len(cache) == 2 * T


@pytest.mark.parametrize("kind", [DecoderBlock, PreNormDecoderBlock])
def test_a_block_that_fails_half_way_leaves_the_cache_as_it_was(rng, x, kind):
    block = scrambled(kind(D, H, 7, rng=rng), rng)
    memory, wrong = Tensor(rng.standard_normal((B, S, D))), Tensor(np.ones((B + 1, S, D)))
    cache = KeyValueCache()
    with no_grad():
        for first, last in ((0, 1), (1, T)):
            piece = x[:, first:last]
            with pytest.raises(TypeError, match="mask must be boolean"):
                block(piece, memory, memory_mask=np.ones((1, S)), cache=cache)
            with pytest.raises(ValueError, match=r"another memory|of two batches"):
                block(piece, wrong, cache=cache)
            assert len(cache) == first
            found = block(piece, memory, cache=cache).data
        whole = block(x, memory).data
    np.testing.assert_allclose(found, whole[:, 1:], rtol=0, atol=1e-12)


def test_a_wrong_memory_after_select_is_not_remembered_in_place_of_the_right_one(rng, x):
    block = scrambled(DecoderBlock(D, H, 7, rng=rng), rng)
    memory = Tensor(rng.standard_normal((B, S, D)))
    cache = KeyValueCache()
    with no_grad():
        block(x, memory, cache=cache)
        cache.select([1, 0])
        with pytest.raises(TypeError, match="mask must be boolean"):
            block(x, memory, memory_mask=np.ones((1, S)), cache=cache)
        block(x, memory[[1, 0]], cache=cache)
    assert len(cache) == 2 * T


def test_a_list_of_caches_in_the_place_of_one_is_refused(rng, x):
    with pytest.raises(TypeError, match="needs one KeyValueCache, got a list"):
        DecoderBlock(D, H, 7, rng=rng).to_dtype(np.float64)(x, x, cache=[KeyValueCache()])


@pytest.mark.parametrize("start", [0, 5])
def test_start_is_that_of_the_first_key_and_counting_twice_is_refused(start, rng, x):
    layer = scrambled(MultiHeadAttention(D, 1, rng=rng, causal=True), rng)
    layer.rotary = RotaryPositions(20, D)
    cache, given = KeyValueCache(), {"start": start} if start else {}
    with no_grad():
        whole = layer(x, start=start).data
        found = [layer(x[:, :2], cache=cache, **given).data]
        with pytest.raises(ValueError, match=rf"start={start}, got start={start + 2}: .* leave it"):
            layer(x[:, 2:], cache=cache, start=start + len(cache))
        assert len(cache) == 2
        found.append(layer(x[:, 2:], cache=cache, **given).data)
    np.testing.assert_allclose(np.concatenate(found, axis=1), whole, rtol=0, atol=1e-12)
