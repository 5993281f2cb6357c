"""One switch puts the kernels in force and takes them out again."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import minillm
from minillm import ops
from minillm.autograd.recording import Op
from minillm.backend import kernel_switch, kernels, kernels_in_force, use_kernels
from minillm.backend.scratch import LINE, MOST, aligned_empty, scratch


@pytest.fixture(autouse=True)
def restored():
    before = kernels_in_force()
    yield
    use_kernels(before)


def test_off_leaves_the_rules_alone_and_numpy_puts_the_kernels_back():
    use_kernels("off")
    assert not any(op.kernels for op in vars(ops).values() if isinstance(op, Op))
    assert kernels_in_force() == "off"
    assert use_kernels("numpy") == "off"
    assert np in ops.gelu.kernels
    assert kernels_in_force() == "numpy"
    use_kernels("off")
    assert not ops.gelu.kernels


def test_an_unknown_level_is_refused_and_nothing_changes():
    before = dict(ops.gelu.kernels)
    with pytest.raises(ValueError, match="kernels are off, numpy, compiled, device, got 'fast'"):
        use_kernels("fast")
    assert ops.gelu.kernels == before


def test_a_level_that_cannot_be_had_changes_nothing(monkeypatch):
    def missing():
        raise ImportError("no such thing")

    monkeypatch.setitem(kernel_switch.offers, "compiled", [missing])
    before, level = dict(ops.gelu.kernels), kernels_in_force()
    with pytest.raises(ImportError):
        use_kernels("compiled")
    assert (ops.gelu.kernels, kernels_in_force()) == (before, level)


@pytest.mark.parametrize(("value", "level"), [("off", "off"), (" OFF ", "off"), ("", "numpy")])
def test_the_environment_says_with_which_level_a_process_begins(value, level):
    program = (
        "import minillm; print(minillm.backend.kernels_in_force(), len(minillm.ops.gelu.kernels))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"MINILLM_KERNELS": value},
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.split() == [level, "0" if level == "off" else "1"]


def test_scratch_is_aligned_and_the_same_memory_again():
    first = scratch("a test", (3, 5), np.float32)
    assert first.ctypes.data % LINE == 0
    assert np.shares_memory(first, scratch("a test", (2,), np.float64))
    assert not np.shares_memory(first, scratch("another test", (2,), np.float64))
    assert aligned_empty((7,), np.float64).ctypes.data % LINE == 0


def test_every_thread_has_scratch_of_its_own():
    here = scratch("a shared test", (8,), np.float32)
    with ThreadPoolExecutor(1) as pool:
        there = pool.submit(scratch, "a shared test", (8,), np.float32).result()
        assert not np.shares_memory(here, there)


def test_a_large_buffer_is_not_kept():
    first = scratch("a large test", (MOST + 1,), np.uint8)
    assert not np.shares_memory(first, scratch("a large test", (MOST + 1,), np.uint8))


def test_a_level_can_be_in_force_for_a_block():
    before = kernels_in_force()
    with pytest.raises(ZeroDivisionError), kernels("off"):
        assert kernels_in_force() == "off"
        raise ZeroDivisionError
    assert kernels_in_force() == before


def test_a_call_chooses_its_kernel_once(monkeypatch):
    """Another thread may switch between two looks, and the second form take other settings."""
    real, looks = Op.fastest, []

    def counted(self, arrays):
        looks.append(self.__name__)
        return real(self, arrays)

    monkeypatch.setattr(Op, "fastest", counted)
    ops.gelu(np.ones(3, dtype=np.float32))
    assert looks == ["gelu"]


def test_the_package_has_the_switch_its_reader_and_the_block():
    before = minillm.kernels_in_force()
    with minillm.kernels("off"):
        assert minillm.kernels_in_force() == "off"
        minillm.use_kernels("numpy")
    assert minillm.kernels_in_force() == before
