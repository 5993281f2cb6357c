"""``convert``: what is published becomes a run's and goes back, whole or not at all."""

import json
import signal
import time

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from minillm.backend import load_arrays
from tests.commands.command_line import finish, listing, start
from tests.published_folders import (
    WIDTH,
    write_bert,
    write_gpt2,
    write_json,
    write_llama,
)

TAGS = ["O", "B-PER", "I-PER", "B-LOC"]
WRITERS = {
    "classifier": lambda to: write_bert(to, "BertForSequenceClassification", ["so", "No", "maybe"]),
    "tagger": lambda to: write_bert(to, "BertForTokenClassification", TAGS),
    "bert": lambda to: write_bert(to, "BertForMaskedLM"),
    "gpt2": write_gpt2,
    "llama": write_llama,
}
USES = {
    "classifier": ("predict", "{}", "The film was good.", "a dull play", "--format", "jsonl"),
    "tagger": ("tag", "apply", "{}", "Anna lives in Rome.", "--format", "jsonl"),
    "bert": ("embed", "texts", "{}", "the film was good", "a dull play"),
    "gpt2": ("generate", "{}", "the cat", "--length", "6"),
    "llama": ("generate", "{}", "the cat", "--length", "6"),
}


def used(call, kind, folder):
    """What the command for a kind says of a folder."""
    result = call(*(word.format(folder) for word in USES[kind]))
    assert (result.code, result.err) == (0, "")
    return result.out.replace(str(folder), "")


@pytest.mark.guide("G59")
@pytest.mark.parametrize("kind", WRITERS)
def test_there_and_back_it_says_the_same(call, tmp_path, kind):
    arrays = WRITERS[kind](tmp_path / "published")
    there = call("convert", tmp_path / "published", tmp_path / "run")
    assert (there.code, there.err) == (0, "")
    assert listing(tmp_path / "run") == ["model.safetensors"]
    back = call("convert", tmp_path / "run", tmp_path / "again")
    assert (back.code, back.err) == (0, "")
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= {*listing(tmp_path / "again")}
    assert listing(tmp_path) == ["again", "published", "run"]
    first, *rest = (used(call, kind, tmp_path / name) for name in ("published", "run", "again"))
    assert rest == [first, first]
    again = load_file(tmp_path / "again" / "model.safetensors")
    assert {n: a.shape for n, a in again.items()} == {n: a.shape for n, a in arrays.items()}


def test_the_parts_are_told_with_their_names_here_and_there(call, tmp_path):
    table, decoder = "bert.embeddings.word_embeddings.weight", "cls.predictions.decoder.weight"
    pooler = {"bert.pooler.dense.weight": (WIDTH, WIDTH), "bert.pooler.dense.bias": (WIDTH,)}
    arrays = write_bert(tmp_path / "a", "BertForMaskedLM", more=pooler)
    twins = {**arrays, decoder: arrays[table]}
    save_file(twins, tmp_path / "a" / "model.safetensors", metadata={"format": "pt"})
    out = call("convert", tmp_path / "a", tmp_path / "b").out
    n = sum(a.size for name, a in arrays.items() if name not in pooler)
    lines = [line.split() for line in out.split("\n")]
    assert f"parameters {n:,}, in 42 arrays here and 42 there" in out
    assert ["bert.tokens", "bert.embeddings.word_embeddings"] in lines
    assert [
        *("bert.blocks.#.attention.query", "bert.encoder.layer.#.attention.self.query")
    ] in lines
    assert "passed over: bert.pooler.dense.bias, bert.pooler.dense.weight\n" in out
    assert f"passed over, since it is equal to another array: {decoder}\n" in out
    assert "bert, BertForMaskedLM; here PretrainedBert with MaskedLanguageModel" in out
    assert "the folder of a pretrained bert" in out


