import re

import numpy as np
import pytest

from minillm.backend import devices
from minillm.commands.predict import prediction_table
from minillm.tasks import TextClassifier
from tests.commands.command_line import listing
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


def test_a_run_and_its_model_file_are_the_same_model(call, model):
    folder = call("predict", model, TEXTS[0])
    assert call("predict", model / "model.safetensors", TEXTS[0]) == folder
    assert folder.code == 0


@pytest.mark.parametrize("text", ["猫很好。", "", "[MASK] [PAD]", "word " * 500, "a\tb\0c\x07"])
def test_any_text_gets_a_label(text, call, model):
    result = call("predict", model, text)
    assert (result.code, result.err) == (0, "")
    assert re.search(r" (good|bad) +\d+\.\d %", result.out)


def test_what_was_expected_stands_in_a_last_column(model):
    classifier = TextClassifier.load(model / "model.safetensors")
    found = rows(prediction_table(classifier, TEXTS[:2], ["good", "bad"]))
    assert [row[-1] for row in found] == ["expected", "good", "bad"]


def refused(call, *arguments):
    """``predict`` must fail with one line; gives the line."""
    result = call("predict", *arguments)
    assert (result.code, result.out) == (1, "")
    assert result.message.startswith("minillm predict: ")
    return result.message.removeprefix("minillm predict: ")


def test_nothing_to_label_is_refused(call, model, tmp_path):
    line = "nothing to label: give texts, or --file with one text a line"
    assert refused(call, model) == line
    (tmp_path / "empty").touch()
    assert refused(call, model, "--file", tmp_path / "empty") == line


def test_a_missing_model_and_a_missing_file_are_named(call, model, tmp_path):
    nowhere = tmp_path / "nowhere"
    assert refused(call, nowhere, "text") == f"{nowhere}: No such file or directory"
    expected = f"{tmp_path / 'model.safetensors'}: No such file or directory"
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
