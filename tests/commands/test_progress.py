import sys

import numpy as np
import pytest

from minillm.commands.progress import watch
from minillm.training import Step
from minillm.training.records import RunRecord


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


@pytest.mark.parametrize("left", [1, 3, 8])
def test_the_loss_of_a_run_that_goes_on_is_that_of_one_that_was_not_stopped(
    left, capsys, tmp_path, monkeypatch
):
    """Ten updates with a smoothed loss that each of them moves by half."""
    path, losses = tmp_path / "record.jsonl", [8.0, 4, 2, 7, 1, 9, 3, 5, 6, 0]

    def done(first):
        record = RunRecord(path, {})
        for loss in losses[:first]:
            record.append(loss=loss)
        for i, loss in enumerate(losses[first:], start=first):
            record.append(loss=loss)
            held_out = 1.0 if i == 9 else None
            yield Step(i, np.float32(loss), np.float32(1), 0.1, held_out_loss=held_out)

    told = []
    for first in (0, left):
        watch(done(first), total=10, title="train", record=path)
        told.append(capsys.readouterr().err)
    smooth = losses[0]
    for loss in losses[1:]:
        smooth += 0.5 * (loss - smooth)
    assert told == [f"train 10/10: loss {smooth:.3f}, held out 1.000\n"] * 2


def test_no_steps_are_no_error(capsys):
    watch(iter(()), total=0, title="pretrain")
    assert capsys.readouterr().out == ""


def test_a_file_or_a_pipe_gets_no_bar(capsys):
    watch(steps(0, 7), total=7, title="pretrain")
    assert capsys.readouterr() == ("", "")
