"""One implementation in a process of its own: it reads a number of steps, it answers with JSON.

``python -m tests.benchmarks.worker JOB SETTINGS``, then a number and a newline, as often as
wanted.  Without input left, it ends.  ``JOB`` is a module beside this one with a function
``prepared(settings)``, which gives a function that makes one step; ``SETTINGS`` is JSON.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import platform
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.benchmarks.sizes import CHECKED_STEPS

PACKAGE = Path(__file__).parents[2] / "minillm"
LIBRARIES = ("numpy", "torch", "autograd", "dezero", "numba")


def main(job: str, settings: str) -> None:
    """Warm up, say who is there, then time what is asked for."""
    given = json.loads(settings)
    allocator = loaded("backend/allocator.py").ALLOCATOR if given.pop("heap") else "as it is"
    machine = loaded("backend/machine.py")
    step = importlib.import_module(f"tests.benchmarks.{job}").prepared(**given)
    values = [float(step() or 0.0) for _ in range(CHECKED_STEPS + 1)]
    switch = sys.modules.get("minillm.backend.kernel_switch")  # of ours alone
    kernels = switch and switch.kernels_in_force()
    hello = {"values": values, "versions": versions(), "allocator": allocator, "kernels": kernels}
    answer(hello)
    for line in sys.stdin:
        steps = int(line)
        cpu, wall = time.process_time(), time.perf_counter()
        for _ in range(steps):
            step()
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        times = {"cpu": 1e3 * cpu / steps, "wall": 1e3 * wall / steps}
        answer({"ms": times, **machine.memory_mb()})


def loaded(path: str) -> ModuleType:
    """One file of this project by itself: importing the package would change a peer's process."""
    spec = importlib.util.spec_from_file_location(Path(path).stem, PACKAGE / path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def versions() -> dict[str, str]:
    """Python and those libraries that this process has loaded."""
    found = {"python": platform.python_version()}
    for package in LIBRARIES:
        if package in sys.modules:
            try:
                found[package] = version(package)
            except PackageNotFoundError:
                found[package] = "unknown"
    return found


def answer(content: dict[str, Any]) -> None:
    """One line of JSON."""
    print(json.dumps(content), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
