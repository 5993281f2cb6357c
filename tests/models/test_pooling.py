"""Where a classifier reads a sentence: at [CLS], at its last token, or as the mean of all."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.autograd import check_module
from minillm.backend import load_arrays, save_arrays, to_numpy
from minillm.models import POOLINGS, Bert, SequenceClassifier
from minillm.tasks import ClassifierTraining, TextClassifier
from tests.models.small_bert import (
    CLASSES,
    CONFIG,
    IDS,
    MASK,
    SEGMENTS,
    on_strict_double,
    small_classifier,
)
from tests.strict import SYNCS, strict
from tests.tasks.small import EXAMPLES, TEN_AND_TEN, TEXTS, train

each_pooling = pytest.mark.parametrize("pooling", POOLINGS)
PADDED = np.pad(IDS, ((0, 0), (0, 4)), constant_values=12), np.pad(MASK, ((0, 0), (0, 4)))


def classifier(pooling, **changes):
    """The same small model of random float64 weights, read in one of the ways."""
    model = small_classifier(**changes)
    model.pooling = pooling
    return model


def alone(model):
    """The logits of each sentence in a batch of its own, without padding."""
    lengths = MASK.sum(axis=1)
    rows = [model(IDS[i : i + 1, :n], MASK[i : i + 1, :n]).data[0] for i, n in enumerate(lengths)]
    return np.array(rows)


@pytest.mark.guide("G4")
@each_pooling
def test_a_padded_batch_is_classified_as_its_sentences_are_alone(pooling):
    model = classifier(pooling)
    np.testing.assert_allclose(model(*PADDED).data, alone(model), rtol=0, atol=1e-12)


@pytest.mark.guide("G4")
def test_read_as_a_mean_of_all_positions_a_padded_sentence_is_another(monkeypatch):
    """What the masked mean is for: attention's mask alone does not help."""
    monkeypatch.setitem(POOLINGS, "mean", lambda hidden, mask: hidden.mean(axis=1))
    model = classifier("mean")
    assert np.abs(model(*PADDED).data - alone(model)).max(axis=1).min() > 1e-4


def test_the_mean_is_of_the_real_positions_and_goes_through_the_same_layers():
    model = classifier("mean")
    s, hidden = model.state_dict(), model.bert(IDS, MASK, SEGMENTS).data
    read = np.array([hidden[0].mean(axis=0), hidden[1, :3].mean(axis=0)])
    pooled = np.tanh(read @ s["pooler.weight"].T + s["pooler.bias"])
    expected = pooled @ s["output.weight"].T + s["output.bias"]
    np.testing.assert_allclose(model(IDS, MASK, SEGMENTS).data, expected, rtol=0, atol=1e-13)


def test_the_last_is_the_last_real_position_padded_on_either_side():
    model = classifier("last")
    s, hidden = model.state_dict(), model.bert(IDS, MASK).data
    lengths = MASK.sum(axis=1)
    read = hidden[np.arange(len(IDS)), lengths - 1]
    pooled = np.tanh(read @ s["pooler.weight"].T + s["pooler.bias"])
    expected = pooled @ s["output.weight"].T + s["output.bias"]
    np.testing.assert_allclose(model(IDS, MASK).data, expected, rtol=0, atol=1e-12)
    turned = [np.roll(row, len(row) - n) for row, n in zip(IDS, lengths, strict=True)]
    left = np.array([np.arange(IDS.shape[1]) >= IDS.shape[1] - n for n in lengths])
    found = model(np.array(turned), left).data
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
    model(IDS, np.zeros_like(MASK))  # of nothing, some vector


@pytest.mark.parametrize("pooling", ["last", "mean"])
def test_the_loss_behind_another_reading_has_right_gradients(pooling):
    model, rng = classifier(pooling), np.random.default_rng(1)
    assert check_module(model, lambda: model.loss(IDS, MASK, CLASSES, SEGMENTS), rng=rng) < 1e-6


@pytest.mark.parametrize("pooling", ["last", "mean"])
def test_a_mask_on_the_device_is_read_there(pooling):
    model = classifier(pooling)
    here = model(IDS, MASK).data
    on_strict_double(model)
    SYNCS.clear()
    there = model(strict.asarray(IDS), strict.asarray(MASK), strict.asarray(0 * IDS)).data
    assert SYNCS == []
    np.testing.assert_allclose(to_numpy(there), here, rtol=0, atol=1e-12)


def test_without_a_word_it_is_cls_and_another_word_is_refused(rng):
    assert SequenceClassifier(Bert(CONFIG, rng=rng), 3, rng=rng).pooling == "cls"
    with pytest.raises(ValueError, match="pooling must be one of cls, last, mean, got 'max'"):
        SequenceClassifier(Bert(CONFIG, rng=rng), 3, rng=rng, pooling="max")


@each_pooling
def test_the_recipe_chooses_and_the_saved_model_reads_as_it_was_trained(pooling, tmp_path):
    training, _ = train(replace(TEN_AND_TEN, pooling=pooling), out=tmp_path)
    trained = training.result()
    assert trained.model.pooling == pooling
    trained.save(tmp_path / "model.safetensors")
    loaded = TextClassifier.load(tmp_path / "model.safetensors")
    assert loaded.model.pooling == pooling
    p, q = (one.predict_probabilities(TEXTS) for one in (trained, loaded))
    np.testing.assert_array_equal(p, q)
    going_on = ClassifierTraining(TEN_AND_TEN, EXAMPLES, start_from=tmp_path)
    assert going_on.recipe.pooling == going_on.model.classifier.pooling == pooling


def test_a_file_that_says_nothing_of_pooling_is_read_at_cls(tmp_path):
    path = tmp_path / "model.safetensors"
    train(TEN_AND_TEN, stop=0)[0].result().save(path)
    arrays, metadata = load_arrays(path)
    del metadata["pooling"]
    save_arrays(path, arrays, metadata)
    assert TextClassifier.load(path).model.pooling == "cls"
