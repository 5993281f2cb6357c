"""A CuPy that computes with NumPy, or fails where it is told to."""

import sys
from types import SimpleNamespace

import numpy as np

from minillm.backend import cuda_probe
from tests.strict import strict


class OutOfMemory(MemoryError):
    """The false CuPy's own error."""


def out_of_memory(size: int) -> OutOfMemory:
    """What CuPy says where it is asked for so many bytes too many."""
    return OutOfMemory(f"Out of memory allocating {size:,} bytes (allocated so far: 512 bytes).")


def false_cupy(count=lambda: 1, ones=np.ones, asarray=strict.asarray) -> SimpleNamespace:
    runtime = SimpleNamespace(
        getDeviceCount=count,
        getDeviceProperties=lambda i: {"name": b"False GPU"},
        memGetInfo=lambda: (3_000_000, 8_000_000_000),
    )
    memory = SimpleNamespace(OutOfMemoryError=OutOfMemory)
    cuda = SimpleNamespace(runtime=runtime, memory=memory)
    pool = SimpleNamespace(free_bytes=lambda: 2048)
    return SimpleNamespace(
        ones=ones, asarray=asarray, cuda=cuda, get_default_memory_pool=lambda: pool
    )


def failing(error):
    def fail(*_, **__):
        raise error

    return fail


def install(monkeypatch, cupy, *, driver=True):
    monkeypatch.setattr(cuda_probe, "has_driver", lambda: driver)
    monkeypatch.setitem(sys.modules, "cupy", cupy)
