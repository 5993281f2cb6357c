import sys

import numpy as np

from minillm.commands.progress import watch
from minillm.training import Step


def steps(first, last):
    """Updates whose loss is 2."""
    return (Step(i, np.float32(2.0), np.float32(1.0), 0.1) for i in range(first, last))


def test_all_steps_are_run_and_shown_on_stderr(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    watch(steps(0, 7), total=7, title="pretrain")
    out, err = capsys.readouterr()
    assert out == ""
    last = err.split("\r")[-1]
    assert last.startswith("pretrain: 100%")
    assert "7/7" in last
    assert "loss 2.000" in last


def test_a_resumed_run_begins_where_it_stopped(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    watch(steps(5, 6), total=7, title="pretrain")
    assert "6/7" in capsys.readouterr().err.split("\r")[-1]


def test_no_steps_are_no_error(capsys):
    watch(iter(()), total=0, title="pretrain")
    assert capsys.readouterr().out == ""


def test_a_file_or_a_pipe_gets_no_bar(capsys):
    watch(steps(0, 7), total=7, title="pretrain")
    assert capsys.readouterr() == ("", "")
