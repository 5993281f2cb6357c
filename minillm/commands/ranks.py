"""``--data-parallel``: a command as one of several processes that ``mpiexec`` started.

All do the same; rank 0 alone speaks and writes.  Whatever ends one of them ends all.
"""

from __future__ import annotations

import argparse
import io
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass

from minillm.backend import DeviceError
from minillm.launching import Unsaid, launched
from minillm.training import DivergenceError
from minillm.training.ranks import open_ranks
from minillm.training.ranks.agreement import RanksError, meet, require_same_device
from minillm.training.ranks.world import MpiRanks, on_gpus


@dataclass(frozen=True)
class Outcome:
    """How a command ended: its exit code, what to say on stderr, and why."""

    code: int
    told: str = ""
    error: BaseException | None = None


def add_ranks(parser: argparse.ArgumentParser) -> None:
    """That several processes train together."""
    parser.add_argument(
        "--data-parallel",
        action="store_true",
        help="share every batch with the other processes that mpiexec started: "
        "mpiexec -n 2 python -m mpi4py -m minillm ... --data-parallel",
    )
    parser.set_defaults(ranks=None)


def only_helps(arguments: argparse.Namespace) -> bool:
    """Whether this process has done its part once the training is over: rank 0 does the rest."""
    return arguments.ranks is not None and arguments.ranks.rank > 0


def require_one_or_together(arguments: argparse.Namespace) -> None:
    """Refuse several processes that know nothing of each other and write one folder.

    Raises:
        ValueError: a launcher started several; says how they work together, if they can.  Or they
            do, with an option that is for one process.  Or parts of a batch would follow each
            other, and be computed at the same time.
        Unsaid: the same as the first, of the others.
    """
    if arguments.threads > 1 and getattr(arguments, "accumulate", 1) > 1 and "out" in arguments:
        raise ValueError(
            f"--threads {arguments.threads} beside --accumulate {arguments.accumulate}: threads "
            "hold their parts at the same time; take one of both"
        )
    if getattr(arguments, "ranks", None) is not None:
        if arguments.threads != 1:
            raise ValueError(
                f"--threads {arguments.threads} beside --data-parallel: each process works with "
                "one thread; start more of them instead"
            )
        if arguments.watch:
            raise ValueError("--watch sees the rows of one process: leave out --data-parallel")
        return
    size, rank = launched()
    if size == 1 or "out" not in arguments:
        return
    way = "give --data-parallel" if "data_parallel" in arguments else "start it without mpiexec"
    told = f"started {size} times by mpiexec, and each would write --out {arguments.out}: {way}"
    raise Unsaid(1, f"minillm {arguments.command}: {told}") if rank > 0 else ValueError(told)


def run_as_rank(
    arguments: argparse.Namespace, outcome: Callable[[argparse.Namespace], Outcome]
) -> int:
    """Run the command as one of several; its exit code.

    An error of which all ranks know is said once, by rank 0.  Any other is said by the rank that
    has it, and ends all of them: the others would wait for it for ever.
    """
    ended = opened(arguments)
    ranks: MpiRanks | None = arguments.ranks
    if ranks is None:
        print(ended.told, file=sys.stderr)
        return ended.code
    if ended.code:
        return told_by_all(ranks, ended, f"minillm {arguments.command}: ")
    try:
        with speaking(ranks.rank == 0):
            ended = outcome(arguments)
    except BaseException as error:  # also SystemExit: of SIGTERM, say
        code = error.code if isinstance(error, SystemExit) else 1
        if not isinstance(error, SystemExit):
            traceback.print_exc()
        ranks.abort(code if isinstance(code, int) and code else 1)
        raise
    return told_by_all(ranks, ended, f"minillm {arguments.command}: ")


def opened(arguments: argparse.Namespace) -> Outcome:
    """Take part, as ``arguments.ranks``; where that fails, the reason."""
    name = f"minillm {arguments.command}"
    try:
        arguments.ranks = open_ranks()
        require_same_device(arguments.ranks, arguments.device)
        if arguments.device != "cpu":
            arguments.ranks = on_gpus(arguments.ranks)
    except (DeviceError, RanksError) as error:  # all ranks have it, of whichever it is true
        arguments.ranks.met = True
        return Outcome(1, f"{name}: {error}", RanksError(str(error)))
    except ModuleNotFoundError as error:
        told = "needs mpi4py, which is not installed: in a clone run  pip install -e '.[cluster]'"
        return Outcome(2, f"{name}: {told}", error)
    except ValueError as error:
        return Outcome(1, f"{name}: {error}", error)
    return Outcome(0)


@contextmanager
def speaking(first: bool) -> Iterator[None]:
    """Within the block, ranks other than the first print nothing; an exit keeps what was said."""
    if first:
        yield
        return
    unsaid = io.StringIO()
    try:
        with redirect_stdout(unsaid), redirect_stderr(unsaid):
            yield
    except SystemExit as error:
        raise Unsaid(error.code, unsaid.getvalue().strip()) from error


def told_by_all(ranks: MpiRanks, ended: Outcome, name: str) -> int:
    """Say what has to be said of how this rank ended, and end the others where they must.

    ``name`` is that of the command, with which every message begins.
    """
    if ended.code == 0:
        if ended.error is not None:  # nobody reads on; it may have been in the middle
            ranks.abort(0)
        ranks.leave()
        return 0
    if not ranks.met:
        try:
            meet(ranks, None, failure=ended.told.strip().removeprefix(name))
        except RanksError as error:
            ended = Outcome(ended.code, f"{name}{error}", error)
    elif not isinstance(ended.error, (RanksError, DivergenceError)):
        told = ended.told.strip().removeprefix(name)
        print(f"{name}rank {ranks.rank} of {ranks.size}: {told}", file=sys.stderr)
        ranks.abort(ended.code)
    if ranks.rank == 0:
        print(ended.told, file=sys.stderr, flush=True)
    ranks.leave()
    return ended.code
