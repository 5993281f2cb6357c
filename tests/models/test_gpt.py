import dataclasses
import math

import numpy as np
import pytest

from minillm.autograd import check_module, gradients_of, no_grad
from minillm.backend import CheckpointError, save_arrays
from minillm.models import Gpt, GptConfig, gpt2_style, llama_style, next_tokens
from minillm.nn import KeyValueCache
from minillm.ops import IGNORE
from minillm.optim import AdamW
from tests.models.small_gpt import IDS, MASK, SIZES, STYLES, small_gpt
from tests.strict import SYNCS, strict

styles = pytest.mark.parametrize("style", STYLES)


def rolled(ids, mask):
    """The same texts, padded on the left."""
    shifts = (~mask).sum(axis=1)
    both = zip(ids, mask, shifts, strict=True)
    moved = [(np.roll(i, n), np.roll(m, n)) for i, m, n in both]
    return tuple(np.array(part) for part in zip(*moved, strict=True))


@pytest.mark.guide("G30")
@styles
def test_the_gradients_of_the_whole_model_are_right(style):
    model = small_gpt(style)
    inputs, targets = next_tokens(IDS, MASK)
    loss = lambda: model.loss(inputs, targets, MASK[:, :-1])  # noqa: E731
    assert check_module(model, loss, rng=np.random.default_rng(1)) < 1e-6


@pytest.mark.guide("G30")
@styles
def test_later_tokens_change_no_earlier_logits(style):
    model, other = small_gpt(style), IDS.copy()
    other[:, 3:] = [[1, 1], [4, 9]]
    before, after = model(IDS).data, model(other).data
    np.testing.assert_array_equal(before[:, :3], after[:, :3])
    assert np.abs(before[:, 3:] - after[:, 3:]).max() > 0.01


@styles
def test_it_reads_the_tokens_in_their_order(style):
    model = small_gpt(style)
    swapped = model(IDS[:, [1, 0, 2, 3, 4]]).data[:, 4]
    assert np.abs(swapped - model(IDS).data[:, 4]).max() > 0.01


@styles
def test_padding_on_either_side_and_none_give_the_same_logits(style):
    model = small_gpt(style)
    right = model(IDS, MASK).data
    ids, mask = rolled(IDS, MASK)
    left = model(ids, mask).data
    alone = model(IDS[1:, :3]).data[0]
    np.testing.assert_allclose(right[1, :3], alone, rtol=0, atol=1e-12)
    np.testing.assert_allclose(left[1, 2:], alone, rtol=0, atol=1e-12)
    np.testing.assert_allclose(left[0], right[0], rtol=0, atol=1e-12)


@styles
@pytest.mark.parametrize("padded", [False, True])
def test_token_by_token_with_caches_it_gives_what_it_gives_at_once(style, padded):
    model = small_gpt(style)
    ids, mask = rolled(IDS, MASK) if padded else (IDS, None)
    at_once = model(ids, mask).data
    caches = [KeyValueCache() for _ in model.blocks]
    with no_grad():
        parts = [
            model(ids[:, a:b], None if mask is None else mask[:, :b], caches=caches).data
            for a, b in ((0, 3), (3, 4), (4, 5))
        ]
    real = slice(2, None) if padded else slice(None)
    stepwise = np.concatenate(parts, axis=1)
    np.testing.assert_allclose(stepwise[:, real], at_once[:, real], rtol=0, atol=1e-12)


@pytest.mark.guide("G30")
@pytest.mark.parametrize("make", [gpt2_style, llama_style])
def test_the_first_loss_is_near_the_logarithm_of_the_vocabulary(make, rng):
    model = Gpt(make(500), rng=rng)
    loss = model.loss(*next_tokens(rng.integers(500, size=(4, 40))))
    assert float(loss) == pytest.approx(math.log(500), abs=0.15)
    assert model.perplexity(rng.integers(500, size=(4, 40))) == pytest.approx(500, rel=0.15)


def test_what_writes_into_the_stream_starts_smaller(rng):
    model = Gpt(gpt2_style(50, n_layers=8), rng=rng)
    block = model.blocks[3]
    for layer in (block.attention.output, block.feed_forward.outer):
        assert layer.weight.data.std() == pytest.approx(0.02 / 4, rel=0.03)
    for layer in (block.attention.query, block.feed_forward.inner, model.positions):
        assert layer.weight.data.std() == pytest.approx(0.02, rel=0.03)


