"""Folders that are written here, used by ``transformers`` itself, where that is installed."""

import numpy as np
import pytest

from minillm.commands.convert import load
from minillm.tasks.generation import CausalPretraining, GptRecipe
from minillm.tasks.published import (
    bert_body,
    language_model,
    masked_bert,
    open_published,
    tagger,
    text_classifier,
)
from minillm.tasks.published_vectors import sentence_vectors
from minillm.tasks.publishing import publish
from tests.published_folders import write_bert, write_gpt2, write_llama
from tests.tasks.small import EXAMPLES

torch = pytest.importorskip("torch")
hf = pytest.importorskip("transformers")
TEXTS = ["The film was good.", "a dull play", "北京 played", "", "the " * 9, "Anna lives in Rome"]
TAGS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
LIMIT = 2e-6  # of float32 probabilities and vectors of length near 1


def inputs(folder, texts):
    """What their tokeniser makes of texts, padded, and cut as here."""
    tokenizer = hf.AutoTokenizer.from_pretrained(folder)
    return tokenizer(texts, return_tensors="pt", padding=True, truncation=True)


@pytest.fixture(params=["written by its format", "written by publish"])
def way(request):
    """Turns a folder into the one that is compared."""

    def changed(folder):
        if request.param == "written by its format":
            return folder
        assert publish(open_published(folder), folder / "again") == []
        return folder / "again"

    return changed


def test_labels_have_the_same_probabilities(tmp_path, way):
    write_bert(tmp_path, "BertForSequenceClassification", ["so", "No", "maybe"])
    folder = way(tmp_path)
    ours = text_classifier(folder)
    model = hf.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    with torch.no_grad():
        p = model(**inputs(folder, TEXTS)).logits.softmax(-1).numpy()
    theirs = [model.config.id2label[i] for i in range(3)]
    order = [theirs.index(name) for name in ours.labels.names]
    assert np.abs(ours.predict_probabilities(TEXTS) - p[:, order]).max() < LIMIT


def test_words_have_the_same_tags(tmp_path, way):
    write_bert(tmp_path, "BertForTokenClassification", TAGS)
    folder = way(tmp_path)
    words = [["Anna", "PLAYED", "in", "Rome", "."], ["北京", "was", "unseen"]]
    tokenizer = hf.AutoTokenizer.from_pretrained(folder)
    model = hf.AutoModelForTokenClassification.from_pretrained(folder).eval()
    for sentence, said in zip(words, tagger(folder).predict_probabilities(words), strict=True):
        found = tokenizer(sentence, is_split_into_words=True, return_tensors="pt")
        with torch.no_grad():
            p = model(**found).logits[0].softmax(-1).numpy()
        owners = found.word_ids()
        first = [owners.index(i) for i in range(len(sentence))]
        assert [tag for tag, _ in said] == [TAGS[i] for i in p[first].argmax(1)]
        assert np.abs(p[first].max(1) - [share for _, share in said]).max() < LIMIT


@pytest.mark.parametrize("architecture", ["BertForMaskedLM", "BertForQuestionAnswering"])
def test_texts_have_the_same_mean_vectors(tmp_path, architecture):
    write_bert(tmp_path, architecture)
    found = inputs(tmp_path, TEXTS)
    model = hf.BertModel.from_pretrained(tmp_path, add_pooling_layer=False).eval()
    with torch.no_grad():
        hidden = model(**found).last_hidden_state.numpy()
    mask = found["attention_mask"].numpy()[:, :, None]
    expected = (hidden * mask).sum(1) / mask.sum(1)
    assert np.abs(sentence_vectors(*bert_body(tmp_path), TEXTS) - expected).max() < LIMIT


def test_a_hidden_word_has_the_same_scores(tmp_path, way):
    write_bert(tmp_path, "BertForMaskedLM")
    folder = way(tmp_path)
    found = masked_bert(folder)
    ids = found.encoder(["the film was good"])[0]
    ids[2] = found.encoder.vocabulary.mask_id
    real = np.ones((1, len(ids)), bool)
    model = hf.AutoModelForMaskedLM.from_pretrained(folder).eval()
    with torch.no_grad():
        expected = model(torch.tensor(ids[None])).logits[0, 2].numpy()
    assert np.abs(found.model(ids[None], real, np.array([2])).data[0] - expected).max() < 1e-5


@pytest.mark.parametrize("write", [write_gpt2, write_llama])
def test_the_same_text_is_written(tmp_path, write):
    write(tmp_path / "a")
    publish(open_published(tmp_path / "a"), tmp_path / "b")  # their Llama needs tokenizer.json
    language = language_model(tmp_path / "b")
    tokenizer = hf.AutoTokenizer.from_pretrained(tmp_path / "b")
    model = hf.AutoModelForCausalLM.from_pretrained(tmp_path / "b").eval()
    for prompt in ("the cat", "  Anna\n", "北京"):
        found = tokenizer(prompt, return_tensors="pt")
        assert found["input_ids"][0].tolist() == language.prompt(prompt).tolist()
        ids = model.generate(**found, max_new_tokens=5, do_sample=False, pad_token_id=0)[0]
        written = language.decode(ids[found["input_ids"].shape[1] :].numpy())
        ours = language.write([prompt], 5)[0][0].text
        assert written.startswith(ours) or ours == written


@pytest.mark.parametrize("style", ["gpt2", "llama"])
def test_a_language_model_that_was_trained_here_is_one_there(tmp_path, style):
    recipe = GptRecipe(
        style=style, tokenizer="byte_pairs:280", width=16, n_layers=1, n_heads=2, max_length=32,
        steps=3, batch_size=4,
    )  # fmt: skip
    texts = [text for text, _ in EXAMPLES]
    training = CausalPretraining(recipe, texts, texts[:4])
    for _ in training.steps():
        pass
    own = training.result()
    own.save(tmp_path / "model.safetensors")
    publish(load(tmp_path / "model.safetensors"), tmp_path / "there")
    tokenizer = hf.AutoTokenizer.from_pretrained(tmp_path / "there")
    model = hf.AutoModelForCausalLM.from_pretrained(tmp_path / "there").eval()
    for text in texts[:5]:
        ids = tokenizer(text, return_tensors="pt")["input_ids"]
        assert ids[0].tolist() == own.prompt(text).tolist()
        with torch.no_grad():
            logits = model(ids).logits[0, -1]
        (token, p), *_ = own.next_tokens(text, 1)
        assert abs(float(logits.softmax(-1).max()) - p) < LIMIT
        assert token == own.spelled([int(logits.argmax())])[0]
