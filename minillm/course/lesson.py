"""What every lesson starts with, and how it keeps a figure."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import minillm
from minillm.backend import probe_cuda, write_atomically
from minillm.backend.clone import home
from minillm.backend.threads import limit_threads
from minillm.labs.stored import as_lines, rounded


def setup() -> None:
    """One BLAS thread unless the environment names a number, and figures without a display.

    No seed: a lesson makes its own ``np.random.default_rng(seed)`` and hands it on.
    """
    import matplotlib

    limit_threads(1)
    if "inline" not in os.environ.get("MPLBACKEND", ""):  # a notebook draws below its cell
        matplotlib.use("agg")
    matplotlib.rcParams.update({"figure.figsize": (8, 3.2), "figure.constrained_layout.use": True})
    print(f"minillm {minillm.__version__}, NumPy {np.__version__}")


def savefig(figure: Any, name: str, numbers: Mapping[str, Any]) -> None:
    """Write ``figures/NAME.svg`` without a date, and the plotted numbers as ``figures/NAME.json``.

    The same figure gives the same file.  The folder is that of the clone, wherever the
    notebook was started, or without a clone one in the current folder; ``MINILLM_FIGURES`` names
    another one.

    Raises:
        ValueError: ``numbers`` holds one that is not finite, which JSON cannot write.
    """
    import matplotlib

    folder = Path(os.environ.get("MINILLM_FIGURES") or home() / "figures")
    folder.mkdir(parents=True, exist_ok=True)
    kept = {
        key: json.dumps(rounded(f"figure {name}", key, values)) for key, values in numbers.items()
    }
    with matplotlib.rc_context({"svg.hashsalt": name, "svg.fonttype": "path"}):
        figure.savefig(folder / f"{name}.svg", metadata={"Date": None, "Creator": "minillm"})
    write_atomically(folder / f"{name}.json", (as_lines(kept) + "\n").encode())


def gpu() -> bool:
    """Whether there is a CUDA device; a line in both languages where there is none.

    A cell tagged ``gpu`` stands under ``if gpu():`` and so runs to its end everywhere.
    """
    cupy, _ = probe_cuda()
    if cupy is None:
        print("no GPU here, skipped  ·  没有 GPU，跳过")
    return cupy is not None
