"""Arrays go to a CUDA device and back, with a false CuPy in place of the true."""

from dataclasses import dataclass

import numpy as np
import pytest

from minillm.autograd import Parameter, Tensor
from minillm.backend import DEVICES, array_module, moved_like, to_device
from minillm.backend.arrays import LIBRARIES
from minillm.ops import add, maximum
from minillm.optim import SGD
from minillm.training import fit
from tests.backend.false_cupy import failing, false_cupy, install, out_of_memory
from tests.strict import StrictArray, strict


def test_an_array_goes_to_the_device_and_back(monkeypatch):
    install(monkeypatch, false_cupy())
    there = to_device(np.array([1.0, 2.0]), "cuda")
    assert isinstance(there, StrictArray)
    assert to_device(there, "cpu").tolist() == [1.0, 2.0]


def test_on_the_cpu_an_array_stays_what_it_is():
    x = np.ones(2)
    assert to_device(x, "cpu") is x


def test_a_full_device_is_a_memory_error_with_what_was_asked_and_what_is_free(monkeypatch):
    install(monkeypatch, false_cupy(asarray=failing(out_of_memory(4_000_000_000))))
    with pytest.raises(MemoryError) as full:
        to_device(np.ones(2), "cuda")
    assert str(full.value) == (
        "the device is full: 4,000.0 MB were asked for, 3.0 MB of 8,000.0 MB are free and 2048 "
        "bytes are kept by CuPy in pieces; a smaller batch, width or length needs less"
    )


def test_a_full_host_is_no_full_device(monkeypatch):
    install(monkeypatch, false_cupy(asarray=failing(MemoryError("Unable to allocate 7 GiB"))))
    with pytest.raises(MemoryError, match=r"^Unable to allocate 7 GiB$"):
        to_device(np.ones(2), "cuda")


def test_a_training_step_that_fills_the_device_says_so_and_changes_nothing(monkeypatch):
    install(monkeypatch, false_cupy())
    weight = Parameter(np.ones(2, dtype=np.float32))

    def loss_of(size):
        if size:
            raise out_of_memory(size)
        return (weight * weight).sum()

    steps = fit(loss_of, [0, 16], SGD([weight], lr=0.1))
    next(steps)
    after_one = weight.data.copy()
    with pytest.raises(MemoryError, match=r"16 bytes were asked for, 3\.0 MB of 8"):
        next(steps)
    assert weight.data.tolist() == after_one.tolist()


@dataclass
class Device:
    """One of several."""

    id: int


class Placed(StrictArray):
    """An array of the double that says on which device it is."""

    __slots__ = ("device",)


def placed(number):
    array = Placed(np.ones(3))
    array.device = Device(number)
    return array


def test_arrays_of_two_devices_are_refused_with_their_numbers(monkeypatch):
    monkeypatch.setitem(LIBRARIES, Placed, strict)
    assert array_module(placed(1), 2.0, placed(1)) is strict
    for meet in (array_module, maximum.rule, add, lambda a, b: Tensor(a) + Tensor(b)):
        with pytest.raises(ValueError, match="from the devices 0 and 1; make them anew on one: "):
            meet(placed(1), placed(0))


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
