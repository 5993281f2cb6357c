"""``--data-parallel``: what several processes write, say and refuse, and how they end."""

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import numpy as np
import pytest

from minillm.__main__ import main
from minillm.backend import load_arrays
from minillm.commands import ranks as command_ranks
from minillm.launching import LAUNCHERS
from minillm.training import read_record
from tests.commands.command_line import ENVIRONMENT, ROOT, TINY, listing, write_examples
from tests.training.ranks.threads import ThreadRanks, World

MPIEXEC = shutil.which("mpiexec", path=str(Path(sys.executable).parent))
needs_mpi = pytest.mark.skipif(
    importlib.util.find_spec("mpi4py") is None or MPIEXEC is None,
    reason="needs the extra cluster: mpi4py and an MPI with mpiexec beside this Python",
)
LONG = [*TINY, "--pretrain-epochs", "40", "--finetune-epochs", "40"]


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    """No launcher started this process."""
    for names in LAUNCHERS:
        for name in names:
            monkeypatch.delenv(name, raising=False)


@pytest.fixture
def as_rank(monkeypatch):
    """Let this process be one of several, the others of which say ``others`` when it meets them."""

    def be(rank=0, size=2, others=None):
        found = ThreadRanks(World(size), rank)
        found.left = False
        found.gather = lambda value: [
            value if r == rank or others is None or isinstance(value, str) else others
            for r in range(size)
        ]
        found.total = lambda flat: None  # the others found nothing
        found.leave = lambda: setattr(found, "left", True)
        monkeypatch.setattr(command_ranks, "open_ranks", lambda: found)
        return found

    return be


def test_one_of_several_processes_that_know_nothing_of_each_other(
    call, file, monkeypatch, tmp_path
):
    monkeypatch.setenv("PMI_SIZE", "2")
    monkeypatch.setenv("PMI_RANK", "0")
    out = tmp_path / "run"
    result = call("train", file, "--out", out, *TINY)
    assert result.code == 1 and not out.exists()
    assert result.message.endswith(
        f"started 2 times by mpiexec, and each would write --out {out}: give --data-parallel"
    )
    result = call("pipeline", "--out", out)
    assert result.message.endswith("start it without mpiexec") and not out.exists()
    monkeypatch.setenv("PMI_RANK", "1")
    assert call("train", file, "--out", out, *TINY) == (1, "", "")
    assert call("train", file, "--nonsense") == (2, "", "")
    assert call("info").code == 0  # writes nothing


def test_without_mpi4py_the_extra_is_named(call, file, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    result = call("train", file, "--out", tmp_path / "run", *TINY, "--data-parallel")
    assert result.code == 2
    assert result.message == (
        "minillm train: needs mpi4py, which is not installed: in a clone run  "
        "pip install -e '.[cluster]'"
    )


def test_nothing_asks_for_mpi4py_without_the_option(call, file, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "mpi4py", None)  # an import of it would fail
    assert call("train", file, "--out", tmp_path / "run", *TINY).code == 0


@pytest.mark.parametrize("command", ["train", "pretrain", "finetune"])
@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--threads", "2"], "--threads 2 beside --data-parallel: each process works with one"),
        (["--watch"], "--watch sees the rows of one process: leave out --data-parallel"),
        (["--batch-size", "1"], "--batch-size 1 is less than the 2 ranks: some would have no row"),
    ],
)
def test_options_that_do_not_go_together(command, options, says, call, file, as_rank, tmp_path):
    ranks = as_rank()
    words = [command, *(["bert"] if command == "finetune" else []), file, "--data-parallel"]
    if command == "pretrain":
        options = [*options, "--documents", "lines"]
    result = call(*words, "--out", tmp_path / "run", *options)
    assert result.code == 1 and f"minillm {command}: {says}" in result.message
    assert ranks.left and ranks.world.aborted is None
    assert not (tmp_path / "run").exists()


def test_only_the_first_speaks_and_writes(call, file, as_rank, tmp_path):
    ranks = as_rank(rank=1)
    result = call("train", file, "--out", tmp_path / "run", *TINY, "--data-parallel")
    assert ranks.left  # it waits for the first, which has more to do
    assert result == (0, "", "") and not (tmp_path / "run").exists()
    as_rank(rank=0)
    result = call("train", file, "--out", tmp_path / "run", *TINY, "--data-parallel")
    assert result.code == 0 and "2 processes share every batch" in result.out
    assert {"model.safetensors", "record.jsonl"} <= {*listing(tmp_path / "run")}


