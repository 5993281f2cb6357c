import numpy as np
import pytest

from minillm.autograd import check_module, gradients_of
from minillm.backend import load_arrays, save_arrays
from minillm.models import Bert, BertConfig
from minillm.nn import Dropout, LayerNorm, Linear, embedding, linear, positions
from minillm.ops import layer_norm
from tests.models.small_bert import CONFIG, IDS, MASK, SEGMENTS, small_bert, small_masked_model


def test_the_result_has_one_vector_per_position():
    assert small_bert()(IDS, MASK).shape == (2, 5, 6)
    assert small_bert()(IDS, MASK, SEGMENTS).shape == (2, 5, 6)


@pytest.mark.errata("A114")
def test_tokens_positions_and_segments_are_added_and_normalised_then_pass_every_block():
    bert = small_bert()
    s = bert.state_dict()
    summed = s["tokens.weight"][IDS] + s["positions.weight"][:5] + s["segments.weight"][SEGMENTS]
    x = layer_norm(summed, s["norm.weight"], s["norm.bias"])
    for block in bert.blocks:
        x = block(x, mask=MASK[:, None, None, :])
    np.testing.assert_array_equal(bert(IDS, MASK, SEGMENTS).data, x.data)


def test_without_segments_every_token_is_in_segment_zero():
    bert = small_bert()
    np.testing.assert_array_equal(bert(IDS, MASK).data, bert(IDS, MASK, 0 * SEGMENTS).data)
    assert np.abs(bert(IDS, MASK, SEGMENTS).data - bert(IDS, MASK).data).max() > 0.01


def test_the_defaults_are_those_of_the_small_model():
    assert vars(BertConfig(1000)) == {
        "vocabulary_size": 1000,
        "width": 64,
        "n_layers": 2,
        "n_heads": 4,
        "hidden": 256,
        "max_length": 64,
        "n_segments": 2,
        "dropout": 0.1,
        "eps": 1e-5,
    }


def test_gradients_of_every_parameter():
    bert = small_bert()
    error = check_module(bert, lambda: bert(IDS, MASK, SEGMENTS), rng=np.random.default_rng(1))
    assert error < 1e-6


def test_float32_stays_float32_in_output_and_gradients(rng):
    bert = Bert(CONFIG, rng=rng)
    output = bert(IDS, MASK, SEGMENTS)
    gradients = gradients_of((output * output).sum(), bert.parameters())
    assert {output.dtype, *(g.dtype for g in gradients)} == {np.dtype(np.float32)}


@pytest.mark.guide("G29")
@pytest.mark.errata("A116")
def test_a_later_token_changes_an_earlier_output_and_an_earlier_one_a_later():
    bert = small_bert()
    whole = np.ones((1, 5), dtype=bool)
    before = bert(IDS[:1], whole).data[0]
    for changed in range(5):
        ids = IDS[:1].copy()
        ids[0, changed] = 9
        after = bert(ids, whole).data[0]
        assert np.all(np.abs(after - before).max(axis=1) > 1e-4), changed  # at every position


@pytest.mark.errata("A114")
def test_the_order_of_the_tokens_matters():
    bert = small_bert()
    whole = np.ones((1, 5), dtype=bool)
    order = [3, 1, 4, 0, 2]
    moved = bert(IDS[:1, order], whole).data
    assert np.abs(moved - bert(IDS[:1], whole).data[:, order]).max() > 1e-3


@pytest.mark.guide("G4")
@pytest.mark.parametrize("junk", [0, 12])
@pytest.mark.parametrize("extra", [1, 6])
def test_a_padded_batch_gives_what_each_sentence_gives_alone(extra, junk):
    bert = small_bert()
    ids = np.concatenate([IDS, np.full((2, extra), junk)], axis=1)
    mask = np.concatenate([MASK, np.zeros((2, extra), dtype=bool)], axis=1)
    padded = bert(ids, mask).data
    unmasked = bert(ids, np.ones_like(mask)).data
    for row, length in enumerate(MASK.sum(axis=1)):
        alone = bert(IDS[row : row + 1, :length], MASK[row : row + 1, :length]).data[0]
        np.testing.assert_allclose(padded[row, :length], alone, rtol=0, atol=1e-12)
        assert np.abs(unmasked[row, :length] - alone).max() > 1e-3  # it was the mask


