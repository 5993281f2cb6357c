"""A process that fails before MPI has begun ends those that would wait for it, and is heard."""

import re
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from minillm import launching
from minillm.launching import LAUNCHERS, Unsaid, end_all, ending_all, others_wait
from tests.commands.command_line import ENVIRONMENT, ROOT


@pytest.fixture
def done(monkeypatch):
    """What rank 1 of 2 does, with stand-ins of MPI, of signals and of sleep."""
    done = []
    for names in LAUNCHERS:
        for name in names:
            monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PMI_SIZE", "2")
    monkeypatch.setenv("PMI_RANK", "1")
    package = ModuleType("mpi4py")
    package.MPI = SimpleNamespace(
        COMM_WORLD=SimpleNamespace(
            Abort=lambda code: done.append(("abort", code)),
            Ibarrier=lambda: SimpleNamespace(Test=lambda: done.append("all?")),
        )
    )
    monkeypatch.setitem(sys.modules, "mpi4py", package)
    monkeypatch.delitem(sys.modules, "mpi4py.MPI", raising=False)
    monkeypatch.setattr(launching.signal, "signal", lambda *_: None)
    monkeypatch.setattr(launching.signal, "alarm", lambda wait: done.append(("alarm", wait)))
    monkeypatch.setattr(launching.time, "sleep", lambda _: done.append("sleeps"))
    monkeypatch.setattr(launching.os, "kill", lambda _, signal: done.append(signal))
    return done


def test_it_needs_nothing_whose_import_may_fail():
    source = Path(launching.__file__).read_text(encoding="utf-8")
    names = {name.split(".")[0] for name in re.findall(r"^(?:from|import) (\S+)", source, re.M)}
    assert names <= sys.stdlib_module_names


def test_all_are_ended_with_the_code_and_a_clock_runs_meanwhile(done):
    end_all(2)
    assert done == [("alarm", 60), ("abort", 2)]


class WithoutLibrary(ModuleType):
    """As mpi4py is where it finds no MPI library."""

    def __getattr__(self, name):
        raise RuntimeError("cannot load MPI library")


@pytest.mark.parametrize(
    "missing",
    [None, ModuleType("mpi4py"), WithoutLibrary("mpi4py")],
    ids=["not-installed", "without-MPI", "without-a-library"],
)
def test_where_mpi_cannot_be_loaded_the_signal_ends_all(missing, done, monkeypatch):
    monkeypatch.setitem(sys.modules, "mpi4py", missing)
    end_all(2)
    assert done == [("alarm", 60), signal.SIGALRM]


def test_one_process_or_one_that_has_begun_or_does_without_mpi_just_ends(done, monkeypatch):
    assert others_wait()
    monkeypatch.setitem(sys.modules, "mpi4py.MPI", ModuleType("mpi4py.MPI"))
    assert not others_wait()
    monkeypatch.delitem(sys.modules, "mpi4py.MPI")
    monkeypatch.delitem(sys.modules, "mpi4py")
    monkeypatch.setattr(sys, "argv", ["minillm", "labs"])
    assert not others_wait()
    monkeypatch.setattr(sys, "argv", ["minillm", "train", "--data-parallel"])
    assert others_wait()
    monkeypatch.setenv("PMI_SIZE", "1")
    assert not others_wait()
    end_all(2)
    assert done == []


def test_an_exit_ends_all_after_it_was_said_if_the_first_did_not(done, capsys):
    with pytest.raises(SystemExit), ending_all():
        raise Unsaid(2, "minillm train: what was wrong")
    assert done == [("alarm", 60), "sleeps", ("abort", 2)]
    assert capsys.readouterr().err == "rank 1 of 2: minillm train: what was wrong\n"
    done.clear()
    with pytest.raises(SystemExit), ending_all():
        sys.exit("in words")
    assert done[1] == ("abort", 1)
    done.clear()
    with pytest.raises(SystemExit), ending_all():
        sys.exit(0)
    assert done == []


@pytest.mark.parametrize("words", [["--data-parallel", "--help"], ["--help"], ["-h"]])
def test_who_leaves_alone_ends_all_and_who_trains_alone_just_leaves(
    words, done, monkeypatch, capsys
):
    monkeypatch.setattr(sys, "argv", ["minillm", "train", *words])
    monkeypatch.setattr(launching, "LEAVING", 0)
    with pytest.raises(SystemExit), ending_all():
        sys.exit(0)
    assert done == [("alarm", 60), "all?", ("abort", 1), ("alarm", 0)]
    assert "rank 1 of 2: ended before the others, with nothing done" in capsys.readouterr().err
    done.clear()
    monkeypatch.setattr(sys, "argv", ["minillm", "labs"])
    with pytest.raises(SystemExit), ending_all():
        sys.exit(0)
    assert done == []


