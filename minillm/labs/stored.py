"""The file that keeps the numbers of a study, with everything that made them."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

import minillm
from minillm.backend import kernels_in_force, write_atomically
from minillm.backend.clone import home
from minillm.backend.machine import processor
from minillm.labs.study import Study

STORED = home() / "figures" / "studies"  # of the clone, or under the current folder
DIGITS = 6  # of a stored number: rounding differs between machines further behind


def write_study(
    study: Study,
    seeds: Sequence[int],
    measured: Sequence[Mapping[str, Any]],
    folder: Path,
    *,
    others: Mapping[str, Any] | None = None,
) -> Path:
    """Write the numbers of every seed, what made them, and what ``others`` says; the path.

    The file is written whole under another name and then renamed.

    Raises:
        ValueError: a measured number that is not finite; nothing is written.
    """
    numbers = {
        key: [rounded(f"study {study.name}", key, one[key]) for one in measured]
        for key in measured[0]
    }
    described = {
        "question": study.question,
        "command": command(study, seeds),
        "minillm": minillm.__version__,
        "numpy": np.__version__,
        "processor": processor()["name"],
        "kernels": kernels_in_force(),  # they add up in another order than the rules
        "settings": asdict(study.settings),
        "seeds": [int(seed) for seed in seeds],
    }
    described |= others or {}
    lines = {key: json.dumps(value) for key, value in described.items()}
    results = as_lines({key: json.dumps(n) for key, n in numbers.items()}, indent=" ")
    text = as_lines({**lines, "results": results}) + "\n"
    path = folder / f"{study.name}.json"
    write_atomically(path, text.encode())
    return path


def command(study: Study, seeds: Sequence[int], options: Sequence[str] = ()) -> str:
    """The command that measures the same numbers; other seeds or options need another folder."""
    same = list(seeds) == list(study.seeds)
    words = [*([] if same else ["--seeds", *map(str, seeds)]), *options]
    return shlex.join(
        ["python", "-m", "minillm", "labs", "run", study.name]
        + ([*words, "--out", "DIR"] if words else [])
    )


def as_lines(entries: Mapping[str, str], indent: str = "") -> str:
    """A JSON object with an entry a line; its values are JSON already."""
    lines = (f"{indent} {json.dumps(key)}: {value}" for key, value in entries.items())
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}"


def rounded(where: str, key: str, values: Any) -> Any:
    """Numbers as nested lists, with six significant digits.

    Raises:
        TypeError: something other than numbers.
        ValueError: one of them is not finite.
    """
    array = np.asarray(values)
    if array.dtype.kind not in "iubf":
        raise TypeError(f"{where}: {key} must hold numbers, got {values!r:.60}")
    if not np.isfinite(array).all():
        raise ValueError(f"{where}: {key} holds a number that is not finite: {values}")
    if array.dtype.kind in "iub":
        return array.tolist()
    flat = [float(f"{x:.{DIGITS}g}") for x in array.ravel()]
    return np.array(flat).reshape(array.shape).tolist()


def read_study(name: str, folder: Path = STORED) -> dict[str, np.ndarray]:
    """The measured numbers of a study, each with the seeds along its first axis.

    Raises:
        FileNotFoundError: it was not run; the message has the command that runs it.
    """
    return {key: np.array(values) for key, values in read_file(name, folder)["results"].items()}


def read_settings(name: str, folder: Path = STORED) -> dict[str, Any]:
    """The settings that shaped the numbers of a study, as its file has them.

    Raises:
        FileNotFoundError: as ``read_study``.
    """
    settings: dict[str, Any] = read_file(name, folder)["settings"]
    return settings


def read_file(name: str, folder: Path) -> dict[str, Any]:
    """Everything that the file of a study holds.

    Raises:
        FileNotFoundError: as ``read_study``.
        ValueError: the file is damaged.
    """
    path = folder / f"{name}.json"
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: python -m minillm labs run {name}")
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is damaged: {error}") from None
    return found
