"""Killed, interrupted, out of space, two at once: the file is the old one or the new one."""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from minillm.models import load_arrays, save_arrays

ROOT = Path(__file__).parents[2]
SAVE_FOREVER = """
import itertools, sys
import numpy as np
from minillm.models import save_arrays
path, first, step = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
for number in itertools.count(first, step):
    arrays = {str(i): np.full(20_000, number) for i in range(10)}
    save_arrays(path, arrays, {"number": str(number)})
    if number == first:
        print("saved", flush=True)
"""
FILL_THE_DISK = """
import resource, signal, sys
import numpy as np
from minillm.models import save_arrays
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
try:
    save_arrays(sys.argv[1], {"x": np.ones(100_000)}, {})
except OSError as error:
    print(type(error).__name__, error.errno)
"""


def child(script, *arguments):
    """A process that runs ``script`` with this project on its path."""
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )


def stop(process):
    """Kill the process at once, whatever it is doing."""
    process.kill()
    process.communicate()


def number_in(path):
    """The number that fills a whole file; a mixture of two would not pass."""
    arrays, metadata = load_arrays(path)
    numbers = {int(n) for array in arrays.values() for n in np.unique(array)}
    assert numbers == {int(metadata["number"])}
    assert len(arrays) == 10
    return numbers.pop()


@pytest.mark.parametrize("delay", [0.0, 0.003, 0.011, 0.027, 0.05])
def test_a_process_killed_while_saving_leaves_a_whole_file(delay, tmp_path):
    path = tmp_path / "a.safetensors"
    process = child(SAVE_FOREVER, path, 1, 1)
    assert process.stdout.readline() == "saved\n"
    time.sleep(delay)
    stop(process)
    assert number_in(path) >= 1
    save_arrays(path, {str(i): np.zeros(3) for i in range(10)}, {"number": "0"})
    assert number_in(path) == 0  # what the dead process left lying does not matter


def test_two_processes_that_save_to_one_path_never_mix(tmp_path):
    path = tmp_path / "a.safetensors"
    odd, even = child(SAVE_FOREVER, path, 1, 2), child(SAVE_FOREVER, path, 2, 2)
    try:
        assert odd.stdout.readline() == even.stdout.readline() == "saved\n"
        numbers = [number_in(path) for _ in range(100)]
        while {n % 2 for n in numbers} != {0, 1}:  # until both have been seen
            numbers.append(number_in(path))
    finally:
        stop(odd)
        stop(even)
    assert number_in(path) >= 1


def test_a_full_disk_is_an_oserror_that_leaves_the_old_file_and_no_debris(tmp_path):
    path = tmp_path / "a.safetensors"
    save_arrays(path, {"x": np.arange(3)}, {})
    before = path.read_bytes()
    output, _ = child(FILL_THE_DISK, path).communicate()
    assert output.startswith("OSError")
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["a.safetensors"]


@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize("error", [OSError("no space"), KeyboardInterrupt()])
def test_an_interrupted_save_leaves_the_old_file_and_no_debris(call, error, tmp_path, monkeypatch):
    path = tmp_path / "a.safetensors"
    save_arrays(path, {"x": np.arange(3)}, {})
    before = path.read_bytes()

    def fail(*_):
        raise error

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(type(error)):
        save_arrays(path, {"x": np.arange(4)}, {})
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["a.safetensors"]


def test_the_data_are_on_the_disk_before_the_name_changes(tmp_path, monkeypatch):
    """A rename that overtakes its data would be an empty file after a power cut."""
    order = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *a, n=name, f=real: (order.append(n), f(*a))[1])
    save_arrays(tmp_path / "a", {"x": np.arange(3)}, {})
    assert order == ["fsync", "replace", "fsync"]  # the last one is the folder's


@pytest.mark.parametrize("place", ["a/file", "."])
def test_a_path_that_cannot_be_written_is_an_oserror(place, tmp_path):
    (tmp_path / "a").write_text("a file, not a folder", encoding="utf-8")
    with pytest.raises(OSError, match=tmp_path.name):
        save_arrays(tmp_path / place, {"x": np.arange(3)}, {})
    assert os.listdir(tmp_path) == ["a"]
