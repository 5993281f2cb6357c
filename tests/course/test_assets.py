"""The trained models that lessons load: each has a maker, is small, and does what it says."""

import json

import numpy as np
import pytest

from minillm.backend import CheckpointError, load_arrays
from minillm.course import assets, pretrained_bert, pretrained_gpt
from minillm.course.places import ASSETS
from minillm.course.pretrained_bert import Pretraining
from minillm.models.ngrams import NGrams
from minillm.tasks import ClassifierTraining, Recipe, evaluate_masked
from minillm.tasks.generation import GptRecipe, LanguageModel, counting_loss
from minillm.tasks.pretrained import PretrainedBert
from minillm.text.corpora import load_corpus, unlabelled

LARGEST = 1_000_000  # bytes, all together
TINY = Pretraining(
    languages=("en",),
    sentences=40,
    held_out=20,
    width=8,
    n_layers=1,
    n_heads=2,
    batch_size=8,
    passes=2,
)
each_asset = pytest.mark.parametrize("name", assets.MAKERS)


def test_every_file_has_a_maker_and_every_maker_a_file():
    assert {path.name for path in ASSETS.iterdir()} == {
        f"{name}.safetensors" for name in assets.MAKERS
    }
    assert sum(path.stat().st_size for path in ASSETS.iterdir()) < LARGEST


@each_asset
def test_weights_are_stored_in_float16(name):
    arrays, _ = load_arrays(assets.path_of(name))
    assert {array.dtype for array in arrays.values()} == {np.dtype(np.float16)}


@each_asset
def test_a_model_reaches_what_its_file_says(name):
    loss = assets.MAKERS[name].held_out_loss(assets.load(name))
    assert loss == pytest.approx(assets.stored_loss(name), rel=1e-3)


@pytest.mark.slow
@each_asset
def test_a_model_that_is_made_again_reaches_what_the_file_says(name, tmp_path):
    assets.make(name, tmp_path)
    _, described = load_arrays(tmp_path / f"{name}.safetensors")
    assert float(described[assets.HELD_OUT]) == pytest.approx(assets.stored_loss(name), rel=0.02)


def tiny_maker(monkeypatch):
    maker = assets.Maker(
        lambda: pretrained_bert.train(TINY),
        PretrainedBert.from_parts,
        lambda pretrained: pretrained_bert.loss(pretrained, TINY),
    )
    monkeypatch.setitem(assets.MAKERS, "tiny", maker)


def test_what_is_made_is_read_again_and_its_loss_is_that_of_the_rounded_weights(
    monkeypatch, tmp_path
):
    tiny_maker(monkeypatch)
    path = assets.make("tiny", tmp_path)
    arrays, described = load_arrays(path)
    again = PretrainedBert.from_parts(arrays, described)
    assert float(described[assets.HELD_OUT]) == pytest.approx(pretrained_bert.loss(again, TINY))
    assert {p.dtype for p in again.model.parameters()} == {np.dtype(np.float32)}
    text = again.encoder.tokenize(["The room was clean."])
    assert again.encoder.vocabulary.decode(again.encoder.vocabulary.encode(text[0])) == text[0]
    assert assets.make("tiny", tmp_path / "again").read_bytes() == path.read_bytes()


def test_training_lowers_the_loss():
    losses = [
        pretrained_bert.loss(pretrained_bert.train(settings), settings)
        for settings in (TINY, Pretraining(**{**vars(TINY), "passes": 30, "rate": 1e-2}))
    ]
    assert losses[1] < losses[0] - 0.3


def test_nothing_that_the_bert_was_pretrained_on_is_in_a_dev_or_test_set_of_its_seed():
    settings = pretrained_bert.SETTINGS
    seen = set(pretrained_bert.training_texts(settings))
    assert len(seen) == settings.sentences * len(settings.languages)
    for language in settings.languages:
        corpus = load_corpus("sentiment", language, sizes=(0, 500, 1000))
        assert not seen & {text for text, _ in (*corpus.dev, *corpus.test)}


@pytest.mark.guide("G27")
def test_the_bert_finds_hidden_words_better_than_the_counts_of_both_neighbours():
    """On 500 held-out reviews; the counts are of 2000 of those that it was pretrained on."""
    bert = assets.load("bert")
    settings, encoder = pretrained_bert.SETTINGS, bert.encoder
    for language in settings.languages:
        train = encoder(unlabelled("sentiment", language, size=2000))
        held_out = load_corpus("sentiment", language, sizes=(0, 200, 0)).dev
        held_out_ids = encoder([text for text, _ in held_out])
        found = evaluate_masked(bert.model, train, held_out_ids, encoder.vocabulary, seed=1)
        assert found.model < found.neighbours - 0.1


