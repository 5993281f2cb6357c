"""Published folders as what the tasks work with, against NumPy written from the published names."""

import json

import numpy as np
import pytest

from minillm.backend import CheckpointError
from minillm.models.published import from_pretrained
from minillm.tasks.finetuning import BertBody, GptBody, open_pretrained
from minillm.tasks.published import (
    bert_body,
    is_published,
    language_model,
    masked_bert,
    open_published,
    tagger,
    text_classifier,
)
from minillm.tasks.published_vectors import sentence_vectors, token_of, token_vectors
from minillm.tasks.publishing import publish
from tests.published_folders import (
    END,
    PIECES,
    WIDTH,
    affine,
    affine_norm,
    bert_by_hand,
    gelu,
    write_bert,
    write_gpt2,
    write_json,
    write_llama,
)

TEXTS = ["The film was good.", "a dull play", "北京 played"]
TAGS = ["O", "B-PER", "I-PER", "I-LOC", "B-LOC"]


def ids_of(*pieces):
    return [PIECES.index(piece) for piece in ("[CLS]", *pieces, "[SEP]")]


PIECES_OF = [
    ids_of("the", "film", "was", "good", "."),
    ids_of("a", "dull", "play"),
    ids_of("北", "京", "play", "##ed"),
]


def softmax(scores):
    p = np.exp(scores - scores.max(-1, keepdims=True))
    return p / p.sum(-1, keepdims=True)


@pytest.mark.guide("G59")
def test_a_classifier_says_what_the_formula_says(tmp_path):
    arrays = write_bert(tmp_path, "BertForSequenceClassification", ["so", "No", "maybe"])
    classifier = text_classifier(tmp_path)
    assert classifier.labels.names == ("No", "maybe", "so")
    for i, ids in enumerate(PIECES_OF):
        cls = bert_by_hand(arrays, ids)[0]
        pooled = np.tanh(affine(arrays, "bert.pooler.dense", cls))
        p = softmax(affine(arrays, "classifier", pooled))
        found = classifier.predict_probabilities(TEXTS)[i]
        assert np.allclose(found, p[[1, 2, 0]], atol=1e-6)


@pytest.mark.guide("G59")
def test_a_tagger_reads_first_pieces_and_no_shapes(tmp_path):
    arrays = write_bert(tmp_path, "BertForTokenClassification", TAGS)
    said = tagger(tmp_path).predict_probabilities([["Anna", "PLAYED", "in", "Rome"]])[0]
    ids = ids_of("anna", "play", "##ed", "in", "rome")
    p = softmax(affine(arrays, "classifier", bert_by_hand(arrays, ids)))[[1, 2, 4, 5]]
    assert [tag for tag, _ in said] == [TAGS[i] for i in p.argmax(1)]
    assert np.allclose([share for _, share in said], p.max(1), atol=1e-6)


@pytest.mark.guide("G59")
@pytest.mark.parametrize(
    "architecture", ["BertModel", "BertForMaskedLM", "BertForQuestionAnswering"]
)
def test_the_vector_of_a_text_is_the_mean_over_its_positions(tmp_path, architecture):
    arrays = write_bert(tmp_path, architecture)
    vectors = sentence_vectors(*bert_body(tmp_path), TEXTS, batch_size=2)
    for vector, ids in zip(vectors, PIECES_OF, strict=True):
        assert np.allclose(vector, bert_by_hand(arrays, ids).mean(0), atol=1e-5)


def test_a_hidden_word_is_guessed_as_the_formula_does(tmp_path):
    arrays = write_bert(tmp_path, "BertForMaskedLM", hidden_act="gelu")
    found = masked_bert(tmp_path)
    ids = np.array([ids_of("the", "[MASK]", "was", "good")])
    logits = found.model(ids, np.ones_like(ids, bool), np.array([2])).data
    h = gelu(affine(arrays, "cls.predictions.transform.dense", bert_by_hand(arrays, ids[0])[2]))
    h = affine_norm(arrays, "cls.predictions.transform.LayerNorm", h)
    expected = h @ arrays["bert.embeddings.word_embeddings.weight"].T
    assert np.allclose(logits[0], expected + arrays["cls.predictions.bias"], atol=1e-5)
    assert found.encoder(["THE film"])[0].tolist() == ids_of("the", "film")


