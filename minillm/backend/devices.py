"""Moving arrays between the host and a CUDA device."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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
    if device == "cpu":
        return to_numpy(array)
    if device != "cuda":
        raise ValueError(f"device must be one of {', '.join(DEVICES)}, got {device!r}")
    with telling_what_is_free():
        return require_cuda().asarray(array)


def require_device(device: str) -> None:
    """Refuse a device that is not there, before anything is read for it.

    Raises:
        ValueError: ``device`` is neither.
        DeviceError: there is no usable CUDA device.
    """
    if device not in DEVICES:
        raise ValueError(f"device must be one of {', '.join(DEVICES)}, got {device!r}")
    if device == "cuda":
        require_cuda()


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
