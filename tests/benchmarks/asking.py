"""The other end of ``worker.py``: start one, ask it, end it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
FORCED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")  # a forced kernel would be timed, not the best


class Worker:
    """One implementation at one size, warmed up and waiting; ``hello`` is how it introduced itself.

    Raises:
        RuntimeError: it ended instead of answering.
    """

    def __init__(self, implementation: str, size: str, python: str, preload: Path | None = None):
        self.name = implementation
        self.process = subprocess.Popen(
            [python, "-m", "tests.benchmarks.worker", implementation, size],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            cwd=ROOT,
            env=environment(preload),
        )
        self.hello = self.answer()

    def ask(self, steps: int) -> dict[str, Any]:
        """CPU milliseconds per step over ``steps`` steps, and the peak memory so far."""
        self.process.stdin.write(f"{steps}\n")
        self.process.stdin.flush()
        return self.answer()

    def answer(self) -> dict[str, Any]:
        """Its next line."""
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended with exit code {self.process.wait()}")
        return json.loads(line)

    def close(self) -> None:
        """No more questions: it ends."""
        self.process.communicate()


def environment(preload: Path | None) -> dict[str, str]:
    """One thread, no forced BLAS kernel, and perhaps a library before all others."""
    kept = {key: value for key, value in os.environ.items() if key not in FORCED}
    first = {"LD_PRELOAD": str(preload)} if preload else {}
    return kept | dict.fromkeys(THREADS, "1") | first


def intel_shim(folder: Path) -> Path | None:
    """A library to preload so that MKL takes AVX-512 kernels; ``None`` without a C compiler.

    MKL keeps them for processors that call themselves Intel; this one answers yes for all.
    """
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    source, library = folder / "shim.c", folder / "shim.so"
    source.write_text("int mkl_serv_intel_cpu_true(void) { return 1; }\n", encoding="utf-8")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source], check=True)
    return library


def importable(package: str, python: str) -> bool:
    """Whether another interpreter has a package."""
    program = f"import importlib.util, sys; sys.exit(not importlib.util.find_spec({package!r}))"
    return subprocess.run([python, "-c", program], check=False).returncode == 0
