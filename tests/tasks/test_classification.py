import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.backend import CheckpointError, load_arrays, save_arrays
from minillm.models.bag_of_words import BagOfWords
from minillm.tasks import (
    BagOfWordsClassifier,
    MajorityClassifier,
    TextClassifier,
    TextEncoder,
    precision_recall,
)
from minillm.text import TOKENIZERS, Example, Labels, WordTokenizer
from tests.tasks.small import EXAMPLES, PLACES, TEN_AND_TEN, TEXTS, as_bytes, train
from tests.text.merges import Merges

BPE = {"kind": "bpe", "state": {}}
TWICE = {"tokens": ["a", "a"], "special": {}}
OTHER = ["", "The hotel", "bright " * 30, "Nobody wrote this down.", "猫", *TEXTS[::7]]


@pytest.fixture(scope="module")
def classifier():
    """A model that has learned the sixty sentences."""
    recipe = replace(TEN_AND_TEN, pretrain_epochs=0, finetune_epochs=15, finetune_lr=5e-3)
    return train(recipe)[0].result()


@pytest.fixture
def path(classifier, tmp_path):
    """The file of that model."""
    classifier.save(tmp_path / "model.safetensors")
    return tmp_path / "model.safetensors"


def test_a_trained_model_labels_its_sentences_in_their_order(classifier):
    assert classifier.predict(TEXTS) == [example.label for example in EXAMPLES]


@pytest.mark.errata("A26")
def test_probabilities_have_a_row_for_each_text_and_a_column_for_each_label(classifier):
    p = classifier.predict_probabilities(TEXTS)
    assert (p.shape, p.dtype) == ((60, 2), np.float32)
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-6)
    best = classifier.labels.decode(p.argmax(axis=1))
    assert best == classifier.predict(TEXTS)
    assert classifier.labels.names == ("bad", "good")


@pytest.mark.parametrize("batch_size", [1, 3, 7])
def test_probabilities_hardly_depend_on_the_padding_beside_them(batch_size, classifier):
    """With a batch size of one there is no padding at all."""
    whole = classifier.predict_probabilities(OTHER)
    parts = classifier.predict_probabilities(OTHER, batch_size=batch_size)
    np.testing.assert_allclose(parts, whole, atol=1e-5)


@given(st.permutations(range(len(OTHER))), st.integers(1, 6))
def test_each_text_keeps_its_probabilities_in_any_order(classifier, order, batch_size):
    straight = classifier.predict_probabilities(OTHER)
    shuffled = classifier.predict_probabilities([OTHER[i] for i in order], batch_size=batch_size)
    np.testing.assert_allclose(shuffled, straight[list(order)], atol=1e-5)


def test_no_texts_have_no_predictions(classifier):
    assert classifier.predict_probabilities([]).shape == (0, 2)
    assert classifier.predict([]) == []


@pytest.mark.parametrize("mode", [True, False])
def test_dropout_is_off_in_prediction_and_the_mode_is_restored(mode, classifier):
    classifier.model.train(mode)
    before = classifier.model.bert.dropout.calls
    first, second = (classifier.predict_probabilities(TEXTS) for _ in range(2))
    assert first.tobytes() == second.tobytes()
    assert classifier.model.bert.dropout.calls == before
    assert classifier.model.training is classifier.model.bert.training is mode


def test_prediction_changes_no_weight_and_leaves_no_gradient(classifier):
    before = as_bytes(classifier.model.state_dict())
    for parameter in classifier.model.parameters():
        parameter.grad = None
    classifier.predict(TEXTS)
    assert as_bytes(classifier.model.state_dict()) == before
    assert all(parameter.grad is None for parameter in classifier.model.parameters())


def test_a_loaded_model_is_the_saved_one_bit_for_bit(classifier, path):
    loaded = TextClassifier.load(path)
    assert loaded.labels.names == classifier.labels.names
    assert loaded.encoder.to_json() == classifier.encoder.to_json()
    assert loaded.model.bert.config == classifier.model.bert.config
    assert as_bytes(loaded.model.state_dict()) == as_bytes(classifier.model.state_dict())
    expected = classifier.predict_probabilities(OTHER)
    assert loaded.predict_probabilities(OTHER).tobytes() == expected.tobytes()
    assert not loaded.model.training


