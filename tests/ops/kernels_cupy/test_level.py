"""The level ``device``: kernels for CuPy's arrays, off until they are asked for."""

import os
import subprocess
import sys
from types import ModuleType

import numpy as np
import pytest

from minillm import ops
from minillm.autograd.recording import Op
from minillm.backend import DeviceError, kernels, kernels_in_force, use_kernels
from minillm.backend.arrays import LIBRARIES
from minillm.nn import Dropout
from minillm.ops.kernels_cupy import launching
from minillm.optim import AdamW
from tests.backend.false_cupy import failing, install
from tests.strict import StrictArray, strict

TABLES = [op.kernels for op in vars(ops).values() if isinstance(op, Op)]
TABLES += [AdamW.kernels, Dropout.kernels]
NVRTC = 'Failure finding "libnvrtc.so.12": No such file'


def libraries():
    return {library for table in TABLES for library in table}


def test_without_cupy_it_says_what_is_missing_and_the_level_stays(monkeypatch):
    install(monkeypatch, None)
    before = kernels_in_force(), libraries()
    with pytest.raises(ImportError, match=r'need CuPy: .venv/bin/pip install -e "\.\[cuda12x\]"'):
        use_kernels("device")
    assert (kernels_in_force(), libraries()) == before


def test_it_adds_kernels_for_cupy_to_those_in_numpy_and_takes_them_out_again(monkeypatch):
    cupy = ModuleType("cupy")
    install(monkeypatch, cupy)
    with kernels("numpy"):
        before = [dict(table) for table in TABLES]
        with kernels("device"):
            assert kernels_in_force() == "device"
            assert libraries() == {np, cupy}
            for table, was in zip(TABLES, before, strict=True):
                assert {k: v for k, v in table.items() if k is np} == was
            assert cupy in AdamW.kernels
            assert cupy in Dropout.kernels
        assert [dict(table) for table in TABLES] == before
        assert libraries() == {np}


@pytest.mark.parametrize("level", ["", "numpy", "device"])
def test_nothing_imports_cupy_before_the_level_is_asked_for(level):
    program = "import sys, minillm; print('cupy' in sys.modules)"
    variables = os.environ | {"MINILLM_KERNELS": level}
    if level == "device":
        program = "import sys; sys.modules['cupy'] = type(sys)('cupy')\n" + program
    done = subprocess.run(
        [sys.executable, "-c", program], env=variables, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [str(level == "device")]


class WithoutToolkit(ModuleType):
    """A library whose kernels cannot be compiled."""

    RawModule = staticmethod(
        failing(RuntimeError('Failure finding "libnvrtc.so.12": No such file'))
    )


def test_a_kernel_that_cannot_be_compiled_says_what_to_install(monkeypatch):
    launching.module.cache_clear()
    monkeypatch.setitem(LIBRARIES, StrictArray, WithoutToolkit("cupy"))
    x = strict.asarray(np.ones(3))
    with pytest.raises(DeviceError) as caught:
        launching.launch("gelu", "gelu_forward", 1, x, x, 3, dtype=np.float64)
    assert str(caught.value) == (
        'gelu_forward cannot be compiled: run: pip install -U "cupy-cuda12x[ctk]" '
        f"(RuntimeError: {NVRTC})"
    )


def test_a_mistake_in_a_kernel_is_no_missing_toolkit(monkeypatch):
    class Mistaken(ModuleType):
        RawModule = staticmethod(failing(RuntimeError("error: expected a ;")))

    launching.module.cache_clear()
    monkeypatch.setitem(LIBRARIES, StrictArray, Mistaken("cupy"))
    x = strict.asarray(np.ones(3))
    with pytest.raises(RuntimeError, match=r"^error: expected a ;$"):
        launching.launch("gelu", "gelu_forward", 1, x, x, 3, dtype=np.float64)