@pytest.mark.guide("G59")
@pytest.mark.parametrize("write", [write_gpt2, write_llama])
def test_a_language_model_writes_what_its_logits_say(tmp_path, write):
    write(tmp_path)
    language = language_model(tmp_path)
    assert language.prompt("the cat").tolist() == [257, 261]  # "the", "Ġcat", behind 256 bytes
    ids = [257, 261]
    model = from_pretrained(tmp_path)
    for _ in range(5):
        ids.append(int(model(np.array([ids])).data[0, -1].argmax()))
    written = language.write(["the cat"], 5)[0][0]
    assert written.text == language.decode(ids)[len("the cat") :] or END in written.tokens
    assert language.vocabulary.special == {"bos": END, "eos": END}


def test_a_text_is_cut_where_its_tokenizer_cuts_it(tmp_path):
    settings = {"do_lower_case": True, "model_max_length": 6}
    write_bert(tmp_path / "a", "BertForSequenceClassification", ["x", "y"])
    write_bert(tmp_path / "b", "BertForTokenClassification", TAGS)
    for name in "ab":
        write_json(tmp_path / name / "tokenizer_config.json", settings)
    long, short = "the film was good not bad", "the film was good"
    p = text_classifier(tmp_path / "a").predict_probabilities([long, short])
    assert np.array_equal(p[0], p[1])
    assert tagger(tmp_path / "b").encoder.max_length == 16


def test_roles_stand_in_the_configuration_where_the_tokenizer_names_none(tmp_path):
    write_gpt2(tmp_path)
    write_json(tmp_path / "vocab.json", renamed(json.loads(read(tmp_path / "vocab.json"))))
    write_json(tmp_path / "tokenizer_config.json", {"additional_special_tokens": ["<stop>"]})
    language = language_model(tmp_path)
    assert language.vocabulary.special == {"bos": "<stop>", "eos": "<stop>"}
    settings = json.loads(read(tmp_path / "config.json"))
    write_json(tmp_path / "config.json", {**settings, "eos_token_id": None})
    with pytest.raises(ValueError, match="no token has the role eos"):
        language_model(tmp_path)


def read(path):
    return path.read_text(encoding="utf-8")


def renamed(ids):
    return {"<stop>" if token == END else token: i for token, i in ids.items()}


def test_rows_without_a_token_have_a_name_and_lose_it_on_the_way_back(tmp_path):
    write_gpt2(tmp_path / "a", size=272)
    language = language_model(tmp_path / "a")
    assert len(language.vocabulary) == 272
    assert language.vocabulary.tokens[264:266] == ("<|no token 264|>", "<|no token 265|>")
    assert 265 not in language.prompt("<|no token 265|>").tolist()
    assert publish(language, tmp_path / "b") == []
    assert len(json.loads(read(tmp_path / "b" / "vocab.json"))) == 264
    again = language_model(tmp_path / "b")
    assert again.vocabulary.tokens == language.vocabulary.tokens
    with pytest.raises(ValueError, match="26 tokens, but the model was made for 20"):
        write_bert(tmp_path / "c", "BertForMaskedLM")
        write_small(tmp_path / "c")
        masked_bert(tmp_path / "c")


