import csv
import io
import json
import re
import sys

import numpy as np
import pytest

from minillm.backend import devices
from minillm.commands.predictions import Predictions
from minillm.tasks import Decision, TextClassifier
from minillm.text.terminal import display_width
from tests.commands.command_line import ENVIRONMENT, listing, start
from tests.tasks.small import EXAMPLES, TEXTS


def rows(out):
    """The cells of a printed table."""
    return [re.split(r"\s{2,}", line) for line in out.strip("\n").split("\n")]


def test_texts_are_labelled_in_their_order(call, model):
    result = call("predict", model, TEXTS[0], TEXTS[-1], TEXTS[1])
    assert (result.code, result.err) == (0, "")
    header, *found = rows(result.out)
    assert header == ["text", "label", "probability", "unknown tokens"]
    assert [row[:2] for row in found] == [
        [TEXTS[0], "good"],
        [TEXTS[-1], "bad"],
        [TEXTS[1], "good"],
    ]


def test_the_probability_is_that_of_the_label(call, model):
    classifier = TextClassifier.load(model / "model.safetensors")
    best = classifier.predict_probabilities(TEXTS[:3]).max(axis=1)
    _, *found = rows(call("predict", model, *TEXTS[:3]).out)
    assert [row[2] for row in found] == [f"{100 * p:.1f} %" for p in best]
    assert (best > 0.5).all()


def test_texts_come_from_a_file_too_after_those_given(call, model, tmp_path):
    file = tmp_path / "texts.txt"
    file.write_bytes("\ufeffThe hotel was very gloomy.\r\n\r\nZürich!\r\n".encode())
    result = call("predict", model, "The cat.", "--file", file)
    _, *found = rows(result.out)
    assert [row[0] for row in found] == ["The cat.", "The hotel was very gloomy.", "", "Zürich!"]
    assert [row[-1] for row in found] == ["1 of 3", "0 of 6", "0 of 0", "2 of 2"]


def test_texts_may_stand_behind_the_options(call, model):
    before = call("predict", "--format", "jsonl", model, TEXTS[0], TEXTS[1])
    behind = call("predict", model, TEXTS[0], "--format", "jsonl", TEXTS[1])
    assert behind == before
    assert before.code == 0
    assert call("predict", model, TEXTS[0], "--fromat", "jsonl").code == 2
    assert call("info", "more").code == 2


def test_what_is_cut_and_a_threshold_are_remarked(call, model, tmp_path):
    classifier = TextClassifier.load(model / "model.safetensors")
    room = classifier.encoder.max_length - 2
    result = call("predict", model, TEXTS[0], "hotel " * room, "hotel " * (room + 1))
    told = f"minillm predict: 1 of 3 texts are cut to max_length {room + 2} tokens\n"
    assert (result.code, result.err) == (0, told)
    classifier.decision = Decision("bad", 0.125)
    classifier.save(tmp_path / "model.safetensors")
    result = call("predict", tmp_path, TEXTS[0])
    assert "'bad' is said from a probability of 12.5 % on" in result.err


def test_a_run_and_its_model_file_are_the_same_model(call, model):
    folder = call("predict", model, TEXTS[0])
    assert call("predict", model / "model.safetensors", TEXTS[0]) == folder
    assert folder.code == 0


@pytest.mark.parametrize("text", ["猫很好。", "", "[MASK] [PAD]", "word " * 500, "a\tb\0c\x07"])
def test_any_text_gets_a_label(text, call, model):
    result = call("predict", model, text)
    assert result.code == 0
    assert re.search(r" (good|bad) +\d+\.\d %", result.out)


def test_more_columns_stand_last_in_their_order(model):
    classifier = TextClassifier.load(model / "model.safetensors")
    beside = {"expected": ["good", "bad"], "new in it": ["much", "little"]}
    found = rows(Predictions.of(classifier, TEXTS[:2]).as_table(beside))
    assert [row[-2:] for row in found] == [list(beside), ["good", "much"], ["bad", "little"]]


def refused(call, *arguments):
    """``predict`` must fail with one line; gives the line."""
    result = call("predict", *arguments)
    assert (result.code, result.out) == (1, "")
    assert result.message.startswith("minillm predict: ")
    return result.message.removeprefix("minillm predict: ")


def test_nothing_to_label_is_refused(call, model, tmp_path, monkeypatch):
    line = "nothing to label: give texts, or --file with one text a line"
    for given in (b"", None):  # an empty pipe, and a keyboard
        monkeypatch.setattr(sys, "stdin", standard_input(given))
        assert refused(call, model) == line
    (tmp_path / "empty").touch()
    assert refused(call, model, "--file", tmp_path / "empty") == line


def test_a_missing_model_and_a_missing_file_are_named(call, model, tmp_path):
    nowhere = tmp_path / "nowhere"
    assert refused(call, nowhere, "text") == f"{nowhere}: No such file or directory"
    expected = f"{tmp_path}: there is no model.safetensors in this folder"
    assert refused(call, tmp_path, "text") == expected
    assert refused(call, model, "--file", nowhere) == f"{nowhere}: No such file or directory"


