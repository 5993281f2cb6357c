"""What every lesson starts with, and how it keeps a figure."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import minillm
from minillm.backend.threads import limit_threads

PROJECT = Path(minillm.__file__).parents[1]
DIGITS = 6  # of a plotted number: rounding differs between machines further behind


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

    The same figure gives the same file.  The folder is that of the project, wherever the
    notebook was started; ``MINILLM_FIGURES`` names another one.

    Raises:
        ValueError: ``numbers`` holds one that is not finite, which JSON cannot write.
    """
    import matplotlib

    folder = Path(os.environ.get("MINILLM_FIGURES") or PROJECT / "figures")
    folder.mkdir(parents=True, exist_ok=True)
    rounded = {key: as_json(f"{name}: {key}", values) for key, values in numbers.items()}
    with matplotlib.rc_context({"svg.hashsalt": name, "svg.fonttype": "path"}):
        figure.savefig(folder / f"{name}.svg", metadata={"Date": None, "Creator": "minillm"})
    lines = [f" {json.dumps(key)}: {json.dumps(values)}" for key, values in rounded.items()]
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    (folder / f"{name}.json").write_text(text, encoding="utf-8", newline="\n")


def as_json(where: str, values: Any) -> Any:
    """Numbers as nested lists, each with six significant digits.

    Raises:
        ValueError: one of them is not finite.
    """
    array = np.asarray(values)
    if not np.isfinite(array).all():
        raise ValueError(f"savefig: {where} holds a number that is not finite: {values}")
    if array.dtype.kind in "iub":
        return array.tolist()
    flat = [float(f"{x:.{DIGITS}g}") for x in array.ravel()]
    return np.array(flat).reshape(array.shape).tolist()
