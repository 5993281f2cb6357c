"""Finding out whether a CUDA device computes, and if not, what is missing for it."""

from __future__ import annotations

import ctypes
import importlib.metadata
import re
import sys
from typing import Any

from minillm.backend.device_memory import full

WHEELS = ("cupy-cuda12x", "cupy-cuda13x")
# what CuPy 13 and 14, the loaders of Linux and Windows and the run-time compiler say of a library
# or a header that is not there
ABSENT = re.compile(r"failed to (load|open)|failure finding|could not find|cannot open", re.I)


def probe_cuda() -> tuple[Any, str]:
    """``(cupy, device name)`` when the device computes, ``(None, reason)`` when it does not.

    ``import cupy`` succeeds on a machine without a driver, and a device may be there without the
    CUDA toolkit, from which CuPy takes the run-time compiler and BLAS: so the probe *runs* a
    product and a compiled kernel.  CuPy's own error types cannot be named without importing it.
    """
    try:
        import cupy
    except ImportError as error:
        if error.name == "cupy":
            return None, "CuPy is not installed; run: pip install cupy-cuda12x (Linux or Windows)"
        # CuPy wraps the error that says what is wrong
        return None, f"CuPy is installed, but cannot be imported: {told(error.__cause__ or error)}"
    runtime = cupy.cuda.runtime
    try:
        if runtime.getDeviceCount() == 0:
            return None, "CuPy finds no CUDA device"
        name = runtime.getDeviceProperties(0)["name"].decode()
    except Exception as error:
        if "cudaErrorNoDevice" in str(error):
            return None, f"CuPy finds no CUDA device: {told(error)}"
        if not has_driver():
            return None, f"there is no NVIDIA driver, which a GPU needs beside CuPy ({told(error)})"
        return None, f"CuPy is installed, but finds no NVIDIA driver that it can use: {told(error)}"
    try:
        compute(cupy)
    except Exception as error:
        if lacks_toolkit(error):
            return None, f"{name} has a driver, but CuPy finds no CUDA toolkit: {remedy(error)}"
        if isinstance(error, cupy.cuda.memory.OutOfMemoryError):
            return None, f"{name} cannot be used: {full(cupy, error)}; nvidia-smi says who has it"
        return None, f"{name} does not compute: {told(error)}"
    return cupy, name


def has_driver() -> bool:
    """Whether the library is there that every NVIDIA driver brings, of whatever version."""
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    return True


def compute(cupy: Any) -> None:
    """A product, which needs cuBLAS, and a kernel, which needs the run-time compiler."""
    ones = cupy.ones((2, 2), dtype="float32")
    float((ones @ ones + 1).sum())


def lacks_toolkit(error: BaseException | None) -> bool:
    """Whether an error, or one that it came from, is about a library or header that is missing."""
    while error is not None:
        if isinstance(error, ImportError) or ABSENT.search(str(error)):
            return True
        error = error.__cause__ or error.__context__
    return False


def remedy(error: Exception) -> str:
    """How to get the toolkit beside the CuPy that is installed, and what CuPy missed."""
    installed = {found.metadata["Name"] for found in importlib.metadata.distributions()}
    wheel = next((name for name in WHEELS if name in installed), WHEELS[0])
    return f'run: pip install -U "{wheel}[ctk]" ({told(error)})'


def told(error: BaseException) -> str:
    """Kind of an error and the first line of what it says."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
