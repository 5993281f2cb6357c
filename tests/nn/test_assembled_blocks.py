"""Layers of GPT, Llama, T5 and a translator, made of the same parts: nothing built in vain.

Each is gradient-checked, and read word by word with a cache it gives what it gives at once.
``python -m tests.nn.test_assembled_blocks`` prints how far they are off.
"""

import inspect

import numpy as np
import pytest

from minillm.autograd import Parameter, Tensor, no_grad
from minillm.nn import (
    FeedForward,
    KeyValueCache,
    LayerNorm,
    Linear,
    MultiHeadAttention,
    PostNormBlock,
    PreNormBlock,
    RelativeBias,
    RMSNorm,
    RotaryPositions,
    SwiGLU,
)
from minillm.ops import gelu_tanh, relu
from tests.nn.checks import check_layer, dtypes_of_output_and_gradients, scrambled, values
from tests.strict import SYNCS, StrictArray, strict

B, T, S, H, D, HIDDEN = 2, 7, 5, 4, 16, 20
REAL = np.arange(T) < np.array([[T], [4]])  # the second text is padded on the right
LATE = np.arange(T) >= np.array([[0], [3]])  # and here on the left
READ = np.arange(S) < np.array([[S], [3]])


def gpt(rng):
    return PreNormBlock(
        attention=MultiHeadAttention(D, H, rng=rng, causal=True),
        feed_forward=FeedForward(D, HIDDEN, rng=rng, activation=gelu_tanh),
        norm=lambda: LayerNorm(D),
    )


