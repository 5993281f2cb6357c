"""One implementation in a process of its own: it reads a number of steps, it answers with JSON.

``python -m tests.benchmarks.worker minillm tiny``, then a number and a newline, as often as
wanted.  Without input left, it ends.
"""

from __future__ import annotations

import importlib
import json
import platform
import resource
import sys
import time
from importlib.metadata import version

from tests.benchmarks.sizes import CHECKED_STEPS, SIZES

RSS_UNIT = 1024 if sys.platform == "linux" else 1  # of ru_maxrss, in bytes; macOS counts bytes


def main(implementation: str, size: str) -> None:
    """Warm up, say who is there, then time what is asked for."""
    module = importlib.import_module(f"tests.benchmarks.step_{implementation}")
    step = module.prepared(SIZES[size])
    losses = [step() for _ in range(CHECKED_STEPS + 1)]
    packages = {"numpy", implementation.partition("_")[0]} - {"minillm"}
    versions = {"python": platform.python_version()} | {p: version(p) for p in sorted(packages)}
    answer({"losses": losses, "versions": versions})
    for line in sys.stdin:
        steps = int(line)
        start = time.process_time()
        for _ in range(steps):
            step()
        seconds = (time.process_time() - start) / steps
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * RSS_UNIT / 2**20
        answer({"ms": 1e3 * seconds, "peak_mb": peak})


def answer(content: dict) -> None:
    """One line of JSON."""
    print(json.dumps(content), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
