"""What a cache keeps, and what it refuses.  That it changes no number is tested with the blocks."""

import numpy as np
import pytest

from minillm.autograd import Tensor, no_grad
from minillm.nn import DecoderBlock, KeyValueCache, MultiHeadAttention
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
