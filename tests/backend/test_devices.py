"""Arrays go to a CUDA device and back, with a false CuPy in place of the true."""

import numpy as np
import pytest

from minillm.backend import DEVICES, moved_like, to_device
from minillm.backend.arrays import LIBRARIES
from tests.backend.false_cupy import OutOfMemory, failing, false_cupy, install
from tests.strict import StrictArray, strict


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
