"""The first Transformer: what sees what, what padding does, and whether its gradients are right."""

import dataclasses
import math

import numpy as np
import pytest

from minillm.autograd import Tensor, check_module, gradients_of
from minillm.backend import CheckpointError
from minillm.models import EncoderDecoder, EncoderDecoderConfig, next_tokens
from minillm.nn import KeyValueCache, sinusoids
from minillm.ops import IGNORE
from tests.models.small_encoder_decoder import (
    CONFIGS,
    SIZES,
    SOURCE,
    SOURCE_MASK,
    TARGET,
    small_encoder_decoder,
)
from tests.models.small_gpt import small_gpt

configs = pytest.mark.parametrize("name", CONFIGS)


@pytest.mark.guide("G38")
@configs
def test_later_tokens_of_the_target_change_no_earlier_logits(name):
    model, other = small_encoder_decoder(name), TARGET.copy()
    other[:, 2:] = [[3, 3], [8, 1]]
    before = model(SOURCE, TARGET, SOURCE_MASK).data
    after = model(SOURCE, other, SOURCE_MASK).data
    np.testing.assert_array_equal(before[:, :2], after[:, :2])
    assert np.abs(before[:, 2:] - after[:, 2:]).min(axis=-1).max() > 1e-4


@pytest.mark.guide("G38")
@configs
def test_every_position_of_the_target_sees_the_whole_source(name):
    """The encoder looks to both sides and the decoder to the left: one mask each."""
    model = small_encoder_decoder(name)
    before = model(SOURCE, TARGET, SOURCE_MASK).data
    for place in range(5):
        other = SOURCE.copy()
        other[0, place] = 9
        change = np.abs(model(other, TARGET, SOURCE_MASK).data - before).max(axis=-1)
        assert (change[0] > 1e-3).all()
        np.testing.assert_array_equal(change[1], 0.0)


@pytest.mark.guide("G38")
@configs
def test_padding_of_the_source_on_either_side_changes_nothing(name):
    model = small_encoder_decoder(name)
    alone = model(SOURCE[1:, :3], TARGET[1:]).data[0]
    for filler in (0, 9):
        right = np.where(SOURCE_MASK, SOURCE, filler)
        left, mask = np.roll(right, 2, axis=1), np.roll(SOURCE_MASK, 2, axis=1)
        for source, real in ((right, SOURCE_MASK), (left, mask)):
            got = model(source[1:], TARGET[1:], real[1:]).data[0]
            np.testing.assert_allclose(got, alone, rtol=0, atol=1e-12)


@configs
def test_a_target_padded_on_the_left_is_counted_from_its_first_token(name):
    model = small_encoder_decoder(name)
    padded = np.concatenate([np.full((2, 2), 7), TARGET], axis=1)
    real = np.concatenate([np.zeros((2, 2), bool), np.ones(TARGET.shape, bool)], axis=1)
    got = model(SOURCE, padded, SOURCE_MASK, real).data[:, 2:]
    want = model(SOURCE, TARGET, SOURCE_MASK).data
    np.testing.assert_allclose(got, want, rtol=0, atol=1e-12)


@pytest.mark.guide("G38")
@configs
def test_a_pair_gives_the_same_logits_alone_and_in_a_batch(name):
    model = small_encoder_decoder(name)
    together = model(SOURCE, TARGET, SOURCE_MASK).data
    for row in range(2):
        some = slice(row, row + 1)
        alone = model(SOURCE[some], TARGET[some], SOURCE_MASK[some]).data[0]
        np.testing.assert_allclose(together[row], alone, rtol=0, atol=1e-12)


@pytest.mark.guide("G38")
@configs
def test_the_gradients_of_the_whole_model_are_right(name):
    model = small_encoder_decoder(name, n_layers=1)
    inputs, targets = next_tokens(TARGET, np.array([[True] * 4, [True, True, True, False]]))
    loss = lambda: model.loss(SOURCE, inputs, targets, SOURCE_MASK, smoothing=0.1)  # noqa: E731
    assert check_module(model, loss, rng=np.random.default_rng(1)) < 1e-6


