"""What each CUDA kernel takes of a device: registers, spills, shared memory.

``python -m tests.benchmarks.cuda_kernels`` compiles them all (no device is needed) and writes
``results/cuda/kernels.json``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from minillm.backend import write_atomically
from minillm.ops.kernels_cupy import launching
from tests.cuda_on_host import nvrtc

RESULTS = Path(__file__).with_name("results") / "cuda" / "kernels.json"
DTYPES = ("float32", "float64")


def names() -> list[str]:
    """The files of kernels, without the one that stands before each."""
    found = sorted(p.name for p in files("minillm.ops.kernels_cupy").iterdir())
    return [n.removesuffix(".cu") for n in found if n.endswith(".cu") and n != "block.cu"]


def rows() -> Iterator[dict[str, Any]]:
    """One for each kernel, dtype and architecture."""
    for name in names():
        for dtype in DTYPES:
            for arch in nvrtc.ARCHITECTURES:
                options = launching.options(np.dtype(dtype))
                for row in nvrtc.compiled(launching.source(name), options, arch):
                    yield {"file": f"{name}.cu", "dtype": dtype} | row


def sources() -> dict[str, str]:
    """A digest of each text that is compiled: whether the table is of these kernels."""
    return {
        name: hashlib.sha256(launching.source(name).encode()).hexdigest()[:16] for name in names()
    }


def table() -> dict[str, Any]:
    """Everything that is kept."""
    versions = {"nvrtc": nvrtc.version(), "package": version("nvidia-cuda-nvrtc-cu12")}
    given = list(launching.OPTIONS)
    return {"versions": versions, "options": given, "sources": sources(), "rows": list(rows())}


def main() -> None:
    """Compile and write."""
    RESULTS.parent.mkdir(exist_ok=True)
    text = json.dumps(table(), indent=1) + "\n"
    write_atomically(RESULTS, text.encode("utf-8"))
    print(RESULTS)


if __name__ == "__main__":
    main()
