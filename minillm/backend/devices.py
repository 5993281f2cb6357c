"""Moving arrays between the host and a CUDA device."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minillm.backend.arrays import Array, array_module, library_of, to_numpy
from minillm.backend.cuda_probe import probe_cuda
from minillm.backend.device_memory import telling_what_is_free
from minillm.backend.errors import DeviceError

DEVICES: Sequence[str] = ("cpu", "cuda")


def to_device(array: Array, device: str) -> Array:
    """``array`` on ``"cpu"`` (NumPy) or ``"cuda"`` (CuPy); no copy if it is there already.

    Raises:
        ValueError: ``device`` is neither.
        DeviceError: there is no usable CUDA device; the process stays on NumPy.
        MemoryError: the device cannot hold the array; with what was asked and what is free.
    """
    with telling_what_is_free():
        library = require_device(device)
        return to_numpy(array) if device == "cpu" else library.asarray(array)


def require_device(device: str) -> Any:
    """The array library of a device: NumPy, or CuPy once the device has computed.

    Raises:
        ValueError: ``device`` is neither.
        DeviceError: there is no usable CUDA device.
    """
    if device not in DEVICES:
        raise ValueError(f"device must be one of {', '.join(DEVICES)}, got {device!r}")
    return np if device == "cpu" else require_cuda()


def require_cuda() -> Any:
    """The CuPy module, after a computation on the device has succeeded.

    Raises:
        DeviceError: with the reason.
    """
    cupy, reason = probe_cuda()
    if cupy is None:
        raise DeviceError(f"device 'cuda' is not usable: {reason}")
    return cupy


def moved_like(array: Any, reference: Array) -> Array:
    """``array`` in the library of ``reference``: on the device where the model's weights are."""
    library = array_module(reference)
    return array if library_of(array) is library else library.asarray(array)