def test_what_lies_otherwise_there_is_told(call, tmp_path):
    write_gpt2(tmp_path / "a")
    out = call("convert", tmp_path / "a", tmp_path / "b").out
    (query,) = [line for line in out.split("\n") if line.startswith("blocks.#.attention.query")]
    assert query.split(maxsplit=2)[1:] == ["transformer.h.#.attn.c_attn", "part 1 of 3, transposed"]
    assert "positions learned, norm layer, feed-forward gelu" in out
    write_llama(tmp_path / "c")
    out = call("convert", tmp_path / "c", tmp_path / "d").out
    assert "rows of each head in another order" in out
    assert "heads of keys 1, a head of its own" in out


def test_nothing_is_replaced_without_being_told(call, tmp_path):
    write_gpt2(tmp_path / "a")
    write_llama(tmp_path / "b")
    convert = ["convert", tmp_path / "a", tmp_path / "out"]
    assert call(*convert).code == 0
    before = (tmp_path / "out" / "model.safetensors").read_bytes()
    again = call(*convert)
    assert (again.code, again.out) == (1, "")
    assert "out holds model.safetensors: give --overwrite, or another folder" in again.message
    assert call("convert", tmp_path / "b", tmp_path / "out", "--overwrite").code == 0
    assert (tmp_path / "out" / "model.safetensors").read_bytes() != before
    (tmp_path / "out" / "thesis.txt").write_text("mine", encoding="utf-8")
    lost = call(*convert, "--overwrite")
    assert "out holds thesis.txt, which is no part of a model" in lost.message
    assert listing(tmp_path / "out") == ["model.safetensors", "thesis.txt"]
    assert listing(tmp_path) == ["a", "b", "out"]


def test_overwriting_leaves_no_file_of_the_other_kind(call, tmp_path):
    write_gpt2(tmp_path / "a")
    write_llama(tmp_path / "b")
    assert call("convert", tmp_path / "b", tmp_path / "run").code == 0
    assert call("convert", tmp_path / "run", tmp_path / "out").code == 0
    assert call("convert", tmp_path / "a", tmp_path / "out", "--overwrite").code == 0
    assert listing(tmp_path / "out") == ["model.safetensors"]
    assert call("generate", tmp_path / "out", "the", "--length", "1").code == 0


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(28, "No space left on device")])
@pytest.mark.parametrize("way", ["there", "back"])
def test_what_stops_on_the_way_leaves_all_as_it_was(call, tmp_path, monkeypatch, error, way):
    write_gpt2(tmp_path / "a")
    assert call("convert", tmp_path / "a", tmp_path / "run").code == 0
    assert call("convert", tmp_path / "a", tmp_path / "out").code == 0
    before = (tmp_path / "out" / "model.safetensors").read_bytes()

    def stopped(task, where):
        folder = where.parent if where.name == "model.safetensors" else where
        (folder / "half").write_bytes(b"half")
        raise error

    monkeypatch.setattr(
        f"minillm.commands.convert.{'save' if way == 'there' else 'publish'}", stopped
    )
    source = tmp_path / ("a" if way == "there" else "run")
    for out in ("new", "out"):
        result = call("convert", source, tmp_path / out, "--overwrite")
        assert result.code == (130 if error is KeyboardInterrupt else 1)
        assert result.message.startswith("minillm convert: ")
    assert listing(tmp_path) == ["a", "out", "run"]
    assert listing(tmp_path / "out") == ["model.safetensors"]
    assert (tmp_path / "out" / "model.safetensors").read_bytes() == before


SLOW = """
import pathlib, time
from minillm.__main__ import run
from minillm.commands import convert

def save(task, path):
    path.write_bytes(b"half")
    time.sleep(60)

convert.save = save
run()
"""


def test_a_process_that_is_asked_to_end_tidies_up(tmp_path):
    write_gpt2(tmp_path / "a")
    process = start("convert", tmp_path / "a", tmp_path / "out", program=("-c", SLOW))
    while not [*tmp_path.glob(".out.*/model.safetensors")]:
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    result = finish(process)
    assert (result.code, result.err) == (143, "")
    assert listing(tmp_path) == ["a"]


def broken(folder, name, content):
    (folder / name).write_bytes(content)


