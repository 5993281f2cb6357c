"""Killed, interrupted, out of space: the last checkpoint is whole, and the run ends as planned."""

import signal

import numpy as np
import pytest

from minillm.__main__ import main
from minillm.backend import load_arrays
from tests.commands.command_line import (
    ENVIRONMENT,
    SAVING_OFTEN,
    TINY,
    finish,
    listing,
    start,
    wait_for_updates,
    write_examples,
)

LONG = [*TINY, "--pretrain-epochs", "10", "--finetune-epochs", "10"]  # 60 updates in each stage
UPDATES = 120
FULL_DISK = (
    "import resource, signal\n"
    "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    "resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n" + SAVING_OFTEN
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """What a run leaves that nobody interrupts."""
    folder = tmp_path_factory.mktemp("whole")
    file = write_examples(folder / "data.tsv")
    assert main(["train", str(file), "--out", str(folder / "run"), *LONG]) == 0
    return contents(folder / "run")


def contents(folder):
    """Every file of a folder as bytes, but for the times that a run took."""
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.name != "times.jsonl"}


def interrupted(file, out, *, after, number, resume=False):
    """Train in another process, and send it a signal after so many updates."""
    options = ["--out", out, *LONG, *(["--resume"] if resume else [])]
    process = start("train", file, *options, program=("-c", SAVING_OFTEN))
    wait_for_updates(process, out / "record.jsonl", after)
    process.send_signal(number)
    return finish(process)


def test_a_killed_run_resumes_to_the_same_bytes(call, file, whole, tmp_path):
    out = tmp_path / "run"
    after = int(np.random.default_rng().integers(3, UPDATES - 20))
    assert interrupted(file, out, after=after, number=signal.SIGKILL).code == -signal.SIGKILL
    assert "model.safetensors" not in listing(out)
    assert call("train", file, "--out", out, *LONG, "--resume").code == 0
    found = contents(out)
    for name in [name for name in found if name.endswith(".tmp")]:
        del found[name]  # what a process leaves that had no time to tidy up
    assert found == whole, f"killed after {after} updates"


@pytest.mark.slow
def test_a_run_that_is_killed_twenty_times_ends_at_the_same_bytes(call, file, whole, tmp_path):
    """Each of twenty processes goes on from what the one before had saved when it died."""
    out = tmp_path / "run"
    marks = np.sort(np.random.default_rng().choice(np.arange(3, 100), 20, replace=False))
    for i, after in enumerate(marks):
        result = interrupted(file, out, after=int(after), number=signal.SIGKILL, resume=i > 0)
        assert result.code == -signal.SIGKILL, (marks, result.err)
        load_arrays(out / "checkpoint.safetensors")
    assert call("train", file, "--out", out, *LONG, "--resume").code == 0
    found = {name: data for name, data in contents(out).items() if not name.endswith(".tmp")}
    assert found == whole, marks


@pytest.mark.fault(91, 92)
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("after", [20, 80])
def test_a_run_that_is_stopped_keeps_its_checkpoint_and_resumes(
    number, code, after, call, file, whole, tmp_path
):
    out = tmp_path / "run"
    result = interrupted(file, out, after=after, number=number)
    assert result.code == code
    assert "Traceback" not in result.err
    if number == signal.SIGINT:
        assert result.message == (
            "minillm train: stopped; --resume goes on from the last checkpoint, if there is one"
        )
    arrays, _ = load_arrays(out / "checkpoint.safetensors")
    assert arrays["optimizer.steps"] >= after % 60 - 2
    assert listing(out) == ["checkpoint.safetensors", "record.jsonl", "times.jsonl"]
    assert call("train", file, "--out", out, *LONG, "--resume").code == 0
    assert contents(out) == whole


def test_a_stop_before_the_first_checkpoint_lets_the_run_start_again(
    call, file, tmp_path, monkeypatch
):
    def stop(*_, **__):
        raise KeyboardInterrupt

    out = tmp_path / "run"
    with monkeypatch.context() as patch:
        patch.setattr("minillm.commands.train.watch", stop)
        assert call("train", file, "--out", out, *TINY).code == 130
    refused = call("train", file, "--out", out, *TINY, "--resume")
    assert (refused.code, refused.message.split(":")[1]) == (1, " nothing to resume")
    assert call("train", file, "--out", out, *TINY).code == 0


@pytest.mark.parametrize(("limit", "full"), [(10_000, "checkpoint.safetensors"), (300, "record.")])
def test_a_full_disk_is_one_line_and_the_earlier_checkpoint_still_loads(
    limit, full, call, file, whole, tmp_path
):
    out = tmp_path / "run"
    assert interrupted(file, out, after=30, number=signal.SIGTERM).code == 143
    before = (out / "checkpoint.safetensors").read_bytes()
    program = ("-c", FULL_DISK.format(limit=limit))
    result = finish(start("train", file, "--out", out, *LONG, "--resume", program=program))
    assert result.code == 1
    assert result.message.startswith(f"minillm train: {out / full}")
    assert result.message.endswith(": File too large")
    assert (out / "checkpoint.safetensors").read_bytes() == before
    assert not [name for name in listing(out) if "tmp" in name]
    assert call("train", file, "--out", out, *LONG, "--resume").code == 0
    assert contents(out) == whole


@pytest.mark.fault(90)
def test_a_run_does_not_depend_on_the_order_of_sets(file, tmp_path):
    """Strings hash otherwise in every process; no number may follow their order."""
    runs = []
    for seed in ("1", "2"):
        environment = {**ENVIRONMENT, "PYTHONHASHSEED": seed}
        out = tmp_path / seed
        assert finish(start("train", file, "--out", out, *TINY, env=environment)).code == 0
        runs.append(contents(out))
    assert runs[0] == runs[1]