@pytest.mark.guide("G30")
def test_the_sizes_of_published_models_give_their_numbers_of_parameters():
    small = gpt2_style(50_257, width=768, n_layers=12, n_heads=12, max_length=1024)
    assert small.parameter_count() == 124_439_808
    llama = llama_style(32_000, width=4096, n_layers=32, n_heads=32, hidden=11_008)
    assert llama.parameter_count() == 6_738_415_616
    tiny = llama_style(32_000, width=2048, n_layers=22, n_heads=32, n_key_heads=4, hidden=5632)
    assert tiny.parameter_count() == 1_100_048_384  # TinyLlama's 1.1B


@pytest.mark.parametrize("positions", ["learned", "rotary"])
@pytest.mark.parametrize("norm", ["layer", "rms"])
@pytest.mark.parametrize("feed_forward", ["gelu", "swiglu"])
@pytest.mark.parametrize(("tied", "bias"), [(True, False), (False, True)])
def test_counted_parameters_are_those_of_the_model(positions, norm, feed_forward, tied, bias, rng):
    parts = {"positions": positions, "norm": norm, "feed_forward": feed_forward}
    sizes = {"width": 12, "n_layers": 3, "n_heads": 6, "n_key_heads": 2, "hidden": 7}
    config = GptConfig(17, **sizes, **parts, tied=tied, bias=bias)
    assert Gpt(config, rng=rng).parameter_count() == config.parameter_count()


def test_a_tied_head_is_the_table_of_tokens_and_an_untied_one_its_own():
    tied, untied = small_gpt("gpt2"), small_gpt("llama")
    assert tied.head is None
    assert "head.weight" in untied.state_dict()
    h = untied.hidden(IDS).data
    np.testing.assert_allclose(untied(IDS).data, h @ untied.head.weight.data.T, atol=1e-13)
    h = tied.hidden(IDS).data
    np.testing.assert_allclose(tied(IDS).data, h @ tied.tokens.weight.data.T, atol=1e-13)


def test_next_tokens_are_one_on_and_padding_is_no_target():
    inputs, targets = next_tokens(IDS, MASK)
    np.testing.assert_array_equal(inputs, IDS[:, :-1])
    np.testing.assert_array_equal(targets, [[7, 5, 12, 3], [7, 3, IGNORE, IGNORE]])
    _, targets = next_tokens(*rolled(IDS, MASK))
    np.testing.assert_array_equal(targets[1], [IGNORE, IGNORE, 7, 3])


def test_the_loss_passes_over_ignored_targets():
    model = small_gpt()
    inputs, targets = next_tokens(IDS, MASK)
    z = model(inputs, MASK[:, :-1]).data
    log_p = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))
    rows, places = np.nonzero(targets != IGNORE)
    expected = -log_p[rows, places, targets[rows, places]]
    loss = float(model.loss(inputs, targets, MASK[:, :-1]))
    assert loss == pytest.approx(expected.mean(), abs=1e-12)
    got = model.log_probabilities(IDS, MASK)
    np.testing.assert_allclose(got[rows, places], -expected, rtol=0, atol=1e-12)
    assert (got[targets == IGNORE] == 0).all()
    assert model.perplexity(IDS, MASK) == pytest.approx(math.exp(expected.mean()), rel=1e-12)


@styles
def test_a_few_steps_learn_a_text_by_heart(style, rng):
    model = Gpt(dataclasses.replace(STYLES[style], n_layers=1), rng=rng)
    optimizer = AdamW(model.parameters(), lr=0.02)
    inputs, targets = next_tokens(IDS)
    for _ in range(60):
        loss = model.loss(inputs[:1], targets[:1])
        optimizer.step(gradients_of(loss, optimizer.parameters))
    assert float(loss) < 0.05


@styles
def test_a_model_survives_a_file_bit_for_bit(style, tmp_path):
    model = small_gpt(style).to_dtype(np.float32)
    model.save(tmp_path / "gpt.safetensors")
    loaded = Gpt.load(tmp_path / "gpt.safetensors")
    assert loaded.config == model.config
    assert loaded(IDS).data.tobytes() == model(IDS).data.tobytes()


def test_files_of_something_else_are_refused(tmp_path):
    path = tmp_path / "other.safetensors"
    save_arrays(path, {"a": np.zeros(2)}, {})
    with pytest.raises(CheckpointError, match="not a gpt but other arrays"):
        Gpt.load(path)
    save_arrays(path, {"a": np.zeros(2)}, {"kind": "gpt", "config": '{"vocabulary_size": 3}'})
    with pytest.raises(CheckpointError, match=r"not a gpt that this version reads: ValueError"):
        Gpt.load(path)
    save_arrays(path, {}, {"kind": "gpt", "config": '{"size": 3}'})
    with pytest.raises(CheckpointError, match="unexpected keyword argument 'size'"):
        Gpt.load(path)


