"""The other end of ``worker.py``: start one, ask it, end it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from minillm.backend.machine import CPUINFO, cpuinfo
from tests.benchmarks.variants import Variant

ROOT = Path(__file__).parents[2]
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
FORCED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")  # a forced kernel would be timed, not the best
OURS = ("MINILLM_ALLOCATOR", "MINILLM_KERNELS")  # said by the variant


class Worker:
    """One variant at one job, warmed up and waiting; ``hello`` is how it introduced itself.

    Raises:
        RuntimeError: it ended instead of answering.
    """

    def __init__(self, variant: Variant, job: str, settings: dict[str, Any]):
        self.name = variant.name
        words = json.dumps(settings | {"heap": variant.heap})
        self.process = subprocess.Popen(
            [variant.python, "-m", "tests.benchmarks.worker", job, words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            cwd=ROOT,
            env=environment(variant, settings.get("threads", 1)),
        )
        self.hello = self.answer()

    def ask(self, steps: int) -> dict[str, Any]:
        """Milliseconds per step over ``steps`` steps by both clocks, and the memory."""
        self.process.stdin.write(f"{steps}\n")
        self.process.stdin.flush()
        return self.answer()

    def answer(self) -> dict[str, Any]:
        """Its next line."""
        line = self.process.stdout.readline()
        if not line:
            self.close()
            raise RuntimeError(f"{self.name} ended with exit code {self.process.returncode}")
        return json.loads(line)

    def close(self) -> None:
        """No more questions: it ends."""
        self.process.communicate()


def environment(variant: Variant, threads: int) -> dict[str, str]:
    """So many threads, no forced BLAS kernel, and what the variant asks for.

    Where our threads share a batch, BLAS is told by the worker, as in a command.
    """
    dropped = {*FORCED, *OURS, *THREADS}
    kept = {key: value for key, value in os.environ.items() if key not in dropped}
    if threads == 1 or not variant.is_ours:
        kept |= dict.fromkeys(THREADS, str(threads))
    if variant.kernels is not None:
        kept["MINILLM_KERNELS"] = variant.kernels
    if variant.preload is not None:
        kept["LD_PRELOAD"] = str(variant.preload)
    return kept


def intel_shim(folder: Path) -> Path | None:
    """A library to preload so that MKL takes AVX-512 kernels; ``None`` where it changes nothing.

    MKL keeps them for processors that call themselves Intel; this one answers yes for all.  It
    takes a C compiler, and another maker's processor that has AVX-512.
    """
    told = cpuinfo(CPUINFO.read_text(encoding="utf-8")) if CPUINFO.exists() else {}
    compiler = shutil.which("cc")
    kept = told.get("vendor_id") != "GenuineIntel" and "avx512f" in told.get("flags", "").split()
    if compiler is None or not kept:
        return None
    source, library = folder / "shim.c", folder / "shim.so"
    source.write_text("int mkl_serv_intel_cpu_true(void) { return 1; }\n", encoding="utf-8")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source], check=True)
    return library


def importable(package: str, python: str) -> bool:
    """Whether an interpreter has a package."""
    program = f"import importlib.util, sys; sys.exit(not importlib.util.find_spec({package!r}))"
    return subprocess.run([python, "-c", program], check=False).returncode == 0