@pytest.mark.parametrize("command", ["train", "pretrain", "finetune"])
def test_ranks_on_different_devices_are_refused_before_they_look_for_them(
    command, call, file, as_rank, tmp_path
):
    ranks = as_rank()
    ranks.gather = lambda device: [device, "cuda"]
    words = [command, *(["bert"] if command == "finetune" else []), file, "--data-parallel"]
    result = call(*words, "--out", tmp_path / "run")
    assert result.code == 1 and ranks.left and ranks.world.aborted is None
    assert f"minillm {command}: rank 1 of 2 would train something else than" in result.err
    assert result.err.endswith("\n  device: 'cpu' on rank 0, 'cuda' on rank 1\n")


def test_what_another_rank_failed_at_is_told_by_the_first(call, file, as_rank, tmp_path):
    ranks = as_rank(rank=0, others=("data.tsv: No such file", ""))
    result = call("train", file, "--out", tmp_path / "run", *TINY, "--data-parallel")
    assert result.code == 1 and ranks.left
    assert result.message == "minillm train: rank 1 of 2: data.tsv: No such file"
    as_rank(rank=1, others=("data.tsv: No such file", ""))
    missing = tmp_path / "missing.tsv"
    result = call("train", missing, "--out", tmp_path / "run", *TINY, "--data-parallel")
    assert result == (1, "", "")


@pytest.mark.parametrize("rank", [0, 1])
def test_an_error_that_the_others_do_not_know_of_ends_them(
    rank, call, file, as_rank, tmp_path, monkeypatch
):
    ranks = as_rank(rank=rank)

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("minillm.training.run.fit", full)
    result = call("train", file, "--out", tmp_path / "run", *TINY, "--data-parallel")
    assert result.code == 1 and ranks.world.aborted == 1
    assert f"minillm train: rank {rank} of 2: " in result.err


def test_sigterm_to_one_ends_all(call, file, as_rank, tmp_path, monkeypatch):
    ranks = as_rank(rank=1)
    monkeypatch.setattr("minillm.training.run.fit", lambda *_, **__: sys.exit(143))
    result = call("train", file, "--out", tmp_path / "run", *TINY, "--data-parallel")
    assert result.code == 143 and ranks.world.aborted == 143


# --- real processes -----------------------------------------------------------------------------


