"""``serve``: its options, what it opens, and what keeps it from starting."""

import socket
import sys

import pytest

from minillm.__main__ import EXTRAS
from minillm.commands.serve import open_served
from minillm.course.places import ASSETS
from minillm.serving import Job
from minillm.tasks import TextClassifier
from minillm.tasks.generation import LanguageModel
from tests.published_folders import write_bert, write_gpt2

SERVER = pytest.importorskip("minillm.serving.server", reason="needs the extra serve")


@pytest.fixture
def served(monkeypatch):
    """What the server would have been started with: the last call of it, the model loaded."""
    calls = []

    def start(load, limits, at, **more):
        calls.append({"model": load(), "limits": limits, "at": at.getsockname(), **more})

    monkeypatch.setattr(SERVER, "serve", start)
    return calls


@pytest.mark.guide("G64")
def test_it_listens_on_this_machine_alone_and_says_where(call, model, served):
    result = call("serve", model, "--port", 0)
    assert (result.code, result.err) == (0, "")
    (found,) = served
    host, port = found["at"]
    assert host == "127.0.0.1" and result.out == f"http://127.0.0.1:{port}/  (Ctrl-C ends)\n"
    assert found["host"] == "127.0.0.1" and found["names"] == []
    about = found["model"].about()
    assert (about["name"], about["stored"]) == ("run", "float32")
    assert about["labels"] == ["bad", "good"]


def test_another_host_is_allowed_with_a_warning(call, model, served):
    result = call("serve", model, "--port", 0, "--host", "0.0.0.0", "--allow-host", "lab")
    assert result.code == 0 and "everybody who reaches this address" in result.message
    assert served[0]["host"] == "0.0.0.0" and served[0]["names"] == ["lab"]


def test_limits_are_those_of_the_options(call, model, served):
    options = ["--batch", 3, "--queue", 4, "--max-bytes", 500, "--max-tokens", 6, "--timeout", 0.5]
    assert call("serve", model, "--port", 0, *options).code == 0
    limits = served[0]["limits"]
    assert (limits.batch, limits.queue, limits.max_bytes) == (3, 4, 500)
    assert (limits.max_tokens, limits.timeout) == (6, 0.5)
    assert served[0]["model"].about()["max_tokens"] == 6


@pytest.mark.parametrize("stored", ["int8", "float16"])
def test_weights_can_be_kept_in_fewer_bits(call, model, served, stored):
    assert call("serve", model, "--port", 0, "--stored", stored).code == 0
    found = served[0]["model"]
    questions = [found.question("classify", {"text": "The hotel was very tidy on Monday."})]
    (answer,) = found.answers("classify", questions)
    about = found.about()
    assert about["stored"] == stored and answer["label"] == "good"
    assert about["parameters"] == 4274 and about["bytes"] < 0.7 * 4 * about["parameters"]


def test_a_language_model_in_fewer_bits_writes_too(call, served):
    file = ASSETS / "gpt.safetensors"
    assert call("serve", file, "--port", 0, "--stored", "int8").code == 0
    found = served[0]["model"]
    told = []
    job = Job(
        "generate", {"text": "the film", "greedy": True, "length": 4}, lambda *e: told.append(e)
    )
    job.question = found.question(job.kind, job.asked)
    writing = found.writing([job])
    while writing.step():
        pass
    exact = LanguageModel.load(file).write(["the film"], 4)[0][0]
    assert told[-1][0] == "done" and told[-1][1]["text"] == exact.text


@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        (["--batch", "0"], 1, "--batch must be a whole number above 0"),
        (["--queue", "-1"], 1, "--queue must be"),
        (["--max-bytes", "99999999999999"], 1, "--max-bytes must be"),
        (["--timeout", "nan"], 1, "--timeout must be above 0"),
        (["--timeout", "inf"], 1, "--timeout must be above 0"),
        (["--port", "70000"], 2, "at most 65535"),
        (["--port", "-1"], 2, "at least 0"),
        (["--stored", "int4"], 2, "invalid choice"),
        (["--host", "no.such.host.invalid"], 1, "; --host must be an address of this machine, or"),
        (["--host", "192.0.2.1"], 1, "; --host must be an address of this machine"),
        *[
            (["--allow-host", name], 2, "--allow-host: must be a name alone, such as lab.local")
            for name in ("http://x", "x:80", "x/y", "a b", "", "a@b", "*")
        ],
    ],
)
def test_options_that_cannot_be_are_refused_before_anything_is_loaded(
    call, model, served, options, code, told
):
    result = call("serve", model, "--port", 0, *options)
    assert result.code == code and told in result.err and "Traceback" not in result.err
    assert result.out == "" and served == []
    assert "--port 0" not in result.err  # the port is not at fault


def test_a_port_in_use_is_told_with_a_way_out(call, model):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        result = call("serve", model, "--port", number)
    assert result.code == 1 and "--port 0 takes a free one" in result.message
    assert f"cannot listen at 127.0.0.1, port {number}: " in result.message


def test_a_model_that_cannot_be_read_ends_the_server_in_one_line(call, tmp_path):
    file = tmp_path / "model.safetensors"
    file.write_bytes(b"nothing of ours")
    result = call("serve", file, "--port", 0)
    assert result.code == 1 and str(file) in result.message


def test_where_there_is_no_file_nothing_is_begun(call, tmp_path, served):
    result = call("serve", tmp_path / "nowhere")
    assert (result.code, result.out) == (1, "") and "no such file or folder" in result.message


def test_it_opens_what_predict_generate_and_chat_open(model, tmp_path):
    write_bert(tmp_path / "bert", "BertForSequenceClassification", ["a", "b"])
    write_gpt2(tmp_path / "gpt2")
    for path, kind in (
        (model, TextClassifier),
        (model / "model.safetensors", TextClassifier),
        (ASSETS / "gpt.safetensors", LanguageModel),
        (tmp_path / "bert", TextClassifier),
        (tmp_path / "gpt2", LanguageModel),
    ):
        assert isinstance(open_served(path, "cpu"), kind)


def test_other_models_are_refused_by_what_they_are(tmp_path):
    write_bert(tmp_path / "masked", "BertForMaskedLM")
    for path, told in (
        (ASSETS / "bert.safetensors", "but a pretrained bert"),
        (tmp_path / "masked", "but a PretrainedBert"),
    ):
        with pytest.raises(ValueError, match=told):
            open_served(path, "cpu")


def test_without_its_extra_it_says_which_one_it_is(call, model, monkeypatch):
    for name in EXTRAS["serve"]:
        monkeypatch.setitem(sys.modules, name, None)
    for name in ("server", "application", "endpoints", "security", "body", "page", "deadline"):
        monkeypatch.delitem(sys.modules, f"minillm.serving.{name}", raising=False)
    result = call("serve", model)
    assert result.code == 2 and result.out == ""
    assert result.message.endswith("in a clone run  pip install -e '.[serve]'")