def llama(rng):
    turned = RotaryPositions(64, D // H)
    return PreNormBlock(
        attention=MultiHeadAttention(
            D, H, rng=rng, bias=False, n_key_heads=2, causal=True, rotary=turned
        ),
        feed_forward=SwiGLU(D, HIDDEN, rng=rng, bias=False),
        norm=lambda: RMSNorm(D, eps=1e-5),
    )


def t5(rng):
    near = RelativeBias(H, rng=rng, buckets=8, furthest=12, causal=True)
    return PreNormBlock(
        attention=MultiHeadAttention(
            D, H, rng=rng, bias=False, scale=1.0, causal=True, position_bias=near
        ),
        feed_forward=FeedForward(D, HIDDEN, rng=rng, activation=relu, bias=False),
        norm=lambda: RMSNorm(D),
    )


def translator(rng):
    return PostNormBlock(
        attention=MultiHeadAttention(D, H, rng=rng, causal=True),
        cross_attention=MultiHeadAttention(D, H, rng=rng),
        feed_forward=FeedForward(D, HIDDEN, rng=rng, activation=relu),
        norm=lambda: LayerNorm(D),
    )


KINDS = [gpt, llama, t5, translator]
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


def arguments(kind, rng):
    """The memory that a translator reads; the others read none."""
    if kind is not translator:
        return {}
    memory = Tensor(rng.standard_normal((B, S, D)))
    return {"memory": memory, "memory_mask": READ[:, None, None, :]}


def gradient_error(kind, rng) -> float:
    """The largest relative error of the gradients of all weights, the input and the memory."""
    block, settings = kind(rng), arguments(kind, rng)
    if "memory" in settings:
        settings["memory"] = block.source = Parameter(settings["memory"].data)
    mask = REAL[:, None, None, :]
    return check_layer(block, rng.standard_normal((B, T, D)), rng, mask=mask, **settings)


@no_grad()
def in_pieces(block, x, sizes, mask=None, **settings):
    """The outputs of consecutive pieces, read with one cache."""
    cache, outputs, at = KeyValueCache(), [], 0
    for size in sizes:
        seen = None if mask is None else mask[:, None, None, : at + size]
        piece = Tensor(x[..., at : at + size, :])
        outputs.append(block(piece, mask=seen, cache=cache, **settings).data)
        at += size
        assert len(cache) == at
    return np.concatenate(outputs, axis=-2)


def difference(kind, sizes, mask, rng) -> float:
    """The largest, at the real positions, between the text at once and in pieces."""
    block, settings = scrambled(kind(rng), rng), arguments(kind, rng)
    x = rng.standard_normal((B, T, D))
    hidden = None if mask is None else mask[:, None, None, :]
    whole = values(block, x, mask=hidden, **settings)
    pieces = in_pieces(block, x, sizes, mask, **settings)
    real = np.ones((B, T), dtype=bool) if mask is None else mask
    return float(np.abs(whole - pieces)[real].max())


@each_kind
def test_gradients_of_all_weights_and_inputs(kind, rng):
    assert gradient_error(kind, rng) < 1e-6


@each_kind
@pytest.mark.parametrize("mask", [None, REAL, LATE], ids=["no padding", "right", "left"])
@pytest.mark.parametrize("sizes", [[1] * T, [T], [3, 1, 1, 2], [1, 6], [5, 2]], ids=str)
def test_a_text_in_pieces_with_a_cache_gives_what_it_gives_at_once(kind, sizes, mask, rng):
    assert difference(kind, sizes, mask, rng) < 1e-12


@each_kind
def test_one_text_without_an_axis_for_the_batch_is_read_word_by_word_too(kind, rng):
    block, settings = scrambled(kind(rng), rng), {}
    if kind is translator:
        settings = {"memory": Tensor(rng.standard_normal((S, D)))}
    x = rng.standard_normal((T, D))
    pieces = in_pieces(block, x, [1] * T, **settings)
    np.testing.assert_allclose(pieces, values(block, x, **settings), rtol=0, atol=1e-12)


@each_kind
def test_a_later_word_changes_no_bit_before_it(kind, rng):
    block, settings = scrambled(kind(rng), rng), arguments(kind, rng)
    x = rng.standard_normal((B, T, D))
    before = values(block, x, **settings)
    x[:, 4, 0] += 1.0
    after = values(block, x, **settings)
    assert before[:, :4].tobytes() == after[:, :4].tobytes()
    assert np.all(np.abs(after - before)[:, 4:].max(axis=-1) > 0)


@each_kind
def test_float32_stays_float32(kind, rng):
    block, settings = kind(rng), arguments(kind, rng)
    if "memory" in settings:
        settings["memory"] = Tensor(settings["memory"].data.astype(np.float32))
    x = rng.standard_normal((B, T, D)).astype(np.float32)
    mask = REAL[:, None, None, :]
    kinds = dtypes_of_output_and_gradients(block, x, mask=mask, **settings)
    assert kinds == {np.dtype(np.float32)}


@each_kind
def test_every_linear_map_that_was_made_is_a_part(kind, rng, monkeypatch):
    """No weights are drawn for a layer that another one then replaces."""
    made = []
    first = Linear.__init__

    def counting(self, *sizes, **settings):
        made.append(self)
        first(self, *sizes, **settings)

    monkeypatch.setattr(Linear, "__init__", counting)
    found = [module for _, module in kind(rng).named_modules() if isinstance(module, Linear)]
    assert {id(part) for part in found} == {id(part) for part in made}


@each_kind
def test_the_parts_without_biases_have_none(kind, rng):
    biases = [name for name, _ in kind(rng).named_parameters() if name.endswith(".bias")]
    assert bool(biases) == (kind in (gpt, translator))


@each_kind
def test_on_another_array_library_it_gives_the_same_bits_and_never_waits(kind, rng):
    block, settings = scrambled(kind(rng), rng), arguments(kind, rng)
    x, mask = rng.standard_normal((B, T, D)), REAL[:, None, None, :]
    here = values(block, x, mask=mask, **settings)
    for parameter in block.parameters():
        parameter.data = strict.asarray(parameter.data)
    if settings:
        settings["memory"] = Tensor(strict.asarray(settings["memory"].data))
        settings["memory_mask"] = strict.asarray(settings["memory_mask"])
    SYNCS.clear()
    there = block(Tensor(strict.asarray(x)), mask=strict.asarray(mask), **settings).data
    assert (type(there), SYNCS) == (StrictArray, [])
    np.testing.assert_array_equal(there.get(), here)


def table() -> str:
    """Parts, gradient error, whole against word by word, and lines of assembly of each layer."""
    rows = []
    for kind in KINDS:
        rng = np.random.default_rng(0)
        lines = len(inspect.getsource(kind).splitlines()) - 1
        error, off = gradient_error(kind, rng), difference(kind, [1] * T, REAL, rng)
        rows.append(f"{kind.__name__:<12} {error:.1e} {off:.1e} {lines:>3} lines")
    return "\n".join(rows)


if __name__ == "__main__":
    print(table())
