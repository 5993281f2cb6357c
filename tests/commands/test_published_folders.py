"""Commands that read a run's folder read a published one, too."""

import io
import json
import sys

import numpy as np
import pytest

from tests.commands.command_line import write_examples
from tests.published_folders import PIECES, bert_by_hand, write_bert, write_gpt2, write_json

TAGS = ["O", "B-PER", "I-PER", "B-LOC"]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A published model of each kind."""
    root = tmp_path_factory.mktemp("published")
    write_bert(root / "classifier", "BertForSequenceClassification", ["so", "No"])
    write_bert(root / "tagger", "BertForTokenClassification", TAGS)
    write_bert(root / "plain", "BertForTokenClassification", ["LABEL_0", "LABEL_1"])
    write_bert(root / "bare", "BertForMaskedLM", tokens=None)
    write_gpt2(root / "gpt2")
    return root


def cosine(x, y):
    return x @ y / np.sqrt((x @ x) * (y @ y))


def test_texts_are_as_near_as_their_mean_vectors(call, tmp_path):
    arrays = write_bert(tmp_path / "bert", "BertModel")
    texts = ["The film was good.", "a dull play"]
    vectors = [
        bert_by_hand(arrays, [PIECES.index(p) for p in ("[CLS]", *pieces, "[SEP]")]).mean(0)
        for pieces in (("the", "film", "was", "good", "."), ("a", "dull", "play"))
    ]
    out = tmp_path / "vectors.npz"
    result = call("embed", "texts", tmp_path / "bert", *texts, "--out", out)
    assert (result.code, result.err) == (0, "")
    assert f"\n1 The film was good.  1.000  {cosine(*vectors):.3f}\n" in result.out
    with np.load(out) as saved:
        assert saved["texts"].tolist() == texts
        assert np.allclose(saved["vectors"], vectors, atol=1e-5)
    lines = tmp_path / "vectors.tsv"
    result = call("embed", "texts", tmp_path / "bert", "a\tdull play", "--out", lines)
    assert "cosine" not in result.out
    *numbers, text = lines.read_text(encoding="utf-8").rstrip("\n").split("\t")
    assert text == texts[1]
    assert np.allclose(np.array(numbers, float), vectors[1], atol=1e-5)


def test_of_many_texts_the_nearest_is_told(call, folders, tmp_path):
    file = tmp_path / "texts.txt"
    words = ["good", "bad", "dull", "rome", "anna", "play", "film", "not", "lives", "in"]
    file.write_text("\n".join([*words, "film", "the " * 20]) + "\n", encoding="utf-8")
    result = call("embed", "texts", folders / "classifier", "--file", file)
    rows = [line for line in result.out.split("\n") if line.startswith("7 film")]
    assert [row.split() for row in rows] == [["7", "film", "1.000", "11", "film"]]
    assert "1 of 12 texts are cut to max_length 16 tokens" in result.out


def test_a_run_with_a_bert_embeds_texts_too(call, model):
    result = call("embed", "texts", model, "one text", "another one")
    assert (result.code, result.err) == (0, "")
    assert "texts 2, width 16" in result.out


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["classifier", "alone"], 1, "two texts at least are needed to compare, or one and --out"),
        (["classifier"], 1, "two texts at least"),
        (["gpt2", "a", "b"], 1, "gpt2: a GPT; vectors of texts are those of a BERT"),
        (["bare", "a", "b"], 1, "vocab.txt"),
        (["classifier", "a", "b", "--out", "v.csv"], 2, "must end in .npz or .tsv, got 'v.csv'"),
    ],
)
def test_texts_that_cannot_be_embedded_are_refused(
    call, folders, monkeypatch, words, code, message
):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    result = call("embed", "texts", folders / words[0], *words[1:])
    assert (result.code, result.out) == (code, "")
    assert message in result.err


def test_tokens_have_neighbours(call, tmp_path):
    arrays = write_bert(tmp_path / "a", "BertForMaskedLM")
    table = arrays["bert.embeddings.word_embeddings.weight"]
    film, rest = PIECES.index("film"), [i for i, p in enumerate(PIECES) if p != "film"]
    best = max(rest, key=lambda i: cosine(table[film], table[i]))
    numbers = tmp_path / "n.json"
    asked = ["FILM", "--count", "1", "--json", numbers]
    result = call("embed", "neighbours", tmp_path / "a", *asked)
    assert (result.code, result.err) == (0, "")
    assert f"words {len(PIECES)}, width 8" in result.out
    assert (
        f"\n{PIECES[best]}" in result.out
        and f"{cosine(table[film], table[best]):.3f}" in result.out
    )
    saved = json.loads(numbers.read_text(encoding="utf-8"))["neighbours"]
    assert [*saved] == ["film"] and saved["film"][0][0] == PIECES[best]
    several = call("embed", "neighbours", tmp_path / "a", "played")
    assert (several.code, several.message.partition(": ")[2]) == (
        1,
        "no vector for 'played', whose tokens here are ['play', '##ed']: a vector belongs to one "
        "token",
    )
    limited = call("embed", "neighbours", tmp_path / "a", "[PAD]", "--limit", "6")
    assert "words 6, width 8" in limited.out and "film" not in limited.out


def test_published_models_are_scored(call, folders, tmp_path):
    file = write_examples(tmp_path / "a.tsv", [("the film was good", "so"), ("a dull play", "No")])
    result = call("evaluate", folders / "classifier", file)
    assert (result.code, result.err) == (0, "")
    assert "2 texts, classes" in result.out
    tagged = tmp_path / "a.conll"
    tagged.write_text("Anna\tB-PER\nlives\tO\nin\tO\nRome\tB-LOC\n", encoding="utf-8")
    result = call("tag", "evaluate", folders / "tagger", tagged, "--out", tmp_path / "scores")
    assert (result.code, result.err) == (0, "")
    assert f"{folders / 'tagger' / 'names.json'} is missing" in result.out
    assert "\nBERT  " in result.out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["generate", "classifier", "a"], "not a language model but text classifier"),
        (["predict", "gpt2", "a"], "not a text classifier but language model"),
        (["tag", "apply", "classifier", "a"], "not a tagger but text classifier"),
        (["tag", "apply", "plain", "a"], "config.json: the labels are not BIO or BIOES tags"),
        (["chat", "gpt2"], "chat template: <|system|> is unknown"),
        (["generate", "gpt2", "the " * 30], "the prompt is over-long"),
    ],
)
def test_a_folder_of_another_kind_is_refused(call, folders, words, message, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"hello\n")))
    place = 2 if words[0] == "tag" else 1
    words[place] = folders / words[place]
    result = call(*words)
    assert (result.code, result.out) == (1, "")
    assert message in result.message


def test_a_run_is_not_written_over_a_published_model(call, folders, file):
    out = folders / "classifier"
    before = sorted(path.name for path in out.iterdir())
    for command in (["finetune", "bert", file], ["train", file], ["pretrain", file]):
        result = call(*command, "--out", out, "--overwrite")
        assert (result.code, result.out) == (1, "")
        assert f"--out {out} is a published model: give another folder" in result.message
    assert sorted(path.name for path in out.iterdir()) == before


def test_a_folder_without_tokenizer_files_says_which_are_missing(call, tmp_path):
    write_gpt2(tmp_path / "a", tokens=False)
    told = call("generate", tmp_path / "a", "the").message
    assert all(name in told for name in ("tokenizer.json", "vocab.json", "merges.txt"))


def test_control_characters_of_a_foreign_folder_are_shown_as_signs(call, tmp_path):
    pieces = ["\x1b[31m" if piece == "dull" else piece for piece in PIECES]
    write_bert(tmp_path / "a", "BertForSequenceClassification", ["\x1b[0m", "x"], tokens=pieces)
    told = call("convert", tmp_path / "a", tmp_path / "b").out
    near = call("embed", "neighbours", tmp_path / "a", "film", "--count", "99").out
    assert "\x1b" not in told + near and "␛[31m" in near and "␛[0m" in told


def test_json_that_is_no_object_is_no_configuration(call, tmp_path):
    write_gpt2(tmp_path / "a")
    write_json(tmp_path / "a" / "config.json", [1])
    assert "an object is needed" in call("generate", tmp_path / "a", "x").message