def test_the_same_model_is_always_the_same_file(classifier, path):
    for name in map(str, range(5)):
        classifier.save(path.with_name(name))
        assert path.with_name(name).read_bytes() == path.read_bytes()
    TextClassifier.load(path).save(path.with_name("again"))
    assert path.with_name("again").read_bytes() == path.read_bytes()


def test_the_label_to_find_is_saved_with_the_model(classifier, path, tmp_path):
    assert classifier.positive == TextClassifier.load(path).positive == "bad"  # rarest, or first
    parts = classifier.model, classifier.encoder, classifier.labels
    assert TextClassifier(*parts).positive is None
    TextClassifier(*parts, positive="good").save(tmp_path / "good")
    assert TextClassifier.load(tmp_path / "good").positive == "good"
    with pytest.raises(ValueError, match="positive 'fair' is not one of bad, good"):
        TextClassifier(*parts, positive="fair")


def test_labels_and_tokens_may_be_chinese(tmp_path):
    examples = [Example("这家酒店很好。", "褒"), Example("这座桥很吵。", "贬")] * 4
    classifier = train(TEN_AND_TEN, examples)[0].result()
    classifier.save(tmp_path / "模型.safetensors")
    loaded = TextClassifier.load(tmp_path / "模型.safetensors")
    assert loaded.labels.names == ("褒", "贬")
    assert "酒" in loaded.encoder.vocabulary.tokens


def test_a_learned_tokenizer_is_saved_with_the_model_and_gives_the_same_ids(
    classifier, tmp_path, monkeypatch
):
    monkeypatch.setitem(TOKENIZERS, "merges", Merges)
    learned = Merges([("t", "h"), ("th", "e"), ("the", "▁")])
    encoder = TextEncoder.build(TEXTS, tokenizer=learned, max_length=12, max_size=20)
    classifier = TextClassifier(classifier.model, encoder, classifier.labels)
    classifier.save(tmp_path / "model.safetensors")
    loaded = TextClassifier.load(tmp_path / "model.safetensors")
    assert loaded.encoder.tokenizer.pairs == learned.pairs
    ids, expected = loaded.encoder(OTHER), encoder(OTHER)
    assert [row.tolist() for row in ids] == [row.tolist() for row in expected]
    assert loaded.predict_probabilities(OTHER).tobytes() == (
        classifier.predict_probabilities(OTHER).tobytes()
    )
    monkeypatch.delitem(TOKENIZERS, "merges")
    with pytest.raises(CheckpointError, match=r"must be one of word, character, .*, got 'merges'"):
        TextClassifier.load(tmp_path / "model.safetensors")


@pytest.mark.parametrize("place", [0.02, 0.3, 0.6, 0.99])
def test_a_damaged_file_is_refused(place, path):
    content = bytearray(path.read_bytes())
    content[int(place * len(content))] ^= 0x10
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"model\.safetensors: damaged"):
        TextClassifier.load(path)


def test_half_a_file_is_refused(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(CheckpointError, match=r"model\.safetensors: damaged"):
        TextClassifier.load(path)


@pytest.mark.parametrize(("metadata", "found"), [({"kind": "sofa"}, "sofa"), ({}, "other arrays")])
def test_a_file_of_another_kind_is_refused(metadata, found, path):
    save_arrays(path, {"x": np.ones(2)}, metadata)
    with pytest.raises(CheckpointError, match=f"not a text classifier but {found}"):
        TextClassifier.load(path)


def spoil(path, name, change):
    """Write the model again with one entry of its metadata changed, or left out."""
    arrays, metadata = load_arrays(path)
    text = metadata.pop(name)
    changed = change(json.loads(text))
    save_arrays(path, arrays, metadata if changed is None else metadata | {name: changed})


@pytest.mark.fault(73)
@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("config", lambda _: None, "KeyError: 'config'"),
        ("config", lambda c: json.dumps(c | {"colour": 3}), "'colour'"),
        ("config", lambda c: json.dumps(c | {"width": 8}), "state does not fit"),
        ("labels", lambda c: json.dumps(c[:1]), "at least 2 classes, got 1"),
        ("labels", lambda _: "{", "JSONDecodeError"),
        (
            "encoder",
            lambda c: json.dumps(c | {"tokenizer": {"kind": "bpe", "state": {}}}),
            "got 'bpe'",
        ),
        (
            "pooling",
            lambda _: json.dumps("max"),
            "pooling must be one of cls, last, mean, got 'max'",
        ),
        ("encoder", lambda c: json.dumps(c | {"vocabulary": TWICE}), "'a' occurs twice"),
    ],
)
def test_a_description_that_makes_no_sense_is_refused(name, change, message, path):
    spoil(path, name, change)
    with pytest.raises(CheckpointError, match=message) as caught:
        TextClassifier.load(path)
    assert str(path) in str(caught.value)


