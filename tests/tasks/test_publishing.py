"""What the tasks work with, written as published folders and read again."""

import json
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load_file

from minillm.tasks.entities.recipe import TaggerRecipe
from minillm.tasks.entities.training import TaggerTraining
from minillm.tasks.generation import LanguageModel
from minillm.tasks.published import language_model, open_published, text_classifier
from minillm.tasks.publishing import publish
from tests.published_folders import write_bert, write_gpt2, write_llama
from tests.tasks.entities.small import TRAIN

TAGS = ["O", "B-PER", "I-PER", "I-LOC", "B-LOC"]


@pytest.mark.guide("G59")
@pytest.mark.parametrize(
    ("write", "given"),
    [
        (write_bert, ("BertForSequenceClassification", ["b", "a", "c"])),
        (write_bert, ("BertForTokenClassification", TAGS)),
        (write_bert, ("BertForMaskedLM",)),
        (write_gpt2, ()),
        (write_llama, ()),
    ],
    ids=["sequence", "tokens", "masked", "gpt2", "llama"],
)
def test_what_is_written_again_has_the_arrays_of_before(tmp_path, write, given):
    arrays = write(tmp_path / "a", *given)
    assert publish(open_published(tmp_path / "a"), tmp_path / "b") == []
    again = load_file(tmp_path / "b" / "model.safetensors")
    assert again.keys() == arrays.keys()
    order = [1, 0, 2] if "BertForSequenceClassification" in given else slice(None)
    for name, array in arrays.items():
        rows = order if name.startswith("classifier") else slice(None)
        assert np.array_equal(again[name], array[rows]), name


def test_a_tagger_of_our_own_has_no_published_form(tmp_path):
    recipe = TaggerRecipe(tokenizer="wordpiece:300", width=16, n_heads=2, head="token")
    own = TaggerTraining(recipe, TRAIN).result()
    with pytest.raises(ValueError, match="reads the shapes of words"):
        publish(own, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_a_folder_cannot_say_is_told(tmp_path):
    write_bert(tmp_path / "a", "BertForSequenceClassification", ["ham", "spam"])
    found = text_classifier(tmp_path / "a")
    chosen = type(found)(found.model, found.encoder, found.labels, positive="spam", threshold=0.3)
    (lost,) = publish(chosen, tmp_path / "b")
    assert lost.startswith("that 'spam' is said from a probability of 0.300 on")


@pytest.mark.parametrize("documents", [True, False])
def test_a_text_begins_there_as_it_began_here(tmp_path, documents):
    write_gpt2(tmp_path / "a")
    found = language_model(tmp_path / "a")
    own = LanguageModel(found.model, found.tokenizer, found.vocabulary, documents=documents)
    publish(own, tmp_path / "b")
    again = language_model(tmp_path / "b")
    assert again.documents is documents
    assert again.prompt("the cat").tolist() == own.prompt("the cat").tolist()


def test_other_programs_are_told_which_tokens_begin_and_end_a_text(tmp_path):
    write_llama(tmp_path / "a")
    publish(language_model(tmp_path / "a"), tmp_path / "b")
    config = json.loads((tmp_path / "b" / "config.json").read_text(encoding="utf-8"))
    assert (config["bos_token_id"], config["eos_token_id"]) == (263, 263)
    write_bert(tmp_path / "c", "BertForMaskedLM")
    publish(open_published(tmp_path / "c"), tmp_path / "d")
    config = json.loads((tmp_path / "d" / "config.json").read_text(encoding="utf-8"))
    assert config["pad_token_id"] == 0


def test_a_classifier_keeps_the_length_at_which_it_cuts(tmp_path):
    write_bert(tmp_path / "a", "BertForSequenceClassification", ["x", "y"])
    found = text_classifier(tmp_path / "a")
    shorter = type(found)(found.model, replace(found.encoder, max_length=6), found.labels)
    publish(shorter, tmp_path / "b")
    assert text_classifier(tmp_path / "b").encoder.max_length == 6
