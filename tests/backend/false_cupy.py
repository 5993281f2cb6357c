"""A CuPy that computes with NumPy, or fails where it is told to."""

import sys
from types import SimpleNamespace

import numpy as np

from tests.strict import strict


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


def install(monkeypatch, cupy):
    monkeypatch.setitem(sys.modules, "cupy", cupy)
