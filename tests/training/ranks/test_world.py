"""Taking part in a world: what can be missing, and what the wrappers of MPI and NCCL pass on."""

import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from minillm.backend import DeviceError
from minillm.launching import LAUNCHERS, launched
from minillm.training.ranks import open_ranks, world
from minillm.training.ranks.world import MpiRanks, NcclRanks, merged, on_gpus


class FalseComm:
    """A communicator of ``size``, of which all other ranks have what this one has."""

    def __init__(self, size=2, rank=0, others=()):
        self.size, self.rank, self.others, self.calls = size, rank, others, []

    def Get_rank(self):
        return self.rank

    def Get_size(self):
        return self.size

    def Allreduce(self, where, flat, op):
        self.calls.append((where, op))
        flat *= self.size

    def allgather(self, value):
        return [*self.others, *[value] * (self.size - len(self.others))]

    def Abort(self, code):
        self.calls.append(("abort", code))

    def Ibarrier(self):
        self.calls.append("barrier")
        return SimpleNamespace(
            Test=lambda: self.calls.append("here?") or self.calls.count("here?") > 2
        )

    def Split_type(self, kind):
        self.calls.append(("split", kind))
        return self


def false_mpi(**settings):
    mpi = ModuleType("mpi4py.MPI")
    mpi.COMM_WORLD = FalseComm(**settings)
    mpi.IN_PLACE, mpi.SUM, mpi.COMM_TYPE_SHARED = "in place", "sum", "shared"
    mpi.Get_library_version = lambda: "Some MPI 1.2\nmore"
    mpi.Finalize = lambda: mpi.COMM_WORLD.calls.append("finalize")
    return mpi


@pytest.fixture
def install(monkeypatch):
    """Put a stand-in of mpi4py where it is imported from."""
    for names in LAUNCHERS:
        for name in names:
            monkeypatch.delenv(name, raising=False)

    def put(mpi):
        package = ModuleType("mpi4py")
        if mpi is not None:
            package.MPI = mpi
        monkeypatch.setitem(sys.modules, "mpi4py", package)
        monkeypatch.setitem(sys.modules, "mpi4py.MPI", mpi)

    return put


def test_what_mpi_is_asked_for():
    mpi = false_mpi(rank=1)
    ranks = MpiRanks(mpi)
    flat = np.arange(3.0)
    assert (ranks.rank, ranks.size, ranks.met) == (1, 2, False)
    assert ranks.total(flat) is None and flat.tolist() == [0, 2, 4]
    assert ranks.gather("a") == ["a", "a"] and ranks.place_on_machine() == 1
    ranks.abort(7)
    ranks.leave()
    assert mpi.COMM_WORLD.calls == [
        ("in place", "sum"), ("split", "shared"), ("abort", 7),
        "barrier", "here?", "here?", "here?", "finalize",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "names",
    [
        ("PMI_SIZE", "PMI_RANK"),
        ("OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"),
        ("MV2_COMM_WORLD_SIZE", "MV2_COMM_WORLD_RANK"),
    ],
)
def test_who_was_started_by_a_launcher_knows_it(names, monkeypatch, install):
    assert launched() == (1, 0)
    for name, value in zip(names, ("4", "3"), strict=True):
        monkeypatch.setenv(name, value)
    assert launched() == (4, 3)
    install(false_mpi(size=4, rank=3))
    assert (open_ranks().rank, open_ranks().size) == (3, 4)


def test_a_world_without_a_launcher_that_we_know_is_taken_as_it_is(install):
    install(false_mpi(size=3))
    assert open_ranks().size == 3


def test_one_rank_that_was_launched_is_enough(monkeypatch, install):
    monkeypatch.setenv("PMI_SIZE", "1")
    install(false_mpi(size=1))
    assert open_ranks().size == 1


def test_one_process_is_told_how_to_start_several(install):
    install(false_mpi(size=1))
    with pytest.raises(ValueError, match=r"found one process: start it with  mpiexec -n 2 python"):
        open_ranks()


