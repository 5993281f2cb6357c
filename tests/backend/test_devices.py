"""Finding a CUDA device, or saying why there is none, with a false CuPy in place of the true."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from minillm.backend import DEVICES, DeviceError, moved_like, probe_cuda, to_device
from minillm.backend.arrays import LIBRARIES
from tests.strict import StrictArray, strict


class OutOfMemory(Exception):
    """The false CuPy's own error."""


def false_cupy(count=lambda: 1, ones=np.ones, asarray=strict.asarray) -> SimpleNamespace:
    runtime = SimpleNamespace(
        getDeviceCount=count, getDeviceProperties=lambda i: {"name": b"False GPU"}
    )
    memory = SimpleNamespace(OutOfMemoryError=OutOfMemory)
    cuda = SimpleNamespace(runtime=runtime, memory=memory)
    return SimpleNamespace(ones=ones, asarray=asarray, cuda=cuda)


def failing(error):
    def fail(*_, **__):
        raise error

    return fail


class WithoutBlas:
    """An array that can be made but not multiplied."""

    def __matmul__(self, other):
        raise OSError("no cuBLAS")


class NeverReady(np.ndarray):
    """An array whose values never arrive on the host."""

    def __float__(self):
        raise OSError("the kernel failed")

    def sum(self):
        return self[0, 0:1].view(NeverReady)


def install(monkeypatch, cupy):
    monkeypatch.setitem(sys.modules, "cupy", cupy)


def test_without_cupy_the_reason_is_how_to_install_it(monkeypatch):
    install(monkeypatch, None)  # importing it now raises ImportError
    cupy, reason = probe_cuda()
    assert cupy is None
    assert "pip install cupy-cuda12x" in reason


@pytest.mark.parametrize(
    ("cupy", "reason"),
    [
        (false_cupy(count=failing(RuntimeError("no driver"))), "RuntimeError: no driver"),
        (false_cupy(count=lambda: 0), "CuPy finds no CUDA device"),
        (false_cupy(ones=failing(OSError("no nvrtc"))), "OSError: no nvrtc"),
        (false_cupy(ones=lambda *_, **__: WithoutBlas()), "OSError: no cuBLAS"),
        (
            false_cupy(ones=lambda *_, **__: np.ones((2, 2)).view(NeverReady)),
            "OSError: the kernel failed",
        ),
    ],
)
def test_cupy_without_a_driver_a_device_or_a_compiler_is_not_usable(monkeypatch, cupy, reason):
    install(monkeypatch, cupy)
    assert probe_cuda() == (None, reason)
    with pytest.raises(DeviceError, match=f"device 'cuda' is not usable: {reason}"):
        to_device(np.ones(2), "cuda")


def test_the_probe_computes_on_the_device_and_gives_its_name(monkeypatch):
    asked = []
    cupy = false_cupy(ones=lambda *args, **kwargs: asked.append(args) or np.ones(*args, **kwargs))
    install(monkeypatch, cupy)
    assert probe_cuda() == (cupy, "False GPU")
    assert asked == [((2, 2),)]


def test_an_array_goes_to_the_device_and_back(monkeypatch):
    install(monkeypatch, false_cupy())
    there = to_device(np.array([1.0, 2.0]), "cuda")
    assert isinstance(there, StrictArray)
    assert to_device(there, "cpu").tolist() == [1.0, 2.0]


def test_on_the_cpu_an_array_stays_what_it_is():
    x = np.ones(2)
    assert to_device(x, "cpu") is x


def test_a_full_device_is_a_memory_error_with_the_size(monkeypatch):
    install(monkeypatch, false_cupy(asarray=failing(OutOfMemory("full"))))
    with pytest.raises(MemoryError, match="no room for 16 bytes: full"):
        to_device(np.ones(2), "cuda")


@pytest.mark.parametrize("device", ["gpu", "cuda:0", "", "CPU"])
def test_an_unknown_device_is_refused_with_the_known_ones(device):
    assert DEVICES == ("cpu", "cuda")
    with pytest.raises(ValueError, match=f"must be one of cpu, cuda, got '{device}'"):
        to_device(np.ones(2), device)


def test_moved_like_follows_the_array_beside_it():
    here, there = np.ones(2), strict.asarray([1.0])
    assert moved_like(here, here) is here
    assert moved_like(there, there) is there
    assert isinstance(moved_like(here, there), StrictArray)
    assert isinstance(moved_like([1, 2], here), np.ndarray)
    assert strict in LIBRARIES.values()
