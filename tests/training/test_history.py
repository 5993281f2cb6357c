"""Runs are read back whatever became of them, and one seed gives one curve to the bit."""

import itertools
import json
import math

import pytest

from minillm.backend import kernels, kernels_in_force
from minillm.training import DivergenceError, Run
from minillm.training.history import first_difference, least, read_history
from tests.training.test_journal import spoiled
from tests.training.toys import run_of


def made(folder, kind="translation", seed=0, updates=None):
    """The run of a toy task, left after some updates."""
    list(itertools.islice(run_of(kind, seed, out=folder, save_every=4).all(), updates))
    return read_history(folder)


@pytest.mark.guide("G57")
def test_one_seed_gives_one_curve_to_the_bit_and_another_seed_another(tmp_path):
    one, again, other = (
        made(tmp_path / name, seed=n) for name, n in (("a", 0), ("b", 0), ("c", 1))
    )
    assert one.path.read_bytes() == again.path.read_bytes()
    assert first_difference(one.events, again.events) is None
    found = first_difference(one.events, other.events)
    assert (found.stage, found.step, found.what) == ("translate", 0, "loss")
    assert found.values == (one.events[0]["loss"], other.events[0]["loss"])


def test_the_smallest_difference_is_found_wherever_it_is(tmp_path):
    events = made(tmp_path).events
    for place, name in ((0, "loss"), (7, "gradient_norm"), (14, "lr")):
        other = [dict(event) for event in events]
        other[place][name] = math.nextafter(other[place][name], 9.0)
        found = first_difference(events, other)
        assert (found.step, found.what) == (place, name)
        assert found.values == (events[place][name], other[place][name])
    longer = [*events, {"stage": "more", "step": 0, "loss": 1.0}]
    assert first_difference(events, longer) is first_difference(longer, events) is None
    assert first_difference(events, [*events[:3], longer[-1]]).what == "stage"
    assert first_difference([{**longer[-1], "loss": math.nan}], [{**longer[-1]}]).what == "loss"
    nothing = [{**longer[-1], "loss": math.nan}]
    assert first_difference(nothing, [dict(nothing[0])]) is None
    zeros = [[{**longer[-1], "loss": zero}] for zero in (0.0, -0.0)]
    assert first_difference(*zeros).values == (0.0, -0.0)
    held_out = [{**longer[-1], "held_out_loss": 1.0}]
    assert first_difference([longer[-1]], held_out).what == "held_out_loss"


@pytest.mark.guide("G57")
def test_how_a_run_ended_is_told(tmp_path):
    assert made(tmp_path / "whole").state == "finished"
    assert made(tmp_path / "left", updates=9).state == "cut off"
    tired = made(tmp_path / "tired", "early stop")
    assert tired.state == "ended early" and tired.stages == ["pretrain", "finetune"]
    assert made(tmp_path / "between", "early stop", updates=14).state == "cut off"
    model, stage = spoiled([0] * 9, at=3)
    with pytest.raises(DivergenceError):
        list(Run(model, [stage], {}, out=tmp_path / "fault").all())
    fault = read_history(tmp_path / "fault")
    assert (fault.state, len(fault.updates("walk"))) == ("fault", 3)
    assert fault.fault.startswith("step 3: loss nan")
    list(run_of("translation", out=tmp_path / "left", resume=True).all())
    again = read_history(tmp_path / "left")
    assert (again.state, again.taken.processes) == ("finished", 2)
    assert first_difference(again.events, read_history(tmp_path / "whole").events) is None


def test_a_run_may_go_on_with_other_kernels_and_its_record_tells_with_which_it_began(tmp_path):
    made(tmp_path, updates=6)
    with kernels("off"):
        list(run_of("translation", out=tmp_path, resume=True).all())
    found = read_history(tmp_path)
    assert (found.state, found.head["kernels"]) == ("finished", kernels_in_force())


def test_older_records_without_commit_processor_and_times_are_read(tmp_path):
    path = tmp_path / "record.jsonl"
    head = {"configuration": {"seed": 3}, "versions": {"python": "3.11", "numpy": "2.0"}}
    lines = [head, {"stage": "tag", "step": 0, "loss": 1.5}]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    old = read_history(tmp_path)
    assert (old.task, old.state, old.taken) == ("tag", "finished", None)
    path.write_text(json.dumps(head) + "\n" + '{"stage": "tag", "st', encoding="utf-8")
    assert (read_history(path).task, read_history(path).state) == ("none", "not begun")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "an empty record"),
        ('{"a": 1}\n', "line 1 has no configuration"),
        ("[1]\n", "line 1 has no configuration"),
        ('{"configuration": {}}\n{"step": 1}\n', "line 2: not an event"),
        ('{"configuration": {}}\n3\n', "line 2: not an event"),
        ('{"configuration": {}}\n{"stage": "a", "step": 0, "loss": "x"}\n', "not a number"),
        ('{"configuration": {}}\n{"stage"\n{}\n', "line 2: not JSON"),
    ],
)
def test_what_is_no_record_is_refused(text, told, tmp_path):
    path = tmp_path / "record.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=told):
        read_history(tmp_path)


def test_the_least_loss_is_the_first_of_them_and_no_nan():
    assert least({1: math.nan, 2: 3.0, 3: 1.0, 4: 1.0, 5: -math.inf}) == (1.0, 3)
    assert least({}) is least({1: math.nan}) is None