def test_a_launcher_of_another_mpi_is_named(monkeypatch, install):
    monkeypatch.setenv("OMPI_COMM_WORLD_SIZE", "2")
    install(false_mpi(size=1))
    with pytest.raises(ValueError, match=r"started 2 processes, but mpi4py, which loaded Some MPI"):
        open_ranks()


def test_no_mpi4py(install, monkeypatch):
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    with pytest.raises(ModuleNotFoundError) as found:
        open_ranks()
    assert found.value.name == "mpi4py"


def test_no_mpi_library(install, monkeypatch):
    class Package(ModuleType):
        def __getattr__(self, name):
            raise RuntimeError("cannot load MPI library")

    monkeypatch.setitem(sys.modules, "mpi4py", Package("mpi4py"))
    with pytest.raises(ValueError, match=r"no MPI library that it can load: pip install mpich"):
        open_ranks()


class FalseCupy(ModuleType):
    def __init__(self, devices):
        super().__init__("cupy")
        self.used = []
        runtime = SimpleNamespace(getDeviceCount=lambda: devices)
        device = lambda place: SimpleNamespace(use=lambda: self.used.append(place))  # noqa: E731
        self.cuda = SimpleNamespace(runtime=runtime, Device=device)


class FalseNccl(ModuleType):
    def __init__(self):
        super().__init__("cupyx.distributed")
        self.calls = []

    def init_process_group(self, size, rank, *, use_mpi):
        self.calls.append((size, rank, use_mpi))
        return self

    def all_reduce(self, taken, given):
        assert taken is given
        given *= 2


@pytest.fixture
def nccl(monkeypatch):
    cupyx, distributed = ModuleType("cupyx"), FalseNccl()
    cupyx.distributed = distributed
    monkeypatch.setitem(sys.modules, "cupyx", cupyx)
    monkeypatch.setitem(sys.modules, "cupyx.distributed", distributed)
    return distributed


def test_each_rank_has_a_gpu_of_its_machine_and_nccl_sums(nccl, monkeypatch):
    cupy = FalseCupy(2)
    monkeypatch.setattr(world, "require_cuda", lambda: cupy)
    mpi = false_mpi(rank=1)
    ranks = on_gpus(MpiRanks(mpi))
    assert isinstance(ranks, NcclRanks) and cupy.used == [1] and nccl.calls == [(2, 1, True)]
    flat = np.ones(3)
    ranks.total(flat)
    assert flat.tolist() == [2, 2, 2]
    assert ("in place", "sum") not in mpi.COMM_WORLD.calls


def test_a_rank_without_a_gpu_is_everybodys_error_before_nccl_begins(nccl, monkeypatch):
    monkeypatch.setattr(world, "require_cuda", lambda: FalseCupy(1))
    with pytest.raises(DeviceError, match=r"^rank 1 of 2: 2 ranks on a machine with 1 GPUs"):
        on_gpus(MpiRanks(false_mpi(rank=1, others=[None])))

    def nothing():
        raise DeviceError("device 'cuda' is not usable: no driver")

    with pytest.raises(DeviceError, match=r"^rank 1 of 2: no device$"):
        monkeypatch.setattr(world, "require_cuda", lambda: FalseCupy(1))
        on_gpus(MpiRanks(false_mpi(others=[None, "no device"])))
    monkeypatch.setattr(world, "require_cuda", nothing)
    with pytest.raises(DeviceError, match=r"^device 'cuda' is not usable: no driver$"):
        on_gpus(MpiRanks(false_mpi()))
    assert not nccl.calls


def test_what_all_say_is_said_once():
    assert merged({0: "a", 1: "a"}, 2) == "a"
    assert merged({1: "a"}, 2) == "rank 1 of 2: a"
    assert merged({0: "a", 1: "b"}, 2) == "rank 0 of 2: a\nrank 1 of 2: b"
    many = merged({rank: str(rank) for rank in range(9)}, 9).split("\n")
    assert many[3:] == ["rank 3 of 9: 3", "and 5 more ranks"]
