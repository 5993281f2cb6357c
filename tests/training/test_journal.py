"""What a run writes beside its checkpoint: times, and the fault that ended it."""

import itertools
import json

import numpy as np
import pytest

from minillm.backend import load_arrays
from minillm.training import DivergenceError, Run, read_record
from minillm.training.times import read_times
from tests.training.toys import Walk, run_of, walk


def spoiled(losses, at):
    """A walk whose loss is NaN from update ``at`` on."""
    model = Walk()

    def loss_of(batch):
        step = (model.place * np.array([-1.0])).sum()
        return step * (np.nan if batch >= at else 1.0)

    return model, walk(model, losses, loss_of=loss_of)


@pytest.mark.guide("G57", "G58")
def test_a_fault_is_the_last_line_of_the_record_and_the_weights_before_it_are_kept(tmp_path):
    model, stage = spoiled([0] * 9, at=3)
    run = Run(model, [stage], {"seed": 5}, out=tmp_path)
    with pytest.raises(DivergenceError, match="step 3: loss nan"):
        list(run.all())
    _, events = read_record(tmp_path / "record.jsonl")
    assert [event["step"] for event in events] == [0, 1, 2, 3]
    assert events[-1]["fault"].startswith("step 3: loss nan") and "loss" not in events[-1]
    weights, about = load_arrays(tmp_path / "last_good.safetensors")
    assert weights["place"] == 3.0
    assert about["kind"] == "weights before the fault in step 3 of walk"
    assert read_times(tmp_path / "times.jsonl").processes == 1


def test_a_run_that_goes_on_after_a_fault_has_forgotten_it(tmp_path):
    model, stage = spoiled([0] * 9, at=3)
    with pytest.raises(DivergenceError):
        list(Run(model, [stage], {}, out=tmp_path, save_every=2).all())
    model, stage = spoiled([0] * 9, at=99)
    list(Run(model, [stage], {}, out=tmp_path, resume=True).all())
    assert [event["step"] for event in read_record(tmp_path / "record.jsonl")[1]] == [*range(8)]
    assert not (tmp_path / "last_good.safetensors").exists()
    assert read_times(tmp_path / "times.jsonl").processes == 2


def test_a_fault_in_the_first_update_is_told_where_no_earlier_run_is_lost(tmp_path):
    model, stage = spoiled([0] * 9, at=0)
    with pytest.raises(DivergenceError):
        list(Run(model, [stage], {"lr": 1}, out=tmp_path).all())
    (event,) = read_record(tmp_path / "record.jsonl")[1]
    assert event["step"] == 0 and "nan" in event["fault"]
    weights, about = load_arrays(tmp_path / "last_good.safetensors")
    assert weights["place"] == 0.0  # as it began
    assert about["kind"] == "weights before the fault in step 0 of walk"
    before = (tmp_path / "record.jsonl").read_bytes()
    with pytest.raises(DivergenceError):
        list(Run(model, [stage], {"lr": 2}, out=tmp_path).all())
    assert (tmp_path / "record.jsonl").read_bytes() == before


def test_a_held_out_loss_that_is_not_finite_keeps_no_weights(tmp_path):
    model = Walk()
    run = Run(model, [walk(model, [0, 1, float("nan"), 3])], {}, out=tmp_path)
    with pytest.raises(DivergenceError, match="held-out"):
        list(run.all())
    assert "held-out" in read_record(tmp_path / "record.jsonl")[1][-1]["fault"]
    assert not (tmp_path / "last_good.safetensors").exists()


@pytest.mark.guide("G57")
def test_times_add_up_over_the_processes_that_made_a_run(tmp_path):
    list(itertools.islice(run_of("translation", out=tmp_path, save_every=4).all(), 9))
    first = read_times(tmp_path / "times.jsonl")
    assert first.processes == 1 and first.seconds > 0
    list(run_of("translation", out=tmp_path, save_every=4, resume=True).all())
    lines = [json.loads(line) for line in (tmp_path / "times.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [0, 3, 7, 11, 14]
    both = read_times(tmp_path / "times.jsonl")
    assert (both.began, both.processes) == (first.began, 2)
    assert both.seconds == pytest.approx(lines[2]["seconds"] + lines[4]["seconds"])
    list(run_of("translation", out=tmp_path, save_every=4).all())
    assert read_times(tmp_path / "times.jsonl").processes == 1


def test_older_runs_have_no_times_and_others_files_are_refused(tmp_path):
    path = tmp_path / "times.jsonl"
    assert read_times(path) is None
    path.write_text('{"began": "2026', encoding="utf-8")
    assert read_times(path) is None  # the first line was cut off
    for line, told in (('{"began": ""}', "'seconds'"), ("[1]", "of a run"), ("x", "line 1")):
        path.write_text(line + "\n", encoding="utf-8")
        with pytest.raises(ValueError, match=told):
            read_times(path)