def test_a_missing_file_and_a_folder_are_errors_of_the_system(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        TextClassifier.load(tmp_path / "nowhere")
    with pytest.raises(OSError, match=tmp_path.name):
        TextClassifier.load(tmp_path)


@pytest.mark.guide("G36")
def test_a_spam_filter_of_words_is_blind_to_misspelled_ones():
    """One word in six sentences gives spam away; misspelled, it is one unknown word of many."""
    ham = [
        Example(f"I saw the {e.text.split()[1]} and name{i}.", "ham")
        for i, e in enumerate(EXAMPLES)
    ]
    spam = [
        Example(f"I saw the {place} and {w}.", "spam")
        for place in PLACES
        for w in ("prizes", "jackpots")
    ]
    recipe = replace(TEN_AND_TEN, min_count=2, finetune_epochs=10, finetune_lr=5e-3)
    classifier = train(recipe, ham + spam)[0].result()
    honest = [example.text for example in spam]
    hidden = [text.replace("pr", "ρr").replace("jack", "j4ck") for text in honest]

    def recall(texts):
        predicted = classifier.labels.encode(classifier.predict(texts))
        true = classifier.labels.encode(["spam"] * len(texts))
        return precision_recall(predicted, true, classifier.labels.name_to_id["spam"]).recall

    assert classifier.predict([example.text for example in ham]) == ["ham"] * len(ham)
    assert recall(honest) == 1.0
    assert recall(hidden) == 0.0


def test_one_text_in_the_place_of_many_is_refused(classifier):
    baselines = MajorityClassifier(classifier.labels, "good"), bag_of_words(EXAMPLES)
    for ask in (
        classifier.predict,
        classifier.encoder,
        classifier.encoder.tokenize,
        *(one.predict_probabilities for one in (classifier, *baselines)),
    ):
        with pytest.raises(TypeError, match=r"expected a list of texts, got the text 'The hotel'"):
            ask("The hotel")


def bag_of_words(examples):
    """The baseline, fitted."""
    tokens = [WordTokenizer().tokenize(text) for text, _ in examples]
    bag = BagOfWords(l2=0.1).fit(tokens, [label for _, label in examples])
    return BagOfWordsClassifier(bag, WordTokenizer())


def test_texts_that_can_be_looked_through_once_are_predicted_like_a_list(classifier):
    p = classifier.predict_probabilities(text for text in OTHER)
    np.testing.assert_array_equal(p, classifier.predict_probabilities(OTHER))


def test_labels_and_an_encoder_of_another_model_are_refused(classifier):
    model, encoder, labels = classifier.model, classifier.encoder, classifier.labels
    longer = replace(encoder, max_length=encoder.max_length + 1)
    richer = TextEncoder.build([*TEXTS, "zebra"], tokenizer=WordTokenizer(), max_length=12)
    for parts, message in (
        ((encoder, Labels(["a", "b", "c"])), "labels 3, but the model was made for 2"),
        ((longer, labels), "max_length 13, but the model was made for 12"),
        ((richer, labels), r"tokens \d+, but the model was made for"),
    ):
        with pytest.raises(ValueError, match=message):
            TextClassifier(model, *parts)


def test_a_file_whose_labels_are_not_those_of_its_weights_is_damaged(path):
    arrays, metadata = load_arrays(path)
    encoder = json.loads(metadata["encoder"])
    encoder["max_length"] += 1
    save_arrays(path, arrays, {**metadata, "encoder": json.dumps(encoder)})
    with pytest.raises(CheckpointError, match="max_length 13, but the model was made for 12"):
        TextClassifier.load(path)
