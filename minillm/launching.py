"""Processes that ``mpiexec`` started: how many there are, and that none fails alone and unheard.

Who calls ``MPI_Init`` waits in it until all have come.  A process that fails before, in its options
or while this package is imported, would leave the others there for ever: it ends them, too.  Only
the standard library is imported here, for an import of the rest may be what fails.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import TracebackType

# how many processes, and which one this is, as the launchers of MPICH (also Intel MPI), Open MPI
# and MVAPICH tell those that they start
LAUNCHERS = (
    ("PMI_SIZE", "PMI_RANK"),
    ("OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"),
    ("MV2_COMM_WORLD_SIZE", "MV2_COMM_WORLD_RANK"),
)
PATIENCE = 60  # seconds until the others must have come to MPI_Init
LEAVING = 2  # seconds between the first that leaves behind it, as after --help, and the last


class Unsaid(SystemExit):
    """The end of a rank that leaves the reason, ``told``, to the first one, if that has it too."""

    def __init__(self, code: str | int | None, told: str):
        super().__init__(code)
        self.told = told


def launched() -> tuple[int, int]:
    """How many processes a launcher started, and which of them this is; (1, 0) without one."""
    for size, rank in LAUNCHERS:
        if os.environ.get(size, "").isdecimal():
            return int(os.environ[size]), int(os.environ.get(rank, "0"))
    return 1, 0


def mpiexec_beside() -> str | None:
    """The ``mpiexec`` that was installed beside this interpreter."""
    return shutil.which("mpiexec", path=os.path.dirname(sys.executable))


def trains_together() -> bool:
    """Whether the command line has ``--data-parallel``."""
    return any(word.startswith("--data-p") for word in sys.argv)


def others_wait() -> bool:
    """Whether other processes may wait in ``MPI_Init`` for this one, which has not called it."""
    meant = "mpi4py" in sys.modules or trains_together()
    possible = os.name == "posix" and "mpi4py.MPI" not in sys.modules  # its import calls MPI_Init
    return launched()[0] > 1 and meant and possible


def end_all(code: int, told: str = "") -> None:
    """End all processes with ``code``, if others may wait for this one; say ``told`` before.

    ``MPI_Abort`` needs ``MPI_Init``, where the others are or come to.  A signal ends this process
    where MPI cannot be loaded, or they do not come; a launcher then ends them, too.
    """
    if not others_wait():
        return
    size, rank = launched()
    begin_clock()
    end: Callable[[int], object] = lambda _: os.kill(os.getpid(), signal.SIGALRM)  # noqa: E731
    with suppress(ImportError, RuntimeError):  # not installed; finds no MPI library
        from mpi4py import MPI

        end = MPI.COMM_WORLD.Abort
    if told:
        time.sleep(1)  # the first one, where it fails at the same, has ended all by then
        print(f"rank {rank} of {size}: {told}", file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    end(code)


def leave_together() -> None:
    """Wait until all that would train together leave before they have begun, as after ``--help``.

    One that is alone in it ends all with code 1: the others would wait for it for ever.
    """
    if not (others_wait() and (trains_together() or {"-h", "--help"} & {*sys.argv})):
        return
    begin_clock()
    with suppress(ImportError, RuntimeError):  # without MPI nobody waits
        from mpi4py import MPI

        here, end = MPI.COMM_WORLD.Ibarrier(), time.monotonic() + LEAVING
        while not (all_leave := here.Test()) and time.monotonic() < end:
            time.sleep(1e-2)
        if not all_leave:
            size, rank = launched()
            told = "ended before the others, with nothing done: give all ranks the same options"
            print(f"rank {rank} of {size}: {told}", file=sys.stderr)
            sys.stdout.flush()
            sys.stderr.flush()
            MPI.COMM_WORLD.Abort(1)
    signal.alarm(0)


def begin_clock() -> None:
    """Let a signal end this process where the others do not come to ``MPI_Init``."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(PATIENCE)


@contextmanager
def ending_all() -> Iterator[None]:
    """An exit within the block ends all processes; with code 0, those that do not leave so, too."""
    try:
        yield
    except SystemExit as error:
        if error.code:
            end_all(error.code if isinstance(error.code, int) else 1, getattr(error, "told", ""))
        else:
            leave_together()
        raise


def watch_errors() -> None:
    """Let an error that nobody catches end all processes, once it has been printed."""
    before = sys.excepthook

    def printed(kind: type[BaseException], error: BaseException, at: TracebackType | None) -> None:
        before(kind, error, at)
        if issubclass(kind, Exception):
            end_all(1)

    sys.excepthook = printed
