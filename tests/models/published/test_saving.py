"""Our models written as published ones; what has no published form is refused."""

import json
from dataclasses import replace

import numpy as np
import pytest

from minillm.models import Bert, Gpt, GptClassifier, GptConfig, SequenceClassifier
from minillm.models.average_pooling import AveragePoolingClassifier
from minillm.models.published import from_pretrained, save_pretrained
from minillm.models.token_classifier import TokenClassifier
from minillm.nn import add_lora
from minillm.tasks.entities.schemes import legal
from tests.models.published.folders import BERT, RNG, SIZES, small


def settings_of(folder):
    return json.loads((folder / "config.json").read_text(encoding="utf-8"))


def test_labels_and_settings_go_into_the_configuration(tmp_path):
    save_pretrained(
        small("sequence"), tmp_path, labels=["坏", "好", "?"], settings={"pad_token_id": 0}
    )
    settings = settings_of(tmp_path)
    assert settings["architectures"] == ["BertForSequenceClassification"]
    assert settings["id2label"] == {"0": "坏", "1": "好", "2": "?"}
    assert settings["label2id"] == {"坏": 0, "好": 1, "?": 2}
    assert settings["pad_token_id"] == 0 and settings["dtype"] == "float32"


@pytest.mark.parametrize("labels", [["a", "b"], ["a", "b", "b"], list("abcd")])
def test_labels_that_are_not_those_of_the_model(labels, tmp_path):
    with pytest.raises(ValueError, match="3 classes need as many names"):
        save_pretrained(small("sequence"), tmp_path / "new", labels=labels)
    assert not (tmp_path / "new").exists()


def test_labels_of_a_model_without_classes(tmp_path):
    with pytest.raises(ValueError, match="no classes"):
        save_pretrained(small("gpt2"), tmp_path, labels=["a"])


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"norm": "rms"}, "norm='rms'"),
        ({"feed_forward": "swiglu"}, "feed_forward='swiglu'"),
        ({"positions": "rotary"}, "positions='rotary'"),
        ({"tied": False}, "tied=False"),
        ({"bias": False}, "bias=False"),
        ({"n_key_heads": 1}, "n_key_heads=1"),
    ],
)
def test_mixed_parts_have_no_published_form(changed, named, tmp_path):
    model = Gpt(GptConfig(11, **SIZES, **changed), rng=RNG)
    with pytest.raises(ValueError, match=named):
        save_pretrained(model, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def bert(**changed):
    return Bert(replace(BERT, **changed), rng=RNG)


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (SequenceClassifier(bert(), 2, rng=RNG, pooling="mean"), "pooling 'mean'"),
        (TokenClassifier(bert(), 2, rng=RNG, radius=1), "neighbours"),
        (TokenClassifier(bert(), 3, rng=RNG, legal=legal(["O", "B-A", "I-A"], "BIO")), "Crf"),
        (AveragePoolingClassifier(11, 2, rng=RNG), "AveragePoolingClassifier"),
        (GptClassifier(small("gpt2"), 2, rng=RNG), "a GptClassifier has no published form; Gpt, "),
    ],
)
def test_models_without_a_published_form(model, said, tmp_path):
    with pytest.raises(ValueError, match=said):
        save_pretrained(model, tmp_path)


def test_a_model_with_lora_says_which_layer_has_it_and_what_to_do(tmp_path):
    model = small("gpt2")
    add_lora(model, 2, rng=RNG)
    with pytest.raises(ValueError, match=r"call merge_lora.*attention\.query"):
        save_pretrained(model, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_float64_is_kept(tmp_path):
    model = small("llama").to_dtype(np.float64)
    save_pretrained(model, tmp_path)
    assert settings_of(tmp_path)["dtype"] == "float64"
    again = from_pretrained(tmp_path, dtype=np.float64)
    for ours, theirs in zip(model.parameters(), again.parameters(), strict=True):
        assert np.array_equal(ours.data, theirs.data)
