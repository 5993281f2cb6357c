"""Moving arrays between the host and a CUDA device, and finding out whether there is one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minillm.backend.arrays import Array, array_module, library_of, to_numpy
from minillm.backend.errors import DeviceError

DEVICES: Sequence[str] = ("cpu", "cuda")


def to_device(array: Array, device: str) -> Array:
    """``array`` on ``"cpu"`` (NumPy) or ``"cuda"`` (CuPy); no copy if it is there already.

    Raises:
        ValueError: ``device`` is neither.
        DeviceError: there is no usable CUDA device; the process stays on NumPy.
        MemoryError: the device cannot hold the array.
    """
    if device == "cpu":
        return to_numpy(array)
    if device != "cuda":
        raise ValueError(f"device must be one of {', '.join(DEVICES)}, got {device!r}")
    cupy = require_cuda()
    try:
        return cupy.asarray(array)
    except cupy.cuda.memory.OutOfMemoryError as error:
        raise MemoryError(f"the device has no room for {array.nbytes} bytes: {error}") from error


def require_cuda() -> Any:
    """The CuPy module, after a computation on the device has succeeded.

    Raises:
        DeviceError: with the reason.
    """
    cupy, reason = probe_cuda()
    if cupy is None:
        raise DeviceError(f"device 'cuda' is not usable: {reason}")
    return cupy


def probe_cuda() -> tuple[Any, str]:
    """``(cupy, device name)`` when the device computes, ``(None, reason)`` when it does not.

    ``import cupy`` succeeds on a machine without a driver, and a device may be there without
    its compiler or BLAS: so the probe *runs* a product and a compiled kernel.
    """
    try:
        import cupy
    except ImportError:
        return None, "CuPy is not installed; run: pip install cupy-cuda12x (Linux or Windows)"
    try:
        if cupy.cuda.runtime.getDeviceCount() == 0:
            return None, "CuPy finds no CUDA device"
        ones = cupy.ones((2, 2), dtype=np.float32)
        float((ones @ ones + 1).sum())  # needs cuBLAS and the run-time compiler
        name = cupy.cuda.runtime.getDeviceProperties(0)["name"].decode()
    except Exception as error:  # CuPy's own error types cannot be named without importing it
        return None, f"{type(error).__name__}: {error}"
    return cupy, name


def moved_like(array: Any, reference: Array) -> Array:
    """``array`` in the library of ``reference``: on the device where the model's weights are."""
    library = array_module(reference)
    return array if library_of(array) is library else library.asarray(array)
