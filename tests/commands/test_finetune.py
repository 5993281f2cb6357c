import json

import numpy as np
import pytest

from minillm.tasks import TextClassifier
from minillm.tasks.finetuning import METHODS, open_pretrained
from minillm.training import read_record
from tests.commands.command_line import listing, write_examples
from tests.tasks.generation.little import pretrain
from tests.tasks.small import TEXTS

QUICK = ["--epochs", "2", "--batch-size", "8"]
OWN = {"lora": ["--rank", "2"], "adapter": ["--adapter-width", "3"]}
ADAPTER = {"down", "down_bias", "up", "up_bias"}


@pytest.fixture(scope="module")
def gpt(tmp_path_factory):
    """The file of a GPT that has read the sixty sentences."""
    path = tmp_path_factory.mktemp("gpt") / "gpt.safetensors"
    training, _ = pretrain(TEXTS[4:], TEXTS[:4], settings={"tokenizer": "word", "min_count": 1})
    training.result().save(path)
    return path


@pytest.fixture
def texts(tmp_path):
    """Texts by which forgetting is measured."""
    path = tmp_path / "texts.txt"
    path.write_text("\n".join(["", *TEXTS[:20]]))
    return path


def loss_of(out, row):
    """The nats that the table of forgetting has in a row."""
    return next(line.split()[1] for line in out.split("\n") if line.startswith(row))


@pytest.mark.guide("G32")
@pytest.mark.parametrize("method", METHODS)
def test_a_run_shows_scores_and_forgetting_and_leaves_model_and_picture(
    method, call, file, gpt, texts, tmp_path
):
    out = tmp_path / "run"
    options = ["--method", method, *QUICK, *OWN.get(method, [])]
    result = call("finetune", gpt, file, *options, "--forgetting", texts, "--out", out)
    assert result.code == 0, result.err
    assert listing(out) == [
        *("bag_of_words.safetensors", "checkpoint.safetensors", "finetune.png"),
        *("forgetting.json", "model.safetensors", "record.jsonl"),
        "times.jsonl",
    ]
    assert (out / "finetune.png").read_bytes().startswith(b"\x89PNG")
    before = open_pretrained(gpt).language_loss(TEXTS[:20])
    after = open_pretrained(out / "model.safetensors").language_loss(TEXTS[:20])
    assert loss_of(result.out, "before") == f"{before:.3f}"
    assert loss_of(result.out, "after") == f"{after:.3f}"
    assert (before == after) is (method == "head")
    curve = json.loads((out / "forgetting.json").read_text())["curve"]
    assert [done for done, _ in curve] == [6, 12] and curve[1][1] == pytest.approx(after)
    for name in ("majority", "bag of words", "GPT"):
        assert f"\n{name} " in result.out
    assert ("trained" in result.out) and ("(100.0 %)" in result.out) is (method == "full")
    assert "GPT " in call("evaluate", out, file).out
    assert call("predict", out, texts).code == 0


@pytest.mark.guide("G32")
def test_it_goes_on_from_a_classifier_with_its_labels_or_with_a_new_head(call, model, tmp_path):
    dev = write_examples(tmp_path / "two.tsv")
    options = [*QUICK, "--out", tmp_path / "run", "--dev", dev]
    (tmp_path / "small.tsv").write_text(
        "good\tA tidy hotel.\nbad\tA filthy garden.\nneither\tShut.\n"
    )
    refused = call("finetune", model, tmp_path / "small.tsv", *options)
    assert refused.code == 1
    assert "label 'neither' is not one that the model has learned" in refused.message
    assert "--new-head" in refused.message
    assert not (tmp_path / "run").exists()
    result = call("finetune", model, tmp_path / "small.tsv", *options, "--new-head")
    assert result.code == 0
    assert TextClassifier.load(tmp_path / "run" / "model.safetensors").labels.names == (
        *("bad", "good", "neither"),
    )


def test_it_is_not_written_over_the_model_that_it_begins_with(call, model, file):
    before = listing(model)
    for given in (model, model / "model.safetensors"):
        result = call("finetune", given, file, *QUICK, "--out", model, "--overwrite")
        assert result.code == 1 and "is where MODEL stands" in result.message
    assert listing(model) == before


def test_one_who_has_learned_labels_before_is_told_of_texts_that_it_may_know(
    call, model, file, tmp_path
):
    options = ["--epochs", "0.2", "--method", "head", "--seed", "5"]
    told = "unless its --seed was 5, too: better give --test"
    assert told in call("finetune", model, file, *options, "--out", tmp_path / "a").out
    test = write_examples(tmp_path / "test.tsv")
    result = call("finetune", model, file, *options, "--out", tmp_path / "b", "--test", test)
    assert "unless its --seed" not in result.out