def with_setting(folder, **settings):
    found = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    write_json(folder / "config.json", found | settings)


def without(folder, *names):
    for name in names:
        (folder / name).unlink()


DAMAGE = [
    (lambda f: broken(f, "config.json", b"{"), "config.json: not JSON"),
    (lambda f: with_setting(f, model_type="t5"), "model_type 't5' is none of bert, gpt2, llama"),
    (lambda f: with_setting(f, hidden_act="relu"), 'hidden_act = "relu"; supported: "gelu"'),
    (lambda f: with_setting(f, architectures=["BertForX"]), "architectures = ['BertForX']"),
    (lambda f: with_setting(f, hidden_size=4), "needed (26, 4) for bert.tokens.weight"),
    (lambda f: broken(f, "model.safetensors", b"abc"), "model.safetensors"),
    (lambda f: without(f, "model.safetensors"), "model.safetensors"),
    (lambda f: without(f, "vocab.txt"), "vocab.txt"),
    (lambda f: broken(f, "vocab.txt", b"[UNK]\nx\n"), "a BERT here reads cls and sep"),
]


@pytest.mark.parametrize(("damage", "message"), DAMAGE, ids=[m for _, m in DAMAGE])
def test_a_damaged_folder_is_refused_and_nothing_is_written(call, tmp_path, damage, message):
    write_bert(tmp_path / "a", "BertForSequenceClassification", ["x", "y"])
    damage(tmp_path / "a")
    for result in (
        call("convert", tmp_path / "a", tmp_path / "out"),
        call("predict", tmp_path / "a", "the film"),
    ):
        assert (result.code, result.out) == (1, "")
        assert "Traceback" not in result.err and message in result.err
    assert listing(tmp_path) == ["a"]


def test_what_has_no_form_on_the_other_side_is_refused(call, model, tmp_path):
    write_bert(tmp_path / "body", "BertModel")
    write_bert(tmp_path / "spans", "BertForQuestionAnswering")
    (tmp_path / "file").write_text("x", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    out = tmp_path / "out"
    for source, place, message in [
        (tmp_path / "body", out, "the head here, 'body', is for none of these"),
        (tmp_path / "spans", out, "the head here, 'spans', is for none of these"),
        (model, out, "a WordTokenizer has no published form"),
        (model, model, "is where FROM stands"),
        (model / "model.safetensors", model, "is where FROM stands"),
        (model, tmp_path / "file", "file: Not a directory"),
        (tmp_path / "missing", out, "missing: No such file or directory"),
        (tmp_path / "empty", out, "there is no model.safetensors in this folder"),
        (model / "bag_of_words.safetensors", out, "has no published form, these have: "),
    ]:
        result = call("convert", source, place)
        assert (result.code, result.out) == (1, "")
        assert message in result.message
    assert listing(tmp_path) == ["body", "empty", "file", "spans"]
    assert call("convert", model, "").code == 2


def test_a_classifier_that_is_fine_tuned_here_can_be_published(call, file, tmp_path):
    write_bert(tmp_path / "a", "BertForMaskedLM")
    options = ["--epochs", "1", "--method", "head"]
    tuned = call("finetune", tmp_path / "a", file, "--out", tmp_path / "run", *options)
    assert tuned.code == 0
    result = call("convert", tmp_path / "run", tmp_path / "b")
    assert result.code == 0
    labels = json.loads((tmp_path / "b" / "config.json").read_text(encoding="utf-8"))["id2label"]
    assert [*labels.values()] == json.loads(
        load_arrays(tmp_path / "run" / "model.safetensors")[1]["labels"]
    )
    texts = ["the film was good", "not in rome"]
    one, other = (call("predict", tmp_path / n, *texts, "--format", "tsv") for n in ("run", "b"))
    rows = [[line.split("\t")[1:3] for line in r.out.split("\n")[1:3]] for r in (one, other)]
    assert np.allclose(np.array(rows[0], float), np.array(rows[1], float), atol=2e-6)