@styles
def test_it_runs_on_a_device_without_waiting_for_it(style):
    model, mask = small_gpt(style), np.ones_like(MASK)
    expected = model(IDS, mask).data
    for parameter in model.parameters():
        parameter.data = strict.asarray(parameter.data)
    SYNCS.clear()
    got = model(IDS, mask)
    assert not SYNCS
    np.testing.assert_allclose(np.asarray(got.data.get()), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("ids", "mask", "error", "message"),
    [
        (IDS[0], None, ValueError, r"ids must be \(B, T\) with a token at least, got \(5,\)"),
        (IDS[:, :0], None, ValueError, r"with a token at least, got \(2, 0\)"),
        (IDS, MASK[:, :4], ValueError, r"mask must be \(2, 5\) for these ids, got \(2, 4\)"),
        (IDS + 1, None, IndexError, r"token id 13 at position \(0, 3\)"),
        (IDS * 1.0, None, TypeError, "token ids must be integers, got float64"),
        (np.ones((1, 12), int), None, ValueError, "12 positions are more than max_length=11"),
    ],
)
@styles
def test_wrong_input_is_refused(style, ids, mask, error, message):
    with pytest.raises(error, match=message):
        small_gpt(style)(ids, mask)


def test_caches_of_another_model_or_batch_are_refused():
    model, other = small_gpt(), small_gpt()
    caches = [KeyValueCache() for _ in model.blocks]
    with no_grad():
        model(IDS, caches=caches)
        with pytest.raises(ValueError, match="holds the keys of another block"):
            other(IDS, caches=caches)
        with pytest.raises(ValueError, match="another batch needs a cache of its own"):
            model(IDS[:1], caches=caches)
        with pytest.raises(ValueError, match="2 blocks need a cache each, got 1"):
            model(IDS, caches=caches[:1])
        with pytest.raises(ValueError, match=r"the caches hold \[0, 5\] positions"):
            model(IDS, caches=[caches[0], KeyValueCache()])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"positions": "sine"}, r"positions must be one of \('learned', 'rotary'\), got 'sine'"),
        ({"norm": "none"}, "norm must be one of"),
        ({"feed_forward": "relu"}, "feed_forward must be one of"),
        ({"n_layers": 0}, "n_layers must be at least 1, got 0"),
        ({"n_heads": 5}, "width 12 does not split into 5 equal heads"),
        ({"n_key_heads": 2}, "3 heads cannot share 2 heads of keys"),
        ({"max_length": 0}, "LearnedPositions: sizes must be at least 1"),
    ],
)
def test_impossible_configurations_are_refused(change, message, rng):
    with pytest.raises(ValueError, match=message):
        Gpt(GptConfig(13, **{**SIZES, **change}), rng=rng)


def test_a_style_takes_sizes_and_no_parts():
    with pytest.raises(TypeError, match="gpt2_style: norm is none of its sizes"):
        gpt2_style(13, norm="rms")
    with pytest.raises(TypeError, match="llama_style: tied is none of its sizes"):
        llama_style(13, tied=True)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: m.loss(IDS, IDS[:, 1:]), r"targets \(2, 4\) must have the shape of ids \(2, 5"),
        (lambda m: next_tokens(IDS[:, :1]), r"T of at least 2, got \(2, 1\)"),
        (lambda m: next_tokens(IDS, MASK[:1]), r"mask \(1, 5\) must have the shape"),
        (lambda m: m.perplexity(IDS[:, :2], MASK[:, :2] & False), "no token has one before it"),
    ],
)
def test_wrong_targets_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call(small_gpt())


def test_where_a_later_block_fails_no_cache_has_moved():
    model = small_gpt()
    with no_grad():
        caches = [KeyValueCache() for _ in model.blocks]
        model(IDS, caches=caches)
        swapped = [KeyValueCache() for _ in model.blocks]
        model(IDS, caches=swapped)
        with pytest.raises(ValueError, match="holds the keys of another block"):
            model(IDS[:, :1], caches=[caches[0], swapped[0]])
        assert len(caches[0]) == len(swapped[0]) == IDS.shape[1]
        again = model(IDS[:, :1], caches=caches).data
        np.testing.assert_array_equal(again, model(IDS[:, :1], caches=swapped).data)
