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


def savefig(figure: Any, name: str, numbers: Mapping[str, Any], language: str = "en") -> None:
    """Write NAME.svg without a date, and the plotted numbers as NAME.json, if a folder is named.

    The same figure gives the same file.  In a notebook a figure stands below its cell and nothing
    is written, so that no cell can replace a figure of the project;
    ``python -m minillm course run NOTEBOOK --figures FOLDER`` names the folder
    (in ``MINILLM_FIGURES``).  A figure of the Chinese edition is named NAME_zh.

    Raises:
        ValueError: ``numbers`` holds one that is not finite, which JSON cannot write.
    """
    import matplotlib

    name = name if language == "en" else f"{name}_{language}"
    kept = {
        key: json.dumps(rounded(f"figure {name}", key, values)) for key, values in numbers.items()
    }
    if not os.environ.get("MINILLM_FIGURES"):
        return
    folder = Path(os.environ["MINILLM_FIGURES"])
    folder.mkdir(parents=True, exist_ok=True)
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
