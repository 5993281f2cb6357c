"""Killed, interrupted, out of space, two at once: the file is the old one or the new one."""

import errno
import io
import os
import platform
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.backend import load_arrays, save_arrays, write_atomically
from minillm.backend.files import machine, require_folder

ROOT = Path(__file__).parents[2]
SAVE_FOREVER = """
import itertools, sys
import numpy as np
from minillm.backend import save_arrays
path, first, step = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
for number in itertools.count(first, step):
    arrays = {str(i): np.full(20_000, number) for i in range(10)}
    save_arrays(path, arrays, {"number": str(number)})
    if number == first:
        print("saved", flush=True)
"""
DIE_WHILE_SAVING = """
import os, signal, sys
from minillm.backend import write_atomically
os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)
write_atomically(sys.argv[1], b"never seen")
"""
FILL_THE_DISK = """
import resource, signal, sys
import numpy as np
from minillm.backend import save_arrays
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
    assert number_in(path) == 0
    assert os.listdir(tmp_path) == ["a.safetensors"]  # what the dead process left is gone


def test_two_processes_that_save_to_one_path_never_mix(tmp_path):
    path = tmp_path / "a.safetensors"
    odd, even = child(SAVE_FOREVER, path, 1, 2), child(SAVE_FOREVER, path, 2, 2)
    try:
        assert odd.stdout.readline() == even.stdout.readline() == "saved\n"
        numbers = [number_in(path) for _ in range(100)]
        while {n % 2 for n in numbers} != {0, 1}:  # until both have been seen
            numbers.append(number_in(path))
            assert odd.poll() is even.poll() is None
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


@pytest.mark.parametrize(("place", "named"), [("a/file", "a"), ("a/b/file", "a/b"), (".", ".")])
def test_a_path_that_cannot_be_written_is_an_oserror_that_names_it(place, named, tmp_path):
    (tmp_path / "a").write_text("a file, not a folder", encoding="utf-8")
    with pytest.raises(OSError, match=tmp_path.name) as caught:
        write_atomically(tmp_path / place, b"x")
    assert (caught.value.filename, caught.value.filename2) == (str(tmp_path / named), None)
    assert os.listdir(tmp_path) == ["a"]


@pytest.mark.parametrize("call", ["fsync", "replace", "listdir"])
def test_every_error_of_the_system_names_the_file_and_not_its_temporary(
    call, tmp_path, monkeypatch
):
    def fail(place, *_):
        raise OSError(errno.EIO, "Input/output error", str(place))

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(OSError, match=r"Input/output error: '.*/a\.txt'$"):
        write_atomically(tmp_path / "a.txt", b"x")


@given(st.binary(max_size=1000), st.binary(max_size=1000))
def test_any_bytes_replace_any_others(tmp_path_factory, old, new):
    path = tmp_path_factory.getbasetemp() / "any bytes"
    for data in (old, new):
        write_atomically(path, data)
        assert path.read_bytes() == data


def test_text_is_not_bytes_and_leaves_the_old_file(tmp_path):
    write_atomically(tmp_path / "a", b"old")
    with pytest.raises(TypeError, match="bytes-like"):
        write_atomically(tmp_path / "a", "text")
    assert (tmp_path / "a").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a"]


def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path):
    (tmp_path / "big").mkdir()
    (tmp_path / "big" / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "big" / "real")
    write_atomically(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "big" / "real").read_bytes() == b"new"
    assert sorted(os.listdir(tmp_path)) == ["big", "link"]
    assert os.listdir(tmp_path / "big") == ["real"]


# What the dead leave behind


@pytest.mark.parametrize("name", ["a.safetensors", "a+b (1).json", "表.txt"])
def test_what_a_killed_process_left_is_removed_at_the_next_save(name, tmp_path):
    path = tmp_path / name
    write_atomically(path, b"old")
    for _ in range(2):
        child(DIE_WHILE_SAVING, path).communicate()
    assert len(os.listdir(tmp_path)) >= 2
    assert path.read_bytes() == b"old"
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == [name]


def temporary_of(path, *, computer, process, age=0.0):
    """A temporary file as another writer has it, last changed ``age`` seconds ago."""
    place = path.with_name(f".{path.name}.{computer}.{process}.0123456789ab.tmp")
    place.write_bytes(b"half")
    then = time.time() - age
    os.utime(place, (then, then))
    return place


def a_dead_process():
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_file_that_is_being_written_is_nobody_elses_to_remove(tmp_path):
    path = tmp_path / "a"
    dead = a_dead_process()
    kept = [
        temporary_of(path, computer=machine(), process=os.getpid(), age=1800),
        temporary_of(path, computer=machine(), process=os.getppid(), age=1800),
        temporary_of(path, computer="e15e3e4e", process=dead, age=1800),
    ]
    gone = [
        temporary_of(path, computer=machine(), process=dead),
        temporary_of(path, computer="e15e3e4e", process=os.getpid(), age=3700),
        temporary_of(path, computer="0", process=10**30, age=3700),
    ]
    write_atomically(path, b"new")
    assert [place.exists() for place in kept] == [True] * 3
    assert [place.exists() for place in gone] == [False] * 3


@pytest.mark.parametrize("what", ["node", "readlink"])
def test_another_name_or_another_counting_of_processes_is_another_computer(what, monkeypatch):
    """A container with its computer's name does not see that computer's processes."""
    here = machine()
    assert here == machine()
    monkeypatch.setattr(platform if what == "node" else os, what, lambda *_: "elsewhere")
    assert machine() != here


def test_only_temporaries_of_the_same_file_are_removed(tmp_path):
    dead = a_dead_process()
    others = [
        temporary_of(tmp_path / name, computer=machine(), process=dead, age=10**6)
        for name in ("b", "a.b", "aa", "x.a", "A", "a.1")
    ]
    notes = [tmp_path / ".a.notes.tmp", tmp_path / ".a.tmp", tmp_path / "a.box.1.0f.tmp"]
    for place in notes:
        place.write_bytes(b"mine")
        os.utime(place, (0, 0))
    write_atomically(tmp_path / "a", b"new")
    assert all(place.exists() for place in [*others, *notes])


def test_a_name_that_looks_like_a_pattern_is_only_a_name(tmp_path):
    dead = a_dead_process()
    other = temporary_of(tmp_path / "axb", computer=machine(), process=dead)
    own = temporary_of(tmp_path / "a.b", computer=machine(), process=dead)
    write_atomically(tmp_path / "a.b", b"new")
    assert (other.exists(), own.exists()) == (True, False)


def test_what_cannot_be_removed_does_not_stop_a_save(tmp_path, monkeypatch):
    path = tmp_path / "a"
    left = temporary_of(path, computer=machine(), process=a_dead_process())
    left.unlink()
    left.mkdir()
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert left.is_dir()


def test_saves_from_many_threads_and_processes_leave_one_whole_file(tmp_path):
    path = tmp_path / "a"
    others = [child(SAVE_FOREVER, path, first, 4) for first in (1, 2, 3)]
    try:
        for other in others:
            assert other.stdout.readline() == "saved\n"
        with ThreadPoolExecutor(4) as pool:
            for done in [pool.submit(write_atomically, path, b"x") for _ in range(40)]:
                done.result()
    finally:
        for other in others:
            stop(other)
    write_atomically(path, b"last")
    assert os.listdir(tmp_path) == ["a"]


def test_a_file_where_a_folder_is_needed_is_named_and_a_missing_folder_is_fine(tmp_path):
    file = tmp_path / "file"
    file.write_text("", encoding="utf-8")
    for path in (file, file / "below" / "it"):
        with pytest.raises(NotADirectoryError, match=r"Not a directory: '.*file'$"):
            require_folder(path)
    for path in (tmp_path, tmp_path / "not" / "there", Path("not/there"), Path()):
        require_folder(path)
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (errno.EACCES, "Permission denied"),
        (errno.ENOENT, "Permission denied"),  # of /proc, which says that it may be written
        (errno.EROFS, "Read-only file system"),
    ],
)
def test_a_folder_in_which_no_file_can_be_made_is_named(code, said, tmp_path, monkeypatch):
    locked = tmp_path / "locked"
    locked.mkdir()

    def temporary(dir):
        if dir == locked:
            raise OSError(code, os.strerror(code), "tmp")
        return io.BytesIO()

    monkeypatch.setattr(tempfile, "TemporaryFile", temporary)
    require_folder(tmp_path)
    for path in (locked, locked / "below" / "it"):
        with pytest.raises(OSError, match=rf"{said}: '.*locked'$"):
            require_folder(path)