@pytest.mark.guide("G38")
@configs
def test_the_loss_reaches_the_encoder_through_keys_and_values_of_the_memory_alone(name):
    """With the value map of every cross-attention at 0 nothing of the source is read."""
    model = small_encoder_decoder(name)
    inputs, targets = next_tokens(TARGET)
    encoder = [p for block in model.encoder for p in block.parameters()]

    def largest_gradient():
        loss = model.loss(SOURCE, inputs, targets, SOURCE_MASK)
        return max(np.abs(g).max() for g in gradients_of(loss, encoder))

    assert largest_gradient() > 1e-3
    for block in model.blocks:
        value = block.cross_attention.value
        value.weight.data = 0.0 * value.weight.data
    assert largest_gradient() < 1e-14


@pytest.mark.guide("G38")
@configs
def test_it_is_its_blocks_one_after_another(name):
    """By hand: vectors times √D, positions, encoder blocks, decoder blocks, the table as head."""
    model = small_encoder_decoder(name)
    c = model.config

    def entering(table, learned, ids):
        places = sinusoids(c.max_length, c.width)
        places = learned.weight.data if c.positions == "learned" else places
        return Tensor(table.weight.data[ids] * math.sqrt(12) + places[: ids.shape[1]])

    memory = entering(model.source_tokens, model.source_positions, SOURCE)
    seen = SOURCE_MASK[:, None, None, :]
    for block in model.encoder:
        memory = block(memory, mask=seen)
    memory = model.encoder_norm(memory) if c.order == "pre" else memory
    y = entering(model.target_tokens, model.target_positions, TARGET)
    for block in model.blocks:
        y = block(y, memory, memory_mask=seen)
    y = model.norm(y) if c.order == "pre" else y
    expected = y.data @ model.target_tokens.weight.data.T
    got = model(SOURCE, TARGET, SOURCE_MASK).data
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-12)


@configs
def test_its_parameters_are_as_many_as_the_configuration_says(name):
    model = small_encoder_decoder(name)
    assert model.parameter_count() == CONFIGS[name].parameter_count()


def test_a_shared_table_is_one_and_the_first_loss_is_near_that_of_guessing():
    rng = np.random.default_rng(0)
    config = EncoderDecoderConfig(300, 300, width=64, n_heads=4, shared=True)
    model = EncoderDecoder(config, rng=rng)
    assert model.source_tokens is model.target_tokens
    source, target = (rng.integers(300, size=(8, 20)) for _ in range(2))
    loss = float(model.loss(source, *next_tokens(target)))
    assert math.log(300) - 0.1 < loss < math.log(300) + 1.0


def test_the_loss_is_that_of_the_right_tokens_before_each_without_the_ignored():
    model = small_encoder_decoder()
    inputs, targets = next_tokens(TARGET, np.array([[True] * 4, [True, True, False, False]]))
    assert (targets == IGNORE).sum() == 2
    z = model(SOURCE, TARGET[:, :-1], SOURCE_MASK).data
    log_p = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))
    chosen = [log_p[0, 0, 9], log_p[0, 1, 12], log_p[0, 2, 5], log_p[1, 0, 7]]
    loss = float(model.loss(SOURCE, inputs, targets, SOURCE_MASK))
    assert loss == pytest.approx(-np.mean(chosen), rel=1e-12)
    rows = [log_p[0, 0], log_p[0, 1], log_p[0, 2], log_p[1, 0]]
    smooth = -np.mean([0.8 * one + 0.2 * row.mean() for one, row in zip(chosen, rows, strict=True)])
    got = float(model.loss(SOURCE, inputs, targets, SOURCE_MASK, smoothing=0.2))
    assert got == pytest.approx(smooth, rel=1e-12)


