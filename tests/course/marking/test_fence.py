"""A notebook has a home of its own; behind the fence it sees nothing else."""

import os
import subprocess
import sys

import pytest

from minillm.course.execute import private_sockets
from minillm.course.marking import fence
from minillm.course.places import PROJECT

fenced = pytest.mark.skipif(bool(fence.why_no_fence()), reason=fence.why_no_fence())


def test_nothing_of_the_account_is_in_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONSTARTUP", "mine.py")
    monkeypatch.setenv("TOKEN", "secret")
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(PROJECT), str(tmp_path)]))
    found = fence.surroundings(tmp_path)
    assert not {"PYTHONSTARTUP", "TOKEN"} & set(found)
    for name in ("HOME", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "MPLCONFIGDIR", "TMPDIR"):
        assert found[name].startswith(str(tmp_path)) and os.path.isdir(found[name])
    assert found["PYTHONPATH"] == os.pathsep.join([str(PROJECT), str(tmp_path)])
    assert found["PIP_NO_INDEX"] == "1"
    assert (found["OMP_NUM_THREADS"], found["MKL_NUM_THREADS"]) == ("3", "1")


def test_a_folder_with_a_short_name_is_found_and_goes(tmp_path, monkeypatch):
    long = tmp_path / ("a" * 120)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    with fence.private_folder() as folder:
        assert private_sockets(folder) and folder.is_dir()
    assert not folder.exists()


def test_without_bubblewrap_that_is_said(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    fence.why_no_fence.cache_clear()
    try:
        assert fence.why_no_fence() == "bubblewrap is not here"
        (tmp_path / "bwrap").write_text("#!/bin/sh\necho one >&2\necho no namespaces >&2\nexit 1\n")
        (tmp_path / "bwrap").chmod(0o755)
        fence.why_no_fence.cache_clear()
        assert fence.why_no_fence() == "bubblewrap does not run here (no namespaces)"
    finally:
        fence.why_no_fence.cache_clear()


LOOK = """
import os, socket, sys
neighbour, clone = sys.argv[1:]
found = []
for path in (neighbour, f"{clone}/tests", f"{clone}/lessons", os.environ["REAL_HOME"] + "/.ssh"):
    found += [path] if os.path.exists(path) else []
for path in (neighbour + ".new", f"{clone}/minillm/new.py", "/usr/new", "/new"):
    try:
        open(path, "w").close()
        found.append(path)
    except OSError:
        pass
try:
    socket.create_connection(("127.0.0.1", int(os.environ["PORT"])), timeout=2)
    found.append("the network")
except OSError:
    pass
found += [name for name in os.listdir("/proc") if name.isdigit() and int(name) > 99]
open("mine", "w").close()
print(found)
"""


@fenced
def test_behind_the_fence_are_neither_neighbours_nor_network_nor_processes(tmp_path):
    import socket

    neighbour = tmp_path / "neighbour.ipynb"
    neighbour.touch()
    with fence.private_folder() as folder, socket.create_server(("127.0.0.1", 0)) as server:
        more = {"REAL_HOME": os.path.expanduser("~"), "PORT": str(server.getsockname()[1])}
        command = [*fence.fence(folder), sys.executable, "-c", LOOK, str(neighbour), str(PROJECT)]
        run = subprocess.run(
            command,
            env=fence.surroundings(folder) | more,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (run.stdout, run.stderr) == ("[]\n", "")
        assert (folder / "work" / "mine").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["neighbour.ipynb"]
