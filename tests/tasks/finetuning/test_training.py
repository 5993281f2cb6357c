"""Fine-tuning as a run: left and resumed, stopped early, begun from other files."""

import numpy as np
import pytest

from minillm.backend import CheckpointError, save_arrays
from minillm.models import Bert, LeftOnly, MaskedLanguageModel
from minillm.tasks import TextClassifier
from minillm.tasks.finetuning import BertBody, GptBody, open_pretrained
from minillm.tasks.pretrained import PretrainedBert
from minillm.text import Example
from minillm.training import read_record
from tests.tasks.finetuning.bodies import HELD_OUT, METHODS, REST, a_bert, a_gpt, tuned
from tests.tasks.generation.little import pretrain
from tests.tasks.small import EXAMPLES, TEN_AND_TEN, TEXTS, as_bytes, train


@pytest.fixture(scope="module")
def bert():
    return a_bert()


def everything(training):
    files = [training.run.out / name for name in ("checkpoint.safetensors", "record.jsonl")]
    return as_bytes(training.model.state_dict()), *(file.read_bytes() for file in files)


@pytest.mark.parametrize("method", METHODS)
def test_a_run_that_is_left_and_resumed_ends_at_the_same_bits(method, bert, tmp_path, monkeypatch):
    monkeypatch.setattr("minillm.tasks.finetuning.training.SAVE_EVERY", 5)
    settings = {"method": method}
    whole = tuned(bert, settings=settings, out=tmp_path / "whole")
    tuned(bert, settings=settings, out=tmp_path / "left", stop=7)
    again = tuned(bert, settings=settings, out=tmp_path / "left", resume=True)
    assert everything(again) == everything(whole)


def test_another_recipe_other_data_or_other_weights_do_not_resume(bert, tmp_path):
    tuned(bert, out=tmp_path)
    for change in (
        {"settings": {"method": "lora"}},
        {"examples": REST[1:]},
        {"body": a_bert(seed=5)},
    ):
        with pytest.raises(CheckpointError, match=r"another run|differ"):
            tuned(change.pop("body", bert), out=tmp_path, resume=True, **change)


def test_patience_ends_it_early_with_the_best_weights(bert, tmp_path):
    settings = {"epochs": 60, "lr": 0.05, "patience": 2}
    training = tuned(bert, settings=settings, held_out=HELD_OUT, out=tmp_path)
    _, events = read_record(tmp_path / "record.jsonl")
    losses = [event["held_out_loss"] for event in events if "held_out_loss" in event]
    assert len(losses) < 60
    assert training.held_out_loss() == pytest.approx(min(losses), abs=1e-6)
    with pytest.raises(ValueError, match="patience needs held-out examples"):
        tuned(bert, settings=settings)


def test_a_label_that_the_model_does_not_know_needs_a_new_head(bert, tmp_path):
    tuned(bert).result().save(tmp_path / "model.safetensors")
    earlier = open_pretrained(tmp_path / "model.safetensors")
    three = [*REST, Example("The hotel was shut.", "neither")]
    with pytest.raises(ValueError, match="'neither' is not one that the model has learned"):
        tuned(earlier, three)
    assert tuned(earlier, three, settings={"new_head": True}).labels.names == (
        "bad",
        "good",
        "neither",
    )
    only = [example for example in REST if example.label == "good"]
    assert tuned(earlier, only).labels.names == ("bad", "good")  # it goes on with its head
    first = tuned(earlier, settings={"epochs": 0}).result().predict_probabilities(TEXTS)
    saved = TextClassifier.load(tmp_path / "model.safetensors").predict_probabilities(TEXTS)
    assert np.array_equal(first, saved)


def test_one_class_is_not_enough(bert):
    with pytest.raises(ValueError, match="at least 2"):
        tuned(bert, [example for example in REST if example.label == "good"])


def test_the_models_of_every_kind_of_file_are_opened(bert, tmp_path):
    save_arrays(tmp_path / "bert", *PretrainedBert(bert.model, bert.encoder).parts())
    found = open_pretrained(tmp_path / "bert")
    assert isinstance(found, BertBody) and found.earlier is None
    assert found.language_loss(TEXTS) == bert.language_loss(TEXTS)

    training, _ = pretrain(TEXTS[4:], TEXTS[:4], settings={"tokenizer": "word", "min_count": 1})
    training.result().save(tmp_path / "gpt")
    found = open_pretrained(tmp_path / "gpt")
    assert isinstance(found, GptBody) and found.earlier is None
    assert found.language_loss(TEXTS[:4]) == pytest.approx(training.result().loss(TEXTS[:4]))

    save_arrays(tmp_path / "other", {"x": np.ones(2)}, {"kind": "a bridge"})
    with pytest.raises(CheckpointError, match="but a bridge"):
        open_pretrained(tmp_path / "other")


def test_a_classifier_speaks_only_beside_the_checkpoint_of_its_run(tmp_path):
    training, _ = train(TEN_AND_TEN, out=tmp_path)
    training.result().save(tmp_path / "model.safetensors")
    found = open_pretrained(tmp_path / "model.safetensors")
    mine = BertBody(training.model.masked, training.encoder)
    assert found.earlier is not None and found.earlier.labels.names == ("bad", "good")
    assert found.language_loss(TEXTS) == mine.language_loss(TEXTS)
    (tmp_path / "checkpoint.safetensors").unlink()
    alone = open_pretrained(tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match="has no masked-language head"):
        alone.language_loss(TEXTS)
    assert tuned(alone).result().predict(TEXTS[:1])


@pytest.mark.parametrize("make", [a_bert, a_gpt], ids=["bert", "gpt"])
def test_fine_tuning_goes_on_from_a_fine_tuned_run_and_still_speaks(make, tmp_path):
    training = tuned(make(), EXAMPLES, out=tmp_path)
    training.result().save(tmp_path / "model.safetensors")
    found = open_pretrained(tmp_path / "model.safetensors")
    assert found.language_loss(TEXTS) == pytest.approx(training.language_loss(TEXTS), abs=1e-6)


def test_texts_without_a_known_word_have_no_language_loss(bert):
    with pytest.raises(ValueError, match="no known token to hide"):
        bert.language_loss([""])


def test_a_body_under_another_mask_keeps_it(bert):
    config = bert.model.bert.config
    rng = np.random.default_rng(0)
    left = BertBody(MaskedLanguageModel(LeftOnly(config, rng=rng), rng=rng), bert.encoder)
    assert type(left.fresh(rng).model.bert) is LeftOnly
    assert type(tuned(left, settings={"pooling": "last"}).result().model.bert) is LeftOnly
    assert type(tuned(bert).result().model.bert) is Bert
