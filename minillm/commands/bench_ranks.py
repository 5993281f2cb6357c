"""What ``bench`` times of several processes: steps, sums, how equal they are, what more would give.

Where there is no MPI, the reason stands in the place of the numbers.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

from minillm.commands.bench_steps import SIZES, Size
from minillm.launching import LAUNCHERS, mpiexec_beside

RANKS = 2  # whose steps are timed
EQUAL = (2, 4)  # how many ranks are compared with one
BUFFERS = (4_000, 400_000, 4_000_000, 40_000_000)  # bytes
CHUNK = 4_000_000  # bytes, for the bandwidth


def missing() -> str | None:
    """Why no ranks can be started here; ``None`` where they can."""
    if importlib.util.find_spec("mpi4py") is None:
        return "mpi4py is not installed: pip install -e '.[cluster]'"
    if launcher() is None:
        return "there is no mpiexec beside this Python or on the path: pip install mpich"
    return None


def launcher() -> str | None:
    """The ``mpiexec`` beside this interpreter, or the one on the path."""
    return mpiexec_beside() or shutil.which("mpiexec")


def rank_work(sizes: Sequence[str], rounds: int) -> Iterator[tuple[str, Any]]:
    """Names and measurements, one world of processes for each."""
    if reason := missing():
        yield "missing", lambda: reason
        return
    if hasattr(os, "getloadavg"):  # not on Windows
        yield "load", lambda: os.getloadavg()[0]
    for name in sizes:
        yield name, partial(answer, RANKS, "steps", asdict(SIZES[name]), rounds)
    yield "sums", partial(answer, RANKS, "sums", list(BUFFERS), rounds)
    yield "wire", partial(answer, RANKS, "wire", CHUNK, rounds)
    yield "equal", partial(equalities, SIZES[sizes[0]])


def equalities(size: Size) -> dict[str, dict[str, dict[str, float]]]:
    """By the number of ranks and by dtype, how far they are from one rank."""
    return {str(ranks): answer(ranks, "equal", asdict(size), 1) for ranks in EQUAL}


def answer(ranks: int, task: str, of: Any, rounds: int) -> Any:
    """What rank 0 of a new world prints; see ``bench_ranks_child``.

    Raises:
        ValueError: the world came to a bad end; with what it said.
    """
    words = [str(launcher()), "-n", str(ranks), sys.executable, "-m", "mpi4py", "-m"]
    settings = json.dumps({"of": of, "rounds": rounds})
    known = {name for names in LAUNCHERS for name in names}
    done = subprocess.run(
        [*words, "minillm.commands.bench_ranks_child", task, settings],
        env={name: value for name, value in os.environ.items() if name not in known},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise ValueError(f"bench: {ranks} ranks ended with {done.returncode}: {done.stderr[-500:]}")
    return json.loads(done.stdout)