def test_the_eps_of_every_layer_norm_is_the_configurations():
    norms = [m for _, m in small_bert(eps=1e-3).named_modules() if isinstance(m, LayerNorm)]
    assert [norm.eps for norm in norms] == [1e-3] * 5
    assert small_masked_model(eps=1e-3).norm.eps == 1e-3


def test_a_sentence_of_nothing_but_padding_is_finite_and_leaves_the_other_alone():
    bert = small_bert()
    mask = np.array([[True] * 5, [False] * 5])
    output = bert(IDS, mask)
    np.testing.assert_allclose(output.data[0], bert(IDS[:1], mask[:1]).data[0], rtol=0, atol=1e-12)
    for gradient in gradients_of((output * output).sum(), bert.parameters()):
        assert np.all(np.isfinite(gradient))


@pytest.mark.fault(74)
def test_dropout_is_off_at_evaluation_and_on_in_training():
    bert = small_bert(dropout=0.5)
    assert np.abs(bert(IDS, MASK).data - bert(IDS, MASK).data).max() > 0.01
    bert.eval()
    np.testing.assert_array_equal(bert(IDS, MASK).data, bert(IDS, MASK).data)
    np.testing.assert_array_equal(bert(IDS, MASK).data, small_bert(dropout=0.0)(IDS, MASK).data)


def test_dropout_falls_on_the_normalised_vectors_and_nothing_rescales_them():
    """Each number is gone, or twice what it is at evaluation."""
    bert = small_bert(dropout=0.5)
    dropped, _ = bert.embed(IDS, MASK, None)
    bert.eval()
    whole, _ = bert.embed(IDS, MASK, None)
    gone = dropped.data == 0
    assert 0.2 < gone.mean() < 0.8  # 60 numbers: 4.6 standard deviations
    np.testing.assert_array_equal(dropped.data, np.where(gone, 0, 2 * whole.data))


def test_dropout_is_drawn_at_the_bottom_and_three_times_in_every_block():
    bert = small_bert(dropout=0.5)
    bert(IDS, MASK)
    calls = {name: m.calls for name, m in bert.named_modules() if isinstance(m, Dropout)}
    assert calls == {
        "dropout": 1,
        "blocks.0.attention.dropout": 1,
        "blocks.0.dropout": 2,
        "blocks.1.attention.dropout": 1,
        "blocks.1.dropout": 2,
    }


def test_the_seed_decides_every_weight():
    first, same, other = (Bert(CONFIG, rng=np.random.default_rng(s)) for s in (0, 0, 1))
    for name, array in first.state_dict().items():
        np.testing.assert_array_equal(array, same.state_dict()[name])
    assert np.all(first.tokens.weight.data != other.tokens.weight.data)


def test_attention_weights_come_layer_by_layer_and_ignore_padding():
    bert = small_bert()
    layers = list(bert.attention_weights(IDS, MASK, SEGMENTS))
    assert [w.shape for w in layers] == [(2, 3, 5, 5)] * 2
    for weights in layers:
        np.testing.assert_allclose(weights.sum(axis=-1), 1.0, rtol=1e-14)
        assert np.all(weights[1, :, :, 3:] == 0.0)
    assert np.abs(layers[0] - layers[1]).max() > 0.01


def test_attention_weights_are_those_of_the_forward_pass(monkeypatch):
    bert = small_bert()
    seen = []
    for block in bert.blocks:

        def watched(x, *, attention=block.attention, forward=block.attention.forward, **settings):
            seen.append(attention.weights(x, mask=settings["mask"]))
            return forward(x, **settings)

        monkeypatch.setattr(block.attention, "forward", watched)
    bert(IDS, MASK, SEGMENTS)
    looked = list(bert.attention_weights(IDS, MASK, SEGMENTS))
    np.testing.assert_array_equal(looked, seen[:2])


def test_looking_at_attention_weights_does_not_record_nor_stop_recording_around_it(monkeypatch):
    bert = small_bert()
    recorded = []
    for block in bert.blocks:
        monkeypatch.setattr(
            block, "attention_weights", lambda x, *, mask: recorded.append(x.requires_grad)
        )
    loop = bert.attention_weights(IDS, MASK)
    next(loop)
    assert bert(IDS, MASK).requires_grad  # inside the caller's loop
    for _ in loop:
        assert bert(IDS, MASK).requires_grad
    assert bert(IDS, MASK).requires_grad
    assert recorded == [False, False]


