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
        COMM_WORLD=SimpleNamespace(Abort=lambda code: done.append(("abort", code)))
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


@pytest.mark.parametrize("missing", [None, ModuleType("mpi4py without MPI")])
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


def run_as_second(tmp_path, *words, **variables):
    """The command line as rank 1 of 2, in a world where mpi4py only tells what it is asked for."""
    (tmp_path / "mpi4py").mkdir()
    (tmp_path / "mpi4py" / "__init__.py").touch()
    (tmp_path / "mpi4py" / "MPI.py").write_text(
        "import os\n"
        "class COMM_WORLD:\n"
        "    def Abort(code):\n"
        "        os.write(1, f'aborted {code}'.encode())\n"
        "        os._exit(code)\n",
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
