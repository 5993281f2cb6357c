"""What all commands share: exit codes, one line for an error, a reader that goes away."""

import os
import subprocess
import sys

import pytest

import minillm
from minillm.__main__ import main
from minillm.backend import CheckpointError
from minillm.commands.words import ENGLISH
from tests.commands.command_line import ENVIRONMENT, ROOT, finish, start

COMMANDS = ("pipeline", "train", "evaluate", "predict", "labs", "course", "bench", "info")


@pytest.mark.parametrize("arguments", [[], *([name] for name in COMMANDS)])
def test_every_command_explains_itself(arguments, call):
    result = call(*arguments, "--help")
    assert result.code == 0
    assert result.out.startswith(f"usage: {' '.join(['minillm', *arguments])}")
    assert all(name in result.out for name in (COMMANDS if not arguments else ["--threads"]))


@pytest.mark.parametrize("arguments", [[], ["dance"], ["predict"], ["info", "--colour"]])
def test_wrong_usage_is_exit_code_two(arguments, call):
    result = call(*arguments)
    assert result.code == 2
    assert result.out == ""
    assert ": error: " in result.err.strip().split("\n")[-1]


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (FileNotFoundError(2, "No such file or directory", "a/b.tsv"), "a/b.tsv: No such file or "),
        (OSError("the wire is cut"), "the wire is cut"),
        (ValueError("width 3"), "width 3"),
        (CheckpointError("x: damaged"), "x: damaged"),
        (MemoryError(), "MemoryError"),
        (MemoryError("Unable to allocate 8 TiB"), "Unable to allocate 8 TiB"),
    ],
)
def test_an_error_of_use_is_one_line_and_exit_code_one(error, line, call, monkeypatch):
    def fail():
        raise error

    assert ENGLISH.error(error).startswith(line)
    monkeypatch.setattr("minillm.commands.info.facts", fail)
    result = call("info")
    assert (result.code, result.out) == (1, "")
    assert result.message == f"minillm info: {ENGLISH.error(error)}"
    with pytest.raises(type(error)):
        call("info", "--debug")


def test_a_mistake_in_the_program_is_not_hidden(call, monkeypatch):
    monkeypatch.setattr("minillm.commands.info.facts", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        call("info")


@pytest.mark.fault(91)
def test_ctrl_c_is_one_line_and_speaks_of_resuming_only_where_there_is_such_a_thing(
    call, monkeypatch
):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("minillm.commands.info.facts", stop)
    monkeypatch.setattr("minillm.commands.pipeline.read", stop)
    stopped = call("info")
    assert (stopped.code, stopped.message) == (130, "minillm info: stopped")
    assert call("pipeline").message.startswith("minillm pipeline: stopped; --resume goes on")


@pytest.mark.parametrize("texts", [1, 2000])
def test_a_reader_that_has_gone_is_no_error(texts, model):
    """As in ``minillm predict ... | head -1``, with little output and with much."""
    reader, writer = os.pipe()
    os.close(reader)
    finished = subprocess.run(
        [sys.executable, "-m", "minillm", "predict", str(model), *["The hotel."] * texts],
        cwd=ROOT,
        env=ENVIRONMENT,
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writer)
    assert (finished.returncode, finished.stderr) == (0, b"")


def test_the_module_runs_as_a_program():
    assert finish(start("info")).code == 0
    result = finish(start("predict", "nowhere", "text"))
    assert (result.code, result.out) == (1, "")
    assert result.message == ("minillm predict: nowhere: No such file or directory")


@pytest.mark.parametrize("variables", [{"LC_ALL": "C"}, {"LC_ALL": "POSIX", "PYTHONUTF8": "1"}])
def test_chinese_is_read_and_written_in_any_locale(variables, model, tmp_path):
    texts = tmp_path / "texts.txt"
    texts.write_text("这家酒店很好。\n", encoding="utf-8")
    inherited = {k: v for k, v in ENVIRONMENT.items() if k not in ("LANG", "LC_CTYPE", "LC_ALL")}
    result = finish(start("predict", model, "猫", "--file", texts, env={**inherited, **variables}))
    assert result.code == 0
    assert "2 of 2 texts hold no token that the model knows" in result.message
    assert "这家酒店很好。" in result.out
    assert "\n猫 " in result.out


def test_the_arguments_may_be_given_by_a_caller(capsys):
    assert main(["info"]) == 0
    assert "numpy" in capsys.readouterr().out


def test_the_version_is_told(call):
    result = call("--version")
    assert (result.code, result.out) == (0, f"minillm {minillm.__version__}\n")


@pytest.mark.parametrize(
    ("module", "command"),
    [
        ("jupytext", ["course", "build", "--check"]),
        ("nbformat", ["course", "run", ROOT / "lessons" / "00_how_to_read.ipynb"]),
    ],
)
def test_what_an_extra_would_bring_is_named_with_the_extra(module, command, call, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    result = call(*command)
    assert result.code == 2
    assert result.message == (
        f"minillm course: needs {module}, which is not installed: in a clone run  pip install -e "
        "'.[course]'"
    )


def test_a_module_that_no_extra_brings_is_a_fault_and_shown_as_one(call, monkeypatch):
    def facts():
        raise ModuleNotFoundError("No module named 'odd'", name="odd")

    monkeypatch.setattr("minillm.commands.info.facts", facts)
    with pytest.raises(ModuleNotFoundError):
        call("info")
