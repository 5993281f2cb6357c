"""The level ``compiled``: with numba it gives loops, without it says what is missing."""

import os
import subprocess
import sys

import numpy as np
import pytest

from minillm import ops
from minillm.backend import kernels, kernels_in_force, use_kernels
from minillm.ops.kernels_compiled.single import is_single
from minillm.ops.kernels_numpy import plain
from minillm.optim import AdamW
from tests.ops.kernels.parity import NUMBA

MISSING = 'kernels "compiled" need numba: .venv/bin/pip install -e ".[fast]"'
WITHOUT_NUMBA = """
import sys
sys.modules["numba"] = None  # what `import numba` meets where it is not installed
"""
SWITCH = """
import minillm
from minillm.backend import kernels_in_force
try:
    minillm.use_kernels("compiled")
except ImportError as error:
    print(error)
print(kernels_in_force())
print(*[kernel.__module__ for kernel in minillm.ops.gelu.kernels.values()])
"""
NOWHERE_TO_WRITE = """
import numba.core.caching
numba.core.caching.CacheImpl._locator_classes = []  # as where no folder can be written to
"""


def printed(program: str, **variables: str) -> list[str]:
    """What a program prints in a process of its own."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | variables,
    ).stdout.splitlines()


def is_there() -> bool:
    """Whether the level can be had; where it cannot, it has said so."""
    if not NUMBA:
        before = kernels_in_force()
        with pytest.raises(ImportError) as refusal:
            use_kernels("compiled")
        assert str(refusal.value) == MISSING
        assert kernels_in_force() == before
    return NUMBA


def test_without_numba_it_says_what_is_missing_and_the_level_stays():
    message, level, module = printed(WITHOUT_NUMBA + SWITCH, MINILLM_KERNELS="numpy")
    assert message == MISSING
    assert level == "numpy"
    assert module == "minillm.ops.kernels_numpy.gelus"


def test_a_process_that_is_to_begin_with_it_says_the_same():
    program = WITHOUT_NUMBA + "\ntry:\n    import minillm\nexcept ImportError as e:\n    print(e)"
    assert printed(program, MINILLM_KERNELS="compiled") == [MISSING]


def test_nothing_imports_numba_before_the_level_is_asked_for():
    program = "import sys, minillm; print('numba' in sys.modules)"
    assert printed(program, MINILLM_KERNELS="numpy") == ["False"]


def test_it_takes_the_places_of_the_kernels_in_numpy_and_gives_them_back():
    if is_there():
        tables = (ops.gelu.kernels, ops.layer_norm.kernels, AdamW.kernels)
        with kernels("numpy"):
            before = [table[np] for table in tables]
            with kernels("compiled"):
                inside = [table[np] for table in tables]
            assert [table[np] for table in tables] == before
        assert [kernel.__module__ for kernel in inside] == [
            "minillm.ops.kernels_compiled.gelus",
            "minillm.ops.kernels_compiled.normalizations",
            "minillm.optim.adam_in_a_loop",
        ]


def test_loops_are_for_arrays_that_begin_where_a_number_may():
    memory = np.zeros(4 * plain.SMALL + 4, dtype=np.uint8)
    assert is_single(memory[4:].view(np.float32))
    assert not is_single(memory[1:-3].view(np.float32))
    assert not is_single(memory[4:].view(np.float32), np.zeros(3))


def test_what_was_compiled_is_kept_where_the_environment_says(tmp_path):
    if is_there():
        printed(SWITCH, NUMBA_CACHE_DIR=str(tmp_path))
        kept = {path.name: path.stat().st_mtime_ns for path in tmp_path.rglob("*.nb*")}
        assert any("gelu_and_slope" in name for name in kept)
        assert any("change" in name for name in kept)
        printed(SWITCH, NUMBA_CACHE_DIR=str(tmp_path))
        assert kept == {path.name: path.stat().st_mtime_ns for path in tmp_path.rglob("*.nb*")}


def test_where_nothing_can_be_kept_it_compiles_each_time():
    if is_there():
        level, module = printed(NOWHERE_TO_WRITE + SWITCH)
        assert level == "compiled"
        assert module == "minillm.ops.kernels_compiled.gelus"