def test_a_classifier_can_start_from_its_weights():
    bert = assets.load("bert")
    config = bert.model.bert.config
    assert len(bert.encoder.vocabulary) == config.vocabulary_size
    training = ClassifierTraining(
        Recipe(width=config.width, n_layers=config.n_layers, n_heads=config.n_heads, dropout=0.0),
        load_corpus("sentiment", "en", sizes=(20, 0, 0)).train,
    )
    mine, theirs = training.model.classifier.bert, bert.model.bert
    for ours, given in zip(mine.blocks, theirs.blocks, strict=True):
        ours.load_state_dict(given.state_dict())


def test_an_unknown_name_is_refused_with_the_names_there_are():
    for call in (assets.load, assets.make):
        with pytest.raises(ValueError, match=r"no trained model 'bart'; there are bert"):
            call("bart")


@pytest.mark.parametrize("change", [{"kind": "gpt"}, {"config": "{}"}, {"encoder": "{}"}])
def test_a_file_of_something_else_is_refused(change):
    arrays, described = load_arrays(assets.path_of("bert"))
    with pytest.raises(CheckpointError, match="not a pretrained bert"):
        PretrainedBert.from_parts(arrays, {**described, **change})


def test_the_header_says_what_the_model_is():
    _, described = load_arrays(assets.path_of("bert"))
    assert json.loads(described["config"])["width"] == pretrained_bert.SETTINGS.width
    assert json.loads(described["encoder"])["max_length"] == pretrained_bert.SETTINGS.max_length


TINY_GPT = pretrained_gpt.Pretraining(
    corpora=("sentiment",),
    sentences=40,
    held_out=10,
    recipe=GptRecipe(
        tokenizer="byte_pairs:300",
        width=8,
        n_layers=1,
        n_heads=2,
        max_length=32,
        batch_size=4,
        steps=3,
        warmup=1,
    ),
)


def test_a_gpt_that_is_made_is_read_again_with_its_tokens(monkeypatch, tmp_path):
    maker = assets.Maker(
        lambda: pretrained_gpt.train(TINY_GPT),
        LanguageModel.from_parts,
        lambda language: pretrained_gpt.loss(language, TINY_GPT),
    )
    monkeypatch.setitem(assets.MAKERS, "tiny", maker)
    arrays, described = load_arrays(assets.make("tiny", tmp_path))
    again = LanguageModel.from_parts(arrays, described)
    assert {array.dtype for array in arrays.values()} == {np.dtype(np.float16)}
    assert {p.dtype for p in again.model.parameters()} == {np.dtype(np.float32)}
    assert float(described[assets.HELD_OUT]) == pytest.approx(pretrained_gpt.loss(again, TINY_GPT))
    assert again.documents and again.decode(again.encode("The room was clean.")) == (
        "The room was clean."
    )


def test_nothing_that_the_gpt_was_pretrained_on_is_in_a_dev_or_test_set_of_its_seed():
    settings = pretrained_gpt.SETTINGS
    for name in settings.corpora:
        seen = set(unlabelled(name, "en", seed=settings.seed, size=settings.sentences))
        corpus = load_corpus(name, "en", seed=settings.seed, sizes=(0, 500, 1000))
        assert not seen & {text for text, _ in (*corpus.dev, *corpus.test)}


@pytest.mark.guide("G30")
def test_the_gpt_foretells_better_than_n_grams_of_the_same_sentences():
    language, settings = assets.load("gpt"), pretrained_gpt.SETTINGS
    learned = [
        language.encode(text)
        for name in settings.corpora
        for text in unlabelled(name, "en", seed=settings.seed, size=settings.sentences)
    ]
    unseen = [language.encode(text) for text in pretrained_gpt.held_out(settings)[::5]]
    size = len(language.vocabulary)
    counted = [
        counting_loss(NGrams(learned, vocabulary_size=size, order=order), unseen)
        for order in (4, 6, 8)
    ]
    assert assets.stored_loss("gpt") < min(counted) - 0.05


def test_a_file_of_something_else_is_no_gpt():
    arrays, described = load_arrays(assets.path_of("bert"))
    with pytest.raises(CheckpointError, match="not a language model but pretrained bert"):
        LanguageModel.from_parts(arrays, described)
