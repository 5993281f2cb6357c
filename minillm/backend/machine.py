"""The processor, and the memory of a process.

It imports nothing of this project: a benchmark of another library loads it by itself.
"""

from __future__ import annotations

import os
import platform
import re
import sys
from pathlib import Path
from typing import Any

CPUINFO = Path("/proc/cpuinfo")
STATUS = Path("/proc/self/status")
MEMINFO = Path("/proc/meminfo")


def processor() -> dict[str, Any]:
    """Name, family and model as far as the system tells, and how many cores there are.

    Virtual machines are told names such as "AMD EPYC"; family and model tell what is behind them.
    """
    told = cpuinfo(CPUINFO.read_text(encoding="utf-8")) if CPUINFO.exists() else {}
    name = told.get("model name") or platform.processor() or platform.machine()
    numbers = {key: int(told[f]) for key, f in FIELDS.items() if told.get(f, "").isdigit()}
    return {"name": name, **numbers, "cores": os.cpu_count()}


FIELDS = {"family": "cpu family", "model": "model"}


def cpuinfo(text: str) -> dict[str, str]:
    """The lines about the first processor."""
    pairs = (line.partition(":") for line in text.split("\n\n")[0].splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs}


def processor_slug(known: dict[str, Any]) -> str:
    """A file's name for a processor: ``intel-xeon-processor-6-143``."""
    name = re.sub(r"\((r|tm)\)|\bcpu\b|@.*", " ", str(known["name"]).lower())
    parts = [name, *(str(known[key]) for key in FIELDS if key in known)]
    return re.sub(r"[^a-z0-9]+", "-", "-".join(parts)).strip("-")


def memory_mb() -> dict[str, float]:
    """What this process takes of memory now and took at most; empty where nothing tells.

    A process counts as its peak (``ru_maxrss``) also what the one that started it took; Linux
    has a figure of its own for each.
    """
    if STATUS.exists():
        lines = cpuinfo(STATUS.read_text(encoding="utf-8"))
        found = {"mb": lines.get("VmRSS"), "peak_mb": lines.get("VmHWM")}
        return {key: int(v.split()[0]) / 1024 for key, v in found.items() if v is not None}
    try:
        import resource
    except ImportError:  # Windows
        return {}
    unit = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss, in bytes
    return {"peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20}


def free_bytes() -> int | None:
    """How much memory a program can still have; ``None`` where the system does not tell."""
    if MEMINFO.exists():
        lines = cpuinfo(MEMINFO.read_text(encoding="utf-8"))
        if "MemAvailable" in lines:
            return int(lines["MemAvailable"].split()[0]) * 1024
    return None