def write_small(folder):
    """A table with fewer rows than there are tokens."""
    from safetensors.numpy import load_file, save_file

    arrays = load_file(folder / "model.safetensors")
    for name in ("bert.embeddings.word_embeddings.weight", "cls.predictions.bias"):
        arrays[name] = arrays[name][:20].copy()
    save_file(arrays, folder / "model.safetensors", metadata={"format": "pt"})
    settings = json.loads(read(folder / "config.json"))
    write_json(folder / "config.json", {**settings, "vocab_size": 20})


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["LABEL_0", "LABEL_1"], "config.json: the labels are not BIO or BIOES tags: .*LABEL_"),
        (["O", "B-PER", "B-PER"], "id2label has 'B-PER' twice"),
    ],
)
def test_labels_that_are_no_tags_are_refused(tmp_path, labels, message):
    write_bert(tmp_path, "BertForTokenClassification", labels)
    with pytest.raises(ValueError, match=message):
        tagger(tmp_path)


def test_bioes_tags_are_known(tmp_path):
    write_bert(tmp_path, "BertForTokenClassification", ["O", "B-X", "I-X", "E-X", "S-X"])
    assert tagger(tmp_path).scheme == "BIOES"


def test_one_kind_in_the_place_of_another_is_refused(tmp_path):
    write_gpt2(tmp_path / "gpt2")
    write_bert(tmp_path / "spans", "BertForQuestionAnswering")
    for open_as, name in ((text_classifier, "text classifier"), (tagger, "tagger")):
        with pytest.raises(CheckpointError, match=f"not a {name} but language model"):
            open_as(tmp_path / "gpt2")
    with pytest.raises(ValueError, match="not a bert but gpt2"):
        bert_body(tmp_path / "gpt2")
    with pytest.raises(ValueError, match="the head here, 'spans', is for none of these"):
        open_published(tmp_path / "spans")
    with pytest.raises(CheckpointError, match="not a language model but a model with the head"):
        language_model(tmp_path / "spans")
    assert is_published(tmp_path / "spans") and not is_published(tmp_path)


def test_without_its_tokenizer_a_model_is_refused_and_the_files_are_named(tmp_path):
    write_bert(tmp_path / "bert", "BertForMaskedLM", tokens=None)
    write_gpt2(tmp_path / "gpt2", tokens=False)
    for open_as, name in ((masked_bert, "bert"), (language_model, "gpt2")):
        with pytest.raises(ValueError, match=r"tokenizer\.json.*vocab\.txt.*merges\.txt"):
            open_as(tmp_path / name)


def test_vectors_of_tokens_are_the_rows_of_the_table(tmp_path):
    arrays = write_bert(tmp_path / "bert", "BertForMaskedLM")
    vectors = token_vectors(tmp_path / "bert")
    table = arrays["bert.embeddings.word_embeddings.weight"]
    assert vectors.words == tuple(PIECES)
    assert np.array_equal(vectors["film"], table[PIECES.index("film")])
    arrays = write_gpt2(tmp_path / "gpt2")
    assert token_vectors(tmp_path / "gpt2").table.shape == (264, WIDTH)
    assert token_of(tmp_path / "gpt2", "cat") == "Ġcat"
    assert token_of(tmp_path / "bert", "FILM") == "film"
    for word in ("played", "xyz", "一北"):
        with pytest.raises(ValueError, match=f"no vector for '{word}', whose tokens here are"):
            token_of(tmp_path / "bert", word)


def test_fine_tuning_may_begin_with_any_of_them(tmp_path):
    labels = {"BertForSequenceClassification": ["a", "b"], "BertForTokenClassification": TAGS}
    for name in ("BertModel", "BertForMaskedLM", *labels):
        write_bert(tmp_path / name, name, labels.get(name))
        found = open_pretrained(tmp_path / name)
        assert isinstance(found, BertBody)
        assert found.has_head == (name == "BertForMaskedLM")
        assert (found.earlier is not None) == (name == "BertForSequenceClassification")
        body, _ = bert_body(tmp_path / name)
        state = found.model.bert.state_dict()
        assert all(np.array_equal(state[k], v) for k, v in body.state_dict().items())
    write_llama(tmp_path / "llama")
    found = open_pretrained(tmp_path / "llama")
    assert isinstance(found, GptBody) and not found.documents
