"""Several processes that train one model: who takes part, and the two things they tell each other.

mpi4py is imported here and nowhere else, and only when it is asked for: with a half-installed Open
MPI its import ends the process.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from typing import Any, Protocol

from minillm.backend import Array, DeviceError
from minillm.backend.devices import require_cuda
from minillm.launching import LAUNCHERS, launched

HOW = "mpiexec -n 2 python -m mpi4py -m minillm COMMAND ... --data-parallel"


class Ranks(Protocol):
    """One of ``size`` processes that do the same, each on its own rows; ``rank`` 0 also writes."""

    rank: int
    size: int
    met: bool  # whether they have compared what they are about to do: see ``meet``

    def total(self, flat: Array) -> None:
        """Sum a contiguous array over all ranks, in place; afterwards all have the same bits."""

    def gather(self, value: Any) -> list[Any]:
        """What every rank gave, by rank: small things that can be pickled.  All must ask."""

    def abort(self, code: int) -> None:
        """End every rank at once, with this exit code."""


class MpiRanks:
    """The ranks of an MPI world; arrays are summed on the host.

    ``total`` is one ``MPI_Allreduce`` in place.
    """

    def __init__(self, mpi: Any):
        self.mpi, self.world, self.met = mpi, mpi.COMM_WORLD, False
        self.rank, self.size = self.world.Get_rank(), self.world.Get_size()

    def total(self, flat: Array) -> None:
        """Sum over all ranks, in place."""
        self.world.Allreduce(self.mpi.IN_PLACE, flat, op=self.mpi.SUM)

    def gather(self, value: Any) -> list[Any]:
        """What every rank gave."""
        gathered: list[Any] = self.world.allgather(value)
        return gathered

    def abort(self, code: int) -> None:
        """``MPI_Abort``."""
        sys.stdout.flush()
        sys.stderr.flush()
        self.world.Abort(code)

    def wait(self) -> None:
        """Until all are here; asleep, for MPI's own barrier keeps a processor busy."""
        here = self.world.Ibarrier()
        while not here.Test():
            time.sleep(1e-3)

    def leave(self) -> None:
        """Wait until all ranks are about to end, whatever their exit codes."""
        self.wait()
        self.mpi.Finalize()

    def place_on_machine(self) -> int:
        """Which of the ranks of its own machine this one is, from 0."""
        place: int = self.world.Split_type(self.mpi.COMM_TYPE_SHARED).Get_rank()
        return place


class NcclRanks(MpiRanks):
    """The same with a GPU for each rank: arrays are summed by NCCL, and do not leave the devices.

    MPI starts the processes, and tells NCCL where they are; ``distributed`` is the module
    ``cupyx.distributed``.  This was tested with stand-ins of MPI and CuPy alone: it has never run
    on a device.
    """

    def __init__(self, mpi: Any, distributed: Any):
        super().__init__(mpi)
        self.group = distributed.init_process_group(self.size, self.rank, use_mpi=True)

    def total(self, flat: Array) -> None:
        """Sum over all ranks, in place."""
        self.group.all_reduce(flat, flat)


def open_ranks() -> MpiRanks:
    """Take part in the world that ``mpiexec`` made.

    Raises:
        ModuleNotFoundError: mpi4py is not installed.
        ValueError: it finds no MPI library; nobody started several processes; or another MPI
            than that of mpi4py did.
    """
    try:
        from mpi4py import MPI
    except RuntimeError as error:
        raise ValueError(
            "--data-parallel: mpi4py is installed, but there is no MPI library that it can load: "
            f"pip install mpich  brings one ({error})"
        ) from error
    known = any(size in os.environ for size, _ in LAUNCHERS)
    size, wanted = MPI.COMM_WORLD.Get_size(), launched()[0]
    if size == 1 and not known:
        raise ValueError(f"--data-parallel found one process: start it with  {HOW}")
    if known and size != wanted:
        name, folder = MPI.Get_library_version().split("\n")[0], os.path.dirname(sys.executable)
        raise ValueError(
            f"--data-parallel: mpiexec started {wanted} processes, but mpi4py, which loaded "
            f"{name.strip()}, sees {size}: use the mpiexec that belongs to it, such as that in "
            f"{folder}"
        )
    return MpiRanks(MPI)


def on_gpus(ranks: MpiRanks) -> NcclRanks:
    """The same ranks, each with a GPU of its machine.

    Raises:
        DeviceError: on every rank, where one of them has no device; says which and why.
    """
    place, failure = ranks.place_on_machine(), None
    try:
        cupy = require_cuda()
        if place >= (devices := cupy.cuda.runtime.getDeviceCount()):
            failure = f"{place + 1} ranks on a machine with {devices} GPUs: start one for each"
    except DeviceError as error:
        failure = str(error)
    told = {r: one for r, one in enumerate(ranks.gather(failure)) if one is not None}
    if told:
        raise DeviceError(merged(told, ranks.size))
    import cupyx.distributed

    cupy.cuda.Device(place).use()
    return NcclRanks(ranks.mpi, cupyx.distributed)


def merged(failures: Mapping[int, str], size: int) -> str:
    """What some ranks failed at: once, where all say the same; else what each says."""
    texts = set(failures.values())
    if len(failures) == size and len(texts) == 1:
        return texts.pop()
    lines = [f"rank {rank} of {size}: {text}" for rank, text in failures.items()]
    return "\n".join(lines[:4] + ([f"and {len(lines) - 4} more ranks"] if lines[4:] else []))
