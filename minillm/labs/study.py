"""An experiment over several seeds, and the file that keeps its numbers.

``python -m minillm.labs run NAME`` measures and writes ``figures/studies/NAME.json``; a lesson
measures one seed live and draws the others from that file.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import minillm
from minillm.backend import write_atomically

STORED = Path(minillm.__file__).parents[1] / "figures" / "studies"
DIGITS = 6  # of a stored number: rounding differs between machines further behind
# name -> the module whose STUDY it is, imported when it is asked for
STUDIES: dict[str, str] = {
    "gap": "minillm.labs.regularization.gap",
    "shrinkage": "minillm.labs.regularization.shrinkage",
    "spurious": "minillm.labs.regularization.spurious",
    "positions": "minillm.labs.transformer.positions",
    "recall": "minillm.labs.transformer.recall",
    "depth": "minillm.labs.transformer.depth",
    "augmentation": "minillm.labs.data.augmentation",
    "augmentation_again": "minillm.labs.data.confirmation",
    "cleaning": "minillm.labs.data.cleaning",
    "diversification": "minillm.labs.data.diversification",
}


@dataclass(frozen=True)
class Study:
    """A question, the settings, and how to measure the numbers of one seed.

    ``measure(seed)`` gives named numbers, or arrays that have the same shape for every seed; it
    draws everything random from ``seed``.  On another processor the last bits of a training in
    float32 differ, and by its end more than those: ``tolerance`` says how much of a number may.
    """

    name: str
    question: str
    settings: Mapping[str, Any]
    measure: Callable[[int], Mapping[str, Any]]
    seeds: Sequence[int]
    tolerance: float = 0.02


def find_study(name: str) -> Study:
    """The study of that name.

    Raises:
        ValueError: there is none; the message lists those there are.
    """
    if name not in STUDIES:
        raise ValueError(f"no study {name!r}; there are {', '.join(sorted(STUDIES))}")
    found: Study = importlib.import_module(STUDIES[name]).STUDY
    return found


def run_study(study: Study, seeds: Sequence[int], folder: Path = STORED) -> Path:
    """Measure every seed under a progress bar and write the file; its path.

    The file is written whole, at the end.

    Raises:
        ValueError: no seeds, or a measured number that is not finite.
    """
    from tqdm import tqdm

    if len(seeds) == 0:
        raise ValueError(f"study {study.name} needs at least one seed")
    measured = [study.measure(seed) for seed in tqdm(seeds, desc=study.name, unit="seed")]
    numbers = {
        key: [rounded(f"study {study.name}", key, one[key]) for one in measured]
        for key in measured[0]
    }
    described = {
        "question": study.question,
        "command": f"python -m minillm.labs run {study.name}",
        "minillm": minillm.__version__,
        "numpy": np.__version__,
        "settings": dict(study.settings),
        "seeds": [int(seed) for seed in seeds],
    }
    lines = {key: json.dumps(value) for key, value in described.items()}
    results = as_lines({key: json.dumps(n) for key, n in numbers.items()}, indent=" ")
    text = as_lines({**lines, "results": results}) + "\n"
    path = folder / f"{study.name}.json"
    write_atomically(path, text.encode())
    return path


def as_lines(entries: Mapping[str, str], indent: str = "") -> str:
    """A JSON object with an entry a line; its values are JSON already."""
    lines = (f"{indent} {json.dumps(key)}: {value}" for key, value in entries.items())
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}"


def rounded(where: str, key: str, values: Any) -> Any:
    """Numbers as nested lists, with six significant digits.

    Raises:
        TypeError: they are no numbers.
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
    path = folder / f"{name}.json"
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: python -m minillm.labs run {name}")
    results = json.loads(path.read_text(encoding="utf-8"))["results"]
    return {key: np.array(values) for key, values in results.items()}


# Student's t, two-sided 95 %, for 1 to 9 degrees of freedom
T_95 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)


def mean_and_interval(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean over the first axis, and half the width of its 95 % confidence interval.

        mean(x)  and  t_{n-1} s / sqrt(n),    s² = sum (x - mean(x))² / (n - 1)

    Shapes: ``values (N, ...) -> (...), (...)`` with 2 to 10 seeds N.

    Raises:
        ValueError: fewer than 2 seeds, which have no spread, or more than the table covers.
    Source: Student 1908, "The Probable Error of a Mean".
    """
    n = len(values)
    if not 2 <= n <= len(T_95) + 1:
        raise ValueError(f"an interval needs 2 to {len(T_95) + 1} seeds, got {n}")
    half = T_95[n - 2] * np.std(values, axis=0, ddof=1) / n**0.5
    return np.mean(values, axis=0), half