def test_who_leaves_with_the_others_waits_for_them(done, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["minillm", "train", "--data-parallel", "--help"])
    answers = iter([False, False, True])
    here = SimpleNamespace(Test=lambda: next(answers))
    sys.modules["mpi4py"].MPI.COMM_WORLD.Ibarrier = lambda: here
    with pytest.raises(SystemExit), ending_all():
        sys.exit(0)
    assert done == [("alarm", 60), "sleeps", "sleeps", ("alarm", 0)]
    assert capsys.readouterr() == ("", "")


def test_where_mpi_cannot_be_loaded_nobody_waits_for_who_leaves(done, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["minillm", "train", "--data-parallel", "--help"])
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    launching.leave_together()
    assert done == [("alarm", 60), ("alarm", 0)]


def test_only_an_error_that_nobody_catches_ends_all(done, monkeypatch):
    printed = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, *_: printed.append(kind))
    launching.watch_errors()
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)  # the launcher's business
    assert done == []
    sys.excepthook(ValueError, ValueError(), None)
    assert printed == [KeyboardInterrupt, ValueError]
    assert done == [("alarm", 60), ("abort", 1)]


def test_the_launcher_is_the_one_beside_the_interpreter(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert launching.mpiexec_beside() is None
    (tmp_path / "mpiexec").touch(mode=0o755)
    assert launching.mpiexec_beside() == str(tmp_path / "mpiexec")


def run_as_second(tmp_path, *words, **variables):
    """The command line as rank 1 of 2, in a world where mpi4py only tells what it is asked for.

    Nobody comes to its barriers, at which time flies.
    """
    (tmp_path / "mpi4py").mkdir()
    (tmp_path / "mpi4py" / "__init__.py").touch()
    (tmp_path / "mpi4py" / "MPI.py").write_text(
        "import os, time, types\n"
        "class COMM_WORLD:\n"
        "    def Abort(code):\n"
        "        os.write(1, f'aborted {code}'.encode())\n"
        "        os._exit(code)\n"
        "    def Ibarrier():\n"
        "        time.monotonic = iter(range(0, 90, 9)).__next__\n"
        "        return types.SimpleNamespace(Test=lambda: False)\n",
        encoding="utf-8",
    )
    return subprocess.run(
        [sys.executable, "-m", "minillm", *words, "--data-parallel"],
        env={n: v for n, v in ENVIRONMENT.items() if not n.startswith(("OMPI_", "MV2_"))}
        | {"PYTHONPATH": f"{tmp_path}:{ROOT}", "PMI_SIZE": "2", "PMI_RANK": "1"}
        | variables,
        cwd=ROOT, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="signals end all, where there are any")
def test_a_misspelt_option_ends_all(tmp_path):
    done = run_as_second(tmp_path, "train", "data.tsv", "--sed", "1")
    assert (done.returncode, done.stdout) == (2, "aborted 2")
    assert done.stderr.startswith("rank 1 of 2: usage: ")
    assert done.stderr.endswith("unrecognized arguments: --sed 1; did you mean --seed?\n")


@pytest.mark.skipif(sys.platform == "win32", reason="signals end all, where there are any")
def test_an_error_at_import_ends_all(tmp_path):
    done = run_as_second(tmp_path, "train", "data.tsv", MINILLM_KERNELS="devise")
    assert (done.returncode, done.stdout) == (1, "aborted 1")
    assert done.stderr.count("kernels are off, numpy, compiled, device, got 'devise'") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="signals end all, where there are any")
@pytest.mark.parametrize("rank", [0, 1])
def test_help_for_one_rank_alone_is_printed_by_the_first_and_ends_all(rank, tmp_path):
    done = run_as_second(tmp_path, "train", "--help", PMI_RANK=str(rank))
    assert done.returncode == 1 and done.stdout.endswith("aborted 1")
    assert done.stdout.count("usage: minillm train") == 1 - rank
    assert done.stderr.startswith(f"rank {rank} of 2: ended before the others")