@pytest.mark.guide("G29")
def test_weights_survive_a_file_bit_for_bit(tmp_path):
    bert, other = small_bert(seed=0), small_bert(seed=1)
    save_arrays(tmp_path / "bert.safetensors", bert.state_dict(), {})
    other.load_state_dict(load_arrays(tmp_path / "bert.safetensors")[0])
    assert bert(IDS, MASK).data.tobytes() == other(IDS, MASK).data.tobytes()


@pytest.mark.fault(12, 14, 15)
@pytest.mark.parametrize(
    ("ids", "mask", "segments", "error", "message"),
    [
        (IDS, MASK[:, :4], None, ValueError, r"ids \(2, 5\) and mask \(2, 4\) must both be"),
        (IDS, MASK[:1], None, ValueError, r"ids \(2, 5\) and mask \(1, 5\)"),
        (IDS[0], MASK[0], None, ValueError, r"ids \(5,\) and mask \(5,\) must both be \(B, T\)"),
        (IDS, MASK.astype(float), None, TypeError, "mask must be boolean"),
        (IDS, MASK, SEGMENTS[:1], ValueError, r"segments \(1, 5\) must have the shape of ids \(2"),
        (IDS, MASK, SEGMENTS[0], ValueError, r"\(5,\) must have the shape of ids \(2, 5\)"),
        (IDS, MASK, SEGMENTS + 1, IndexError, r"segment 2 at position \(0, 3\) out of range"),
        (IDS, MASK, -SEGMENTS, IndexError, "segment -1"),
        (IDS + 1, MASK, None, IndexError, r"token id 13 at position \(0, 3\) out of range"),
        (IDS - 1, MASK, None, IndexError, r"token id -1 at position \(1, 3\)"),
        (IDS * 1.0, MASK, None, TypeError, "token ids must be integers, got float64"),
        (IDS[:, :0], MASK[:, :0], None, ValueError, r"sequence length 0 is not in 1\.\.11"),
    ],
)
def test_wrong_input_is_refused(ids, mask, segments, error, message):
    with pytest.raises(error, match=message):
        small_bert()(ids, mask, segments)


@pytest.mark.fault(13)
def test_the_longest_sequence_fits_and_one_more_does_not():
    bert = small_bert()
    assert bert(np.ones((1, 11), dtype=int), np.ones((1, 11), dtype=bool)).shape == (1, 11, 6)
    with pytest.raises(ValueError, match=r"sequence length 12 is not in 1\.\.11"):
        bert(np.ones((1, 12), dtype=int), np.ones((1, 12), dtype=bool))


@pytest.mark.fault(71)
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"vocabulary_size": 0}, "Embedding: sizes must be at least 1, got 0 and 6"),
        ({"width": 0}, "at least 1, got 13 and 0"),
        ({"width": 7}, "width 7 does not split into 3 equal heads"),
        ({"n_heads": 0}, "width 6 does not split into 0 equal heads"),
        ({"n_layers": 0}, "n_layers must be at least 1, got 0"),
        ({"hidden": 0}, "Linear: sizes must be at least 1, got 6 and 0"),
        ({"max_length": 0}, "LearnedPositions: sizes must be at least 1, got 0 and 6"),
        ({"n_segments": 0}, "Embedding: sizes must be at least 1, got 0 and 6"),
        ({"dropout": 1.0}, r"rate must be in \[0, 1\), got 1.0"),
    ],
)
def test_impossible_sizes_are_refused(change, message, rng):
    with pytest.raises(ValueError, match=message):
        Bert(BertConfig(**{**vars(CONFIG), **change}), rng=rng)


@pytest.mark.guide("G26")
def test_the_sizes_of_bert_base_give_the_published_number_of_parameters(rng, monkeypatch):
    """109,482,240 with the pooling layer, counted without making room for the numbers."""

    def unallocated(shape, **_):
        return np.broadcast_to(np.float32(0), shape)

    monkeypatch.setattr(linear, "xavier_uniform", unallocated)
    monkeypatch.setattr(embedding, "normal", unallocated)
    monkeypatch.setattr(positions, "normal", unallocated)
    base = BertConfig(
        vocabulary_size=30_522, width=768, n_layers=12, n_heads=12, hidden=3072, max_length=512
    )
    bert, pooler = Bert(base, rng=rng), Linear(768, 768, rng=rng)
    assert bert.parameter_count() + pooler.parameter_count() == 109_482_240
    assert bert.tokens.weight.data.strides == (0, 0)  # the replacement was used
