import ctypes
import subprocess
import sys

import pytest

from minillm.backend import ALLOCATOR
from minillm.backend.allocator import MMAP_MAX, TRIM_THRESHOLD, give_back, tune_allocator


class Library:
    """A C library whose ``mallopt`` gives the ``answers`` and writes down what it was asked."""

    def __init__(self, *answers: int):
        self.asked: list[tuple[int, int]] = []
        self.answers = list(answers)

    def mallopt(self, name: int, value: int) -> int:
        self.asked.append((name, value))
        return self.answers.pop(0)


@pytest.fixture
def on_linux(monkeypatch):
    monkeypatch.delenv("MINILLM_ALLOCATOR", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    return monkeypatch


def test_both_settings_are_made_and_the_answer_is_read(on_linux):
    library = Library(1, 1)
    on_linux.setattr(ctypes, "CDLL", lambda name: library)
    assert tune_allocator().startswith("glibc, all blocks from the heap")
    assert library.asked == [MMAP_MAX, TRIM_THRESHOLD] == [(-4, 0), (-1, 512 << 20)]


@pytest.mark.parametrize("answers", [(0, 0), (1, 0), (0, 1)])
def test_a_refusal_is_reported(on_linux, answers):
    on_linux.setattr(ctypes, "CDLL", lambda name: Library(*answers))
    assert tune_allocator() == f"system default (mallopt returned {list(answers)})"


def test_a_c_library_without_mallopt_is_left_alone(on_linux):
    on_linux.setattr(ctypes, "CDLL", lambda name: object())
    assert tune_allocator() == "system default (the C library has no mallopt)"


def test_another_system_is_left_alone(on_linux):
    on_linux.setattr(sys, "platform", "darwin")
    assert tune_allocator() == "system default (darwin)"


@pytest.mark.parametrize("value", ["system", "SYSTEM"])
def test_the_user_can_opt_out(on_linux, value):
    library = Library(1, 1)
    on_linux.setattr(ctypes, "CDLL", lambda name: library)
    on_linux.setenv("MINILLM_ALLOCATOR", value)
    assert "MINILLM_ALLOCATOR=system" in tune_allocator()
    assert library.asked == []


def test_an_unknown_wish_is_refused(on_linux):
    on_linux.setenv("MINILLM_ALLOCATOR", "jemalloc")
    with pytest.raises(ValueError, match="MINILLM_ALLOCATOR: system, or nothing, got 'jemalloc'"):
        tune_allocator()


PROGRAM = """
import numpy as np
from minillm.backend.allocator import give_back

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096 // 2**20

before = resident()
arrays = [np.ones(1 << 18) for _ in range(100)]
held = resident() - before
del arrays
kept = resident() - before
answer = give_back()
print(held, kept, resident() - before, answer)
"""


@pytest.mark.skipif(not ALLOCATOR.startswith("glibc"), reason="only glibc keeps and gives back")
def test_freed_memory_is_kept_until_it_is_given_back():
    answer = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    *megabytes, given = answer.stdout.split()
    held, kept, left = map(int, megabytes)
    assert given == "True"
    assert min(held, kept) > 150
    assert left < 20


def test_a_c_library_that_cannot_give_back_says_so(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    assert give_back() is False


def test_what_is_in_force_was_decided_when_the_package_was_imported():
    assert ALLOCATOR.startswith(("glibc", "system default"))
