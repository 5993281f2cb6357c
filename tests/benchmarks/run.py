"""Time a training step beside other libraries: ``python -m tests.benchmarks.run``.

Every implementation runs in a process of its own, with one thread.  They are asked in turn,
round by round, so that a busy minute of the machine hits all of them; what counts is CPU time,
as a median over the rounds.  Before that, all must have the same loss after three steps.
Libraries that ``--peer-python`` cannot import are left out.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.benchmarks.asking import Worker, importable, intel_shim
from tests.benchmarks.sizes import CHECKED_STEPS, DECIMALS, SIZES

RESULTS = Path(__file__).with_name("results.json")
OURS = {"exact": "minillm", "tanh": "minillm_tanh"}
GELU = {  # which of its two forms; those with the same one compute the same function
    "minillm": "exact",
    "torch": "exact",
    "torch_avx512": "exact",
    "minillm_tanh": "tanh",
    "autograd": "tanh",
    "dezero": "tanh",
}


def main() -> None:
    """Measure, print a table, write ``results.json``."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m tests.benchmarks.run")
    parser.add_argument("--sizes", default=",".join(SIZES), help="some of %(default)s")
    parser.add_argument("--rounds", type=int, default=7, help="default %(default)s")
    parser.add_argument("--peer-python", default=sys.executable, help="has torch, autograd, dezero")
    given = parser.parse_args()
    sizes = given.sizes.split(",")
    if unknown := set(sizes) - set(SIZES):
        parser.error(f"unknown sizes {sorted(unknown)}; there are {list(SIZES)}")
    pythons = {
        name: sys.executable if name in OURS.values() else given.peer_python
        for name in GELU
        if name in OURS.values() or importable(name.partition("_")[0], given.peer_python)
    }
    with tempfile.TemporaryDirectory() as folder:
        shim = intel_shim(Path(folder))
        if shim is None:
            pythons.pop("torch_avx512", None)
        rows = [row for size in sizes for row in measured(size, pythons, given.rounds, shim)]
    print(table(rows))
    content = {
        "cpu": cpu_name(),
        "threads": 1,
        "rounds": given.rounds,
        "sizes": {size: asdict(SIZES[size]) for size in sizes},
        "results": rows,
    }
    RESULTS.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def measured(
    size: str, pythons: dict[str, str], rounds: int, shim: Path | None
) -> list[dict[str, Any]]:
    """One row for each implementation."""
    workers = {
        name: Worker(name, size, python, shim if name == "torch_avx512" else None)
        for name, python in pythons.items()
    }
    try:
        require_equal_losses({name: worker.hello["losses"] for name, worker in workers.items()})
        times: dict[str, list[float]] = {name: [] for name in workers}
        peaks = {}
        for _ in range(rounds):
            for name, worker in workers.items():
                answer = worker.ask(SIZES[size].steps)
                times[name].append(answer["ms"])
                peaks[name] = answer["peak_mb"]
    finally:
        for worker in workers.values():
            worker.close()
    return [
        {
            "size": size,
            "implementation": name,
            "versions": workers[name].hello["versions"],
            "ms": round(statistics.median(times[name]), 2),
            "least_ms": round(min(times[name]), 2),
            "tokens_per_second": round(1e3 * SIZES[size].tokens / statistics.median(times[name])),
            "minillm_is_faster_by": round(pair_by_pair(times, name), 3),
            "peak_mb": round(peaks[name]),
            "loss": round(workers[name].hello["losses"][CHECKED_STEPS], DECIMALS),
        }
        for name in workers
    ]


def require_equal_losses(losses: dict[str, list[float]]) -> None:
    """Refuse to time functions that differ.

    Raises:
        ValueError: naming two implementations and their losses.
    """
    for name, found in losses.items():
        ours = losses[OURS[GELU[name]]]
        if abs(found[CHECKED_STEPS] - ours[CHECKED_STEPS]) >= 10.0**-DECIMALS:
            raise ValueError(f"{name} computes another function: losses {found}, ours {ours}")


def pair_by_pair(times: dict[str, list[float]], name: str) -> float:
    """The median over rounds of its time divided by ours with the same GELU."""
    ours = times[OURS[GELU[name]]]
    return statistics.median(theirs / mine for theirs, mine in zip(times[name], ours, strict=True))


def table(rows: list[dict[str, Any]]) -> str:
    """The rows in columns."""
    lines = ["size    implementation   CPU ms/step   tokens/s   minillm faster by   peak MB"]
    lines += [
        f"{row['size']:<7} {row['implementation']:<14} {row['ms']:>13.2f} "
        f"{row['tokens_per_second']:>10} {row['minillm_is_faster_by']:>19.2f} {row['peak_mb']:>9}"
        for row in rows
    ]
    return "\n".join(lines)


def cpu_name() -> str:
    """The processor's name, as far as the system tells."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


if __name__ == "__main__":
    main()
