import errno
import json
import math
import os

import numpy as np
import pytest

from minillm.backend import kernels_in_force
from minillm.training import RunRecord, read_record


@pytest.fixture
def path(tmp_path):
    """A record with three events."""
    record = RunRecord(tmp_path / "run.jsonl", {"seed": 1})
    for step in range(3):
        record.append(step=step, text=f"第{step}步")
    return record.path


def steps(path):
    """The numbers of the recorded steps."""
    return [event["step"] for event in read_record(path)[1]]


def test_a_run_that_cannot_begin_its_record_leaves_that_of_the_run_before(path, monkeypatch):
    before = path.read_bytes()

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"No space left on device: '.*run\.jsonl'"):
        RunRecord(path, {"seed": 2})
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == ["run.jsonl"]


def test_the_first_line_has_configuration_and_versions_and_each_event_a_line(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    first = json.loads(lines[0])
    assert first["configuration"] == {"seed": 1}
    assert first["versions"]["numpy"] == np.__version__
    assert set(first["versions"]) == {"python", "numpy", "minillm"}
    assert first["kernels"] == kernels_in_force()
    assert lines[1:] == [f'{{"step": {i}, "text": "第{i}步"}}' for i in range(3)]


@pytest.mark.guide("G57")
def test_what_was_appended_is_read_back(path):
    head, events = read_record(path)
    assert head["configuration"] == {"seed": 1}
    assert events == [{"step": i, "text": f"第{i}步"} for i in range(3)]


def test_numbers_of_numpy_become_plain_numbers(path):
    RunRecord.resume(path, n_events=0).append(
        loss=np.float32(0.5), n=np.int64(3), norm=np.array(2.0), lost=math.nan
    )
    (event,) = read_record(path)[1]
    assert {name: event[name] for name in ("loss", "n", "norm")} == {
        "loss": 0.5,
        "n": 3,
        "norm": 2.0,
    }
    assert math.isnan(event["lost"])


def test_a_line_separator_inside_a_text_does_not_end_the_line(path):
    texts = ["a\u2028b", "a\u2029b", "a\x85b", "a\nb", "a\rb", "a\x0cb"]
    record = RunRecord.resume(path, n_events=0)
    for text in texts:
        record.append(text=text)
    assert [event["text"] for event in read_record(path)[1]] == texts
    RunRecord.resume(path, n_events=2)
    assert [event["text"] for event in read_record(path)[1]] == texts[:2]


def test_a_new_record_replaces_an_old_one_and_makes_its_folder(tmp_path, path):
    RunRecord(path, {"seed": 2})
    head, events = read_record(path)
    assert (head["configuration"], events) == ({"seed": 2}, [])
    assert read_record(RunRecord(tmp_path / "new" / "run.jsonl", {}).path)[1] == []


@pytest.mark.guide("G57")
def test_resuming_drops_what_will_be_run_again(path):
    RunRecord.resume(path, n_events=2).append(step="again")
    assert steps(path) == [0, 1, "again"]
    assert [p.name for p in path.parent.iterdir()] == ["run.jsonl"]


def test_resuming_after_all_events_drops_nothing(path):
    before = path.read_bytes()
    RunRecord.resume(path, n_events=3)
    assert path.read_bytes() == before


def test_a_last_line_cut_off_anywhere_is_left_out(path):
    """Also in the middle of a character: it has three bytes."""
    whole = path.read_bytes()
    last = whole.rindex(b"{")
    for end in range(last, len(whole)):
        path.write_bytes(whole[:end])
        assert steps(path) == [0, 1]
    path.write_bytes(whole[: last + 20])
    RunRecord.resume(path, n_events=2).append(step="again")
    assert steps(path) == [0, 1, "again"]


@pytest.mark.parametrize("damage", [b"{not JSON", b"\xff\xfe", b"", b'{"step": 1'])
def test_a_damaged_line_is_an_error_with_its_number(damage, path):
    lines = path.read_bytes().split(b"\n")
    lines[2] = damage
    path.write_bytes(b"\n".join(lines))
    with pytest.raises(ValueError, match=r"run\.jsonl, line 3: not JSON"):
        read_record(path)
    with pytest.raises(ValueError, match=r"run\.jsonl, line 3: not JSON"):
        RunRecord.resume(path, n_events=2)
    RunRecord.resume(path, n_events=1)  # the damaged line is run again
    assert steps(path) == [0]


def test_resuming_after_more_events_than_there_are_is_refused_and_changes_nothing(path):
    path.write_bytes(path.read_bytes()[:-1])  # the third event has lost its end
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"run\.jsonl: 3 whole lines, expected 4"):
        RunRecord.resume(path, n_events=3)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b'{"configuration": {}'])
def test_a_record_without_a_whole_line_is_refused(content, path):
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"run\.jsonl: an empty record"):
        read_record(path)


def test_a_missing_record_is_an_error_of_the_system(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        read_record(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match="nowhere"):
        RunRecord.resume(tmp_path / "nowhere", n_events=0)