def test_the_models_that_come_with_it_have_names(call, file, tmp_path):
    options = ["--epochs", "0.2", "--method", "head", "--out", tmp_path / "run"]
    assert call("finetune", "bert", file, *options).code == 0
    result = call("finetune", "bart", file, *options, "--overwrite")
    assert result.code == 1
    assert "there is no such file or folder" in result.message and "bert and gpt" in result.message


def test_a_resumed_run_keeps_its_curve(call, file, gpt, texts, tmp_path, monkeypatch):
    monkeypatch.setattr("minillm.tasks.finetuning.training.SAVE_EVERY", 6)
    whole, left = tmp_path / "whole", tmp_path / "left"
    options = [gpt, file, *QUICK, "--forgetting", texts]
    assert call("finetune", *options, "--out", whole).code == 0

    def stop(self, done, training):
        original(self, done, training)
        if done == 6:
            raise KeyboardInterrupt

    from minillm.commands.forgetting import Forgetting

    original = Forgetting.examine
    with monkeypatch.context() as patch:
        patch.setattr(Forgetting, "examine", stop)
        assert call("finetune", *options, "--out", left).code != 0
    assert len(json.loads((left / "forgetting.json").read_text())["curve"]) == 1
    assert call("finetune", *options, "--out", left, "--resume").code == 0
    for name in ("forgetting.json", "model.safetensors", "finetune.png"):
        assert (left / name).read_bytes() == (whole / name).read_bytes()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--rank", "17", "--method", "lora"], "--rank 17 --where query,value: LoRA: rank must"),
        (["--where", "gate", "--method", "lora"], "--where gate: no linear layer is named 'gate'"),
        (["--rank", "4"], "--rank does nothing under --method full: it is lora's"),
        (["--layer-decay", "0.5", "--method", "head"], "--layer-decay does nothing under"),
        (["--epochs", "0"], "--epochs must be above 0"),
        (["--lr", "-1"], "--lr must be at least 0"),
        (["--method", "adaptor"], "invalid choice"),
        (["--pooling", "cls"], 'give "last" or "mean"'),
        (["--forgetting", "EMPTY"], "there is no text in the file"),
        (["--shots", "0"], "--shots must be at least 1, got 0"),
        (["--shots", "99"], "--shots 99: k_shot: k = 99 examples of each class are needed, "),
        (["--layer-decay", "2"], "--layer-decay must be above 0 and at most 1"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(
    options, words, call, file, gpt, tmp_path
):
    empty = tmp_path / "empty.txt"
    empty.write_text("\n\n")
    given = [empty if one == "EMPTY" else one for one in options]
    result = call("finetune", gpt, file, *QUICK, "--out", tmp_path / "run", *given)
    assert result.code in (1, 2) and words in result.err
    assert not (tmp_path / "run").exists()


def test_texts_without_a_known_word_cannot_tell_what_is_forgotten(call, model, file, tmp_path):
    path = tmp_path / "chinese.txt"
    path.write_text("房间很安静\n", encoding="utf-8")
    result = call("finetune", model, file, "--forgetting", path, "--out", tmp_path / "run")
    assert result.code == 1
    assert "no known token to hide" in result.message and str(path) in result.message


def test_without_the_checkpoint_a_classifier_has_no_language_to_forget(
    call, model, file, texts, tmp_path
):
    alone = tmp_path / "model.safetensors"
    alone.write_bytes((model / "model.safetensors").read_bytes())
    result = call("finetune", alone, file, "--forgetting", texts, "--out", tmp_path / "run")
    assert result.code == 1 and "has no masked-language head" in result.message
    assert np.isfinite(open_pretrained(model / "model.safetensors").language_loss(TEXTS))


@pytest.mark.parametrize("method", METHODS)
def test_what_has_adapters_goes_on_by_every_method(method, call, file, gpt, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    assert call("finetune", gpt, file, "--method", "adapter", *QUICK, "--out", first).code == 0
    options = ["--method", method, *QUICK, "--out", second]
    result = call("finetune", first, file, *options)
    assert result.code == 0, result.err
    moved, kept = (
        TextClassifier.load(folder / "model.safetensors").model.state_dict()
        for folder in (second, first)
    )
    assert moved.keys() == kept.keys()
    changed = {name for name in moved if (moved[name] != kept[name]).any()}
    adapters = {name for name in moved if name.split(".")[-1] in ADAPTER}
    head = {"output.weight", "output.bias"}
    if method in ("head", "adapter"):
        assert changed == head | (adapters if method == "adapter" else set())
    elif method == "lora":
        assert head < changed and not changed & adapters
    else:
        assert adapters | head < changed


def test_another_file_does_not_go_on_with_a_curve_and_a_new_run_begins_one(
    call, file, gpt, texts, tmp_path
):
    out, other = tmp_path / "run", tmp_path / "other.txt"
    other.write_text("\n".join(TEXTS[20:40]))
    options = ["finetune", gpt, file, *QUICK, "--out", out]
    assert call(*options, "--forgetting", texts).code == 0
    kept = (out / "forgetting.json").read_text()
    refused = call(*options, "--resume", "--forgetting", other)
    assert refused.code == 1 and "begun with other texts" in refused.message
    assert str(texts) in refused.message and (out / "forgetting.json").read_text() == kept
    assert call(*options, "--overwrite").code == 0
    assert not (out / "forgetting.json").exists()
    assert call(*options, "--overwrite", "--forgetting", other).code == 0
    assert json.loads((out / "forgetting.json").read_text())["file"] == str(other)


def test_patience_says_what_was_kept_and_the_curve_ends_before_it_was_put_back(
    call, file, gpt, texts, tmp_path
):
    out = tmp_path / "run"
    options = ["--epochs", "40", "--batch-size", "8", "--lr", "0.05", "--patience", "2"]
    result = call("finetune", gpt, file, *options, "--forgetting", texts, "--out", out)
    assert result.code == 0
    _, events = read_record(out / "record.jsonl")
    losses = {e["step"] + 1: e["held_out_loss"] for e in events if "held_out_loss" in e}
    best, last = min(losses, key=losses.get), max(losses)
    assert best < last < 240
    assert f"ended after {last} of 240 updates; kept are the weights after update {best}" in (
        result.out
    )
    curve = dict(json.loads((out / "forgetting.json").read_text())["curve"])
    assert list(curve) == [done for done in losses if done < last]
    assert f"{curve[best]:.3f}" == loss_of(result.out, "after")


def test_words_and_texts_that_the_model_does_not_know_are_told(call, gpt, tmp_path):
    path, texts = tmp_path / "zh.tsv", tmp_path / "texts.txt"
    rows = (f"{label}\t房间{label}{i}" for label in "好坏" for i in range(20))
    path.write_text("\n".join(rows), encoding="utf-8")
    texts.write_text("\n".join(f"good\t{word} zzz qqq xxx yyy" for word in ("aa", "bb", "cc")))
    result = call("finetune", gpt, path, *QUICK, "--forgetting", texts, "--out", tmp_path / "run")
    assert result.code == 0, result.err
    assert "unknown in train 100.0 %" in result.out
    assert "does not know these words" in result.out
    assert "3 texts tell little" in result.out and "are there labels?" in result.out


def test_texts_that_cost_more_than_a_guess_are_told(call, file, tmp_path):
    texts = tmp_path / "texts.txt"
    texts.write_text("\n".join(["Zyx qwv ujk pfft grmbl xyzzy."] * 30))
    options = ["--epochs", "0.2", "--method", "head", "--out", tmp_path / "run"]
    result = call("finetune", "gpt", file, *options, "--forgetting", texts)
    assert result.code == 0 and "more than a guess among all" in result.out


def test_arguments_in_the_wrong_order_are_told(call, file, tmp_path):
    result = call("finetune", file, "bert", "--out", tmp_path / "run")
    assert result.code == 1 and "MODEL, which comes before FILE" in result.message


def test_lines_of_json_are_read_as_their_texts(call, file, gpt, texts, tmp_path):
    lines = tmp_path / "texts.jsonl"
    lines.write_text("\n".join(json.dumps({"text": text}) for text in TEXTS[:20]))
    rows = []
    for number, path in enumerate((texts, lines)):
        options = [*QUICK, "--forgetting", path, "--out", tmp_path / f"run{number}"]
        rows.append(loss_of(call("finetune", gpt, file, *options).out, "before"))
    assert rows[0] == rows[1]


@pytest.mark.guide("G51")
def test_of_each_label_as_many_texts_are_learned_as_are_asked_for(call, file, gpt, tmp_path):
    found = {}
    for name, seed in (("one", "0"), ("again", "0"), ("other", "1")):
        options = [*QUICK, "--shots", "3", "--seed", seed, "--out", tmp_path / name]
        result = call("finetune", gpt, file, *options)
        assert result.code == 0, result.err
        assert "learned from 6 of " in result.out and "texts, 3 of each label" in result.out
        found[name] = (tmp_path / name / "bag_of_words.safetensors").read_bytes()
    assert found["one"] == found["again"] != found["other"]


def test_adapters_keep_the_width_that_they_have(call, file, gpt, tmp_path):
    options = ["--method", "adapter", "--epochs", "0.5", "--batch-size", "8"]
    first = tmp_path / "first"
    assert call("finetune", gpt, file, *options, "--adapter-width", "3", "--out", first).code == 0
    again = [*options, "--out", tmp_path / "again", "--adapter-width"]
    result = call("finetune", first, file, *again, "5")
    assert result.code == 1 and "the model has adapters of width 3" in result.message
    assert call("finetune", first, file, *again, "3").code == 0