def noted(layer):
    """What a layer is called with from now on, call by call."""
    asked, inner = [], layer.forward

    def forward(x, *rest, **named):
        asked.append(x)
        return inner(x, *rest, **named)

    layer.forward = forward
    return asked


@pytest.mark.guide("G38")
@configs
def test_the_weights_of_cross_attention_are_those_that_it_reads_with(name):
    model = small_encoder_decoder(name)
    layers = list(model.cross_attention_weights(SOURCE, TARGET, SOURCE_MASK))
    assert [layer.shape for layer in layers] == [(2, 3, 4, 5)] * 2
    asked = [noted(block.cross_attention) for block in model.blocks]
    memory, seen = model.encode(SOURCE, SOURCE_MASK), SOURCE_MASK[:, None, None, :]
    model.hidden(TARGET, None, memory, SOURCE_MASK)
    for block, layer, (x,) in zip(model.blocks, layers, asked, strict=True):
        expected = block.cross_attention.weights(x, memory, mask=seen)
        np.testing.assert_allclose(layer, expected, rtol=0, atol=1e-15)
        np.testing.assert_allclose(layer.sum(axis=-1), 1.0, atol=1e-12)
        assert (layer[1, :, :, 3:] == 0).all()


@configs
def test_a_saved_model_is_the_same_model(tmp_path, name):
    model, path = small_encoder_decoder(name).to_dtype(np.float32), tmp_path / "model.safetensors"
    model.save(path)
    loaded = EncoderDecoder.load(path)
    assert loaded.config == model.config
    got, want = (m(SOURCE, TARGET, SOURCE_MASK).data for m in (loaded, model))
    np.testing.assert_array_equal(got, want)
    small_gpt().save(path)
    with pytest.raises(CheckpointError, match="not a sequence-to-sequence model but gpt"):
        EncoderDecoder.load(path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"order": "middle"}, r"order must be one of .*'pre', 'post'.*got 'middle'"),
        ({"positions": "rotary"}, "positions must be one of"),
        ({"n_layers": 0}, "n_layers must be at least 1, got 0"),
        ({"shared": True}, "source_size 11 and target_size 13"),
    ],
)
def test_a_configuration_that_makes_no_sense_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        EncoderDecoderConfig(11, 13, **{**SIZES, **changes})


def test_what_does_not_belong_together_is_refused():
    model = small_encoder_decoder()
    long = np.ones((2, 10), np.int64)
    mask = np.zeros((2, 10), bool)
    mask[0, :4] = mask[1] = True
    for arguments, message in [
        ((long, TARGET, mask), "source 1 has 10 tokens .*max_length=9"),
        ((SOURCE, long), "target 0 has 10 tokens"),
        ((SOURCE[:1], TARGET), "2 targets, but 1 sources"),
        ((SOURCE[0], TARGET), r"source must be ids \(B, positions\)"),
        ((SOURCE, TARGET[:, :0]), r"target must be ids \(B, positions\)"),
        ((SOURCE, TARGET, SOURCE_MASK[:, :3]), "the source's mask must be"),
        ((SOURCE, TARGET, SOURCE_MASK & False), "source 0 has no token"),
    ]:
        with pytest.raises(ValueError, match=message):
            model(*arguments)
    with pytest.raises(ValueError, match="the source's mask must be"):
        model.hidden(TARGET, None, model.encode(SOURCE), SOURCE_MASK[:, :3])
    with pytest.raises(ValueError, match="2 blocks need a cache each, got 1"):
        model.hidden(TARGET, None, model.encode(SOURCE), caches=[KeyValueCache()])
    with pytest.raises(ValueError, match=r"targets .* must have the shape of inputs"):
        model.loss(SOURCE, TARGET, TARGET[:, 1:])
    with pytest.raises(IndexError):
        model(SOURCE + 5, TARGET)
    assert dataclasses.replace(model.config, hidden=None).inner_width == 48