def test_a_damaged_model_is_refused(call, model, tmp_path):
    content = bytearray((model / "model.safetensors").read_bytes())
    content[len(content) // 2] ^= 4
    (tmp_path / "model.safetensors").write_bytes(content)
    assert refused(call, tmp_path, "text").startswith(f"{tmp_path / 'model.safetensors'}: damaged")
    (tmp_path / "model.safetensors").write_bytes(b"")
    assert refused(call, tmp_path, "text").startswith(f"{tmp_path / 'model.safetensors'}: damaged")


def test_a_checkpoint_is_no_model(call, model):
    path = model / "checkpoint.safetensors"
    assert refused(call, path, "text") == f"{path}: not a text classifier but other arrays"


def test_cuda_without_a_device_is_one_line(call, model, monkeypatch):
    monkeypatch.setattr(devices, "probe_cuda", lambda: (None, "no driver"))
    line = refused(call, model, "text", "--device", "cuda")
    assert line == "device 'cuda' is not usable: no driver"


def test_predicting_writes_nothing(call, model):
    before = listing(model)
    call("predict", model, TEXTS[0])
    assert listing(model) == before


def test_all_sentences_of_the_training_file_are_labelled_as_there(call, model):
    _, *found = rows(call("predict", model, *TEXTS).out)
    right = np.mean([row[1] == e.label for row, e in zip(found, EXAMPLES, strict=True)])
    assert right > 0.9


def standard_input(data):
    """Standard input as a pipe that holds ``data``, or a keyboard."""
    stream = io.TextIOWrapper(io.BytesIO(data or b""))
    stream.isatty = lambda: data is None
    return stream


def test_texts_come_from_a_pipe_in_its_encoding(call, model, monkeypatch):
    plain = call("predict", model, TEXTS[0], "好")
    for encoding in ("utf-8", "utf-16", "gbk"):
        for options in ([], ["--file", "-"]):
            data = f"{TEXTS[0]}\r\n好\r\n".encode(encoding)
            monkeypatch.setattr(sys, "stdin", standard_input(data))
            piped = call("predict", model, "--encoding", encoding, *options)
            assert (piped.code, piped.out) == (0, plain.out)
    monkeypatch.setattr(sys, "stdin", standard_input("好用\t的".encode("gbk")))
    assert refused(call, model).startswith("standard input, line 1: not UTF-8")
    monkeypatch.setattr(sys, "stdin", standard_input(b"never read"))
    assert call("predict", model, TEXTS[0], "好").out == plain.out


def test_tsv_and_json_lines_have_every_probability(call, model):
    texts = [TEXTS[0], 'A "tab\tand\nline".', "没有"]
    p = TextClassifier.load(model / "model.safetensors").predict_probabilities(texts)
    lines = call("predict", model, *texts, "--format", "jsonl").out.strip("\n").split("\n")
    found = [json.loads(line) for line in lines]
    assert [row["text"] for row in found] == texts
    assert "没有" in lines[2]
    assert [row["tokens"] for row in found] == [8, 7, 2]
    assert [row["unknown_tokens"] for row in found] == [0, 6, 2]
    objects = np.array([[row["probabilities"][n] for n in ("bad", "good")] for row in found])
    assert objects == pytest.approx(p, abs=1e-6)
    assert [row["label"] for row in found] == [("bad", "good")[c] for c in p.argmax(axis=1)]
    out = call("predict", model, *texts, "--format", "tsv").out
    header, *cells = csv.reader(io.StringIO(out), delimiter="\t", quoting=csv.QUOTE_NONE)
    assert header == ["label", "p(bad)", "p(good)", "text"]
    assert [row[0] for row in cells] == [row["label"] for row in found]
    assert [row[-1] for row in cells] == [TEXTS[0], 'A "tab and line".', "没有"]
    assert np.array([row[1:3] for row in cells], dtype=float) == pytest.approx(p, abs=1e-6)


def test_rows_are_cut_to_the_terminal_and_to_nothing_else(call, model, monkeypatch):
    long = "很" * 40 + " cold " * 30
    assert " ".join(long.split()) in call("predict", model, long).out
    monkeypatch.setattr("minillm.commands.predict.terminal_columns", lambda: 70)
    out = call("predict", model, long, "Short.").out
    assert max(map(display_width, out.split("\n"))) <= 70
    assert "很..." in out
    assert "Short." in out


def test_no_control_character_reaches_the_terminal(call, model):
    assert "a b c" in call("predict", model, "a\x1b\tb\x07\r\nc").out


def test_texts_that_say_nothing_to_the_model_are_told(call, model):
    result = call("predict", model, TEXTS[0], "", "没有 zebra")
    assert result.code == 0
    assert result.message == (
        "minillm predict: 2 of 3 texts hold no token that the model knows (1 empty): their labels "
        "say nothing"
    )
    assert call("predict", model, TEXTS[0]).err == ""


@pytest.mark.parametrize("encoding", ["gbk", "cp1252", "ascii"])
@pytest.mark.parametrize("form", ["table", "tsv", "jsonl"])
def test_any_terminal_can_show_what_is_said(encoding, form, model):
    environment = {**ENVIRONMENT, "PYTHONIOENCODING": encoding}
    text = "Grüße 很好 😀 cold"
    process = start("predict", model, text, "--format", form, env=environment)
    out, err = process.communicate()
    assert process.returncode == 0, err
    said = out.decode(encoding)
    if form == "jsonl":
        assert json.loads(said)["text"] == text
    assert "cold" in said
    assert "很" in said or "\\u5f88" in said


def test_a_reader_who_has_gone_is_no_error(model):
    process = start("predict", model, *TEXTS * 60)
    process.stdout.close()
    assert process.wait() == 0
    assert process.stderr.read() == b""
    process.stderr.close()