def mpiexec(*parts, size=2):
    """Start ranks; of several ``parts`` each is the command line of one rank."""
    words = [MPIEXEC]
    for number, part in enumerate(parts):
        program = [sys.executable, "-m", "mpi4py", "-m", "minillm", *map(str, part)]
        words += [*([":"] if number else []), "-n", str(size if len(parts) == 1 else 1), *program]
    environment = {n: v for n, v in ENVIRONMENT.items() if not n.startswith(("PMI_", "OMPI_"))}
    mark = uuid.uuid4().hex
    process = subprocess.Popen(
        words, cwd=ROOT, env={**environment, "STARTED_BY_TEST": mark},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    process.mark = mark
    return process


def ended(process, timeout=60):
    """Exit code, stdout and stderr; nothing that was started stays."""
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        for started in children_of(process).values():
            os.kill(started, signal.SIGKILL)
        raise
    return process.returncode, out, err


def losses(folder):
    return [(e["loss"], e["gradient_norm"]) for e in read_record(folder / "record.jsonl")[1]]


@needs_mpi
def test_two_processes_train_what_one_trains(file, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    code, out, err = ended(mpiexec(["train", file, "--out", two, *TINY, "--data-parallel"]))
    assert code == 0, err
    assert out.count("2 processes share every batch") == out.count("trained in") == 1
    assert main(["train", str(file), "--out", str(one), *TINY]) == 0
    np.testing.assert_allclose(losses(two), losses(one), rtol=1e-3)  # float32
    assert listing(one) == listing(two)
    weights = [load_arrays(folder / "model.safetensors")[0] for folder in (one, two)]
    for name, array in weights[0].items():
        np.testing.assert_allclose(weights[1][name], array, rtol=0, atol=2e-3, err_msg=name)


@pytest.mark.slow  # starts seven worlds of two processes
@needs_mpi
def test_ranks_with_other_options_or_files_are_named(file, tmp_path):
    out = tmp_path / "run"
    other = write_examples(tmp_path / "other.tsv")
    other.write_text(other.read_text() + "good\tone film more\n")
    common = ["--out", out, *TINY, "--data-parallel"]
    cases = [
        ([file, "--seed", 1], [file], r"\n  seed: 1 on rank 0, 0 on rank 1\n"),
        ([file], [other], rf"\n  data \({re.escape(str(file))}\): has another content than on"),
        ([file], [tmp_path / "no.tsv"], r"rank 1 of 2: .*no.tsv: No such file"),
        ([tmp_path / "no.tsv"], [file], r"rank 0 of 2: .*no.tsv: No such file"),
        ([tmp_path / "no.tsv"], [tmp_path / "no.tsv"], r"minillm train: /.*no.tsv: No such file"),
    ]
    for first, second, says in cases:
        code, _, err = ended(mpiexec(*(["train", *own, *common] for own in (first, second))))
        assert code == 1 and err.count("minillm train:") == 1 and re.search(says, err), err
        assert not out.exists()
    code, _, err = ended(mpiexec(["train", file, "--out", out, *TINY]))
    assert code == 1 and err.count("give --data-parallel") == 1
    code, _, err = ended(
        mpiexec(["train", file, *common, "--pretrain-lr", "1e30", "--max-norm", "0"])
    )
    assert code == 1 and err.count("this update was not made") == 1
    assert "fault" in read_record(out / "record.jsonl")[1][-1]


@pytest.mark.slow  # starts six worlds of two processes
@needs_mpi
def test_a_rank_that_fails_before_mpi_begins_ends_all(file, tmp_path):
    whole = ["train", file, "--out", tmp_path / "run", *TINY, "--data-parallel"]
    misspelt, alone, cuda = [*whole, "--sed"], whole[:-1], [*whole, "--device", "cuda"]
    cases = [
        (whole, misspelt, 2, "rank 1 of 2: usage: "),
        (misspelt, whole, 2, "did you mean --seed?"),
        (misspelt, misspelt, 2, "did you mean --seed?"),
        (whole, alone, 1, "rank 1 of 2: minillm train: started 2 times by mpiexec, and each "),
        (alone, whole, 1, "minillm train: started 2 times by mpiexec, and each would write"),
        (whole, cuda, 1, "device: 'cpu' on rank 0, 'cuda' on rank 1"),
    ]
    for first, second, expected, says in cases:
        code, _, err = ended(mpiexec(first, second))
        assert code == expected and err.count(says) == 1, err
        assert not (tmp_path / "run").exists()


@pytest.mark.slow  # starts three worlds of two processes
@needs_mpi
def test_help_is_given_once_and_a_rank_that_asks_for_it_alone_ends_all(file, tmp_path):
    whole = ["train", file, "--out", tmp_path / "run", *TINY, "--data-parallel"]
    helped = ["train", "--data-parallel", "--help"]
    code, out, err = ended(mpiexec(helped))
    assert (code, out.count("usage: minillm train"), err) == (0, 1, "")
    for words, rank in (((helped, whole), 0), ((whole, helped), 1)):
        code, out, err = ended(mpiexec(*words))
        assert (code, out.count("usage: minillm train")) == (1, 1 - rank)
        assert err.count(f"rank {rank} of 2: ended before the others, with nothing done") == 1
        assert not (tmp_path / "run").exists()


def children_of(process):
    """The training processes that this mpiexec started, by rank."""
    found, mark = {}, f"STARTED_BY_TEST={process.mark}".encode()
    for folder in Path("/proc").iterdir():
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            variables = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        rank = next((v for v in variables if v.startswith(b"PMI_RANK=")), None)
        if mark in variables and b"mpi4py" in words and rank is not None:
            found[int(rank[9:])] = int(folder.name)
    return found


@pytest.mark.slow  # 480 updates, three times, to be in the middle of them
@needs_mpi
@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
@pytest.mark.parametrize("victim", [0, 1])
def test_a_killed_rank_ends_all_and_the_run_goes_on_elsewhere(victim, file, tmp_path):
    out, whole = tmp_path / "run", tmp_path / "whole"
    process = mpiexec(["train", file, "--out", out, *LONG, "--data-parallel"])
    while not (out / "record.jsonl").exists() or len(losses(out)) < 150:
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    ranks = children_of(process)
    assert sorted(ranks) == [0, 1]
    os.kill(ranks[victim], signal.SIGKILL)
    code, _, _ = ended(process, timeout=20)
    assert code != 0
    end = time.monotonic() + 10
    while children_of(process) and time.monotonic() < end:
        time.sleep(0.01)
    assert not children_of(process)
    assert "model.safetensors" not in listing(out)
    for size in (3, None):  # on three ranks, and then whatever is left on one, without MPI
        words = ["train", str(file), "--out", str(out), *LONG, "--resume"]
        if size is None:
            assert main(words) == 0
        else:
            process = mpiexec([*words, "--data-parallel"], size=size)
            before = len(losses(out))
            while len(losses(out)) < before + 30 and process.poll() is None:
                time.sleep(0.01)
            os.kill(next(iter(children_of(process).values())), signal.SIGKILL)
            assert ended(process, timeout=20)[0] != 0
    assert main(["train", str(file), "--out", str(whole), *LONG]) == 0
    assert len(losses(out)) == len(losses(whole))
    np.testing.assert_allclose(losses(out)[:100], losses(whole)[:100], rtol=5e-2)
