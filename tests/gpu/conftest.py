"""Where the tests of devices run: on a CUDA device, or under the strict double.

``pytest -m gpu tests/gpu -n 0`` needs a device, and each file of it ends within ten minutes.
``pytest -m slow tests/gpu`` runs the same tests under the double, kernels on the host: what they do
has then been tried before there is a device.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from minillm.backend import kernels, probe_cuda
from tests.ops.kernels_cupy.in_force import put_in_force
from tests.strict import SYNCS, strict

probed = functools.cache(probe_cuda)


@dataclass(frozen=True)
class Place:
    """A library whose arrays lie on a device, with kernels in force."""

    xp: ModuleType
    without_waits: Callable[[], AbstractContextManager[None]]  # a wait within it is an error

    def move(self, value: Any) -> Any:
        """Arrays to the device, at any place of a list, tuple or dictionary."""
        if isinstance(value, dict):
            return {name: self.move(item) for name, item in value.items()}
        if isinstance(value, tuple | list):
            return type(value)(self.move(item) for item in value)
        return self.xp.asarray(value) if isinstance(value, np.ndarray) else value

    def moved(self, model: Any) -> Any:
        """A model whose parameters lie on the device."""
        for parameter in model.parameters():
            parameter.data = self.xp.asarray(parameter.data)
        return model


def back(array: Any) -> Any:
    """The host's copy of a device's array; ``None`` stays."""
    return None if array is None else array.get()


@contextmanager
def counted() -> Iterator[None]:
    """Nothing in the block looks at a value of the double."""
    SYNCS.clear()
    yield
    assert SYNCS == []


PLACES = [
    pytest.param("double", marks=pytest.mark.slow),  # most of it runs in other tests by default
    pytest.param("cuda", marks=pytest.mark.gpu),
]


def at(level: str, which: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """The double in the place of CuPy, or CuPy where there is a device."""
    if which == "double":
        if level == "device":
            put_in_force(monkeypatch)
        yield Place(strict, counted)
        return
    cupy, reason = probed()
    if cupy is None:
        pytest.skip(reason)
    import cupyx

    with kernels(level):
        yield Place(cupy, lambda: cupyx.allow_synchronize(False))


@pytest.fixture(params=PLACES)
def place(request, monkeypatch):
    """A device, with kernels in force."""
    yield from at("device", request.param, monkeypatch)


@pytest.fixture(params=PLACES)
def bare(request, monkeypatch):
    """A device and the rules alone."""
    yield from at("numpy", request.param, monkeypatch)
