"""Measure a lab, so that a run that was interrupted measures nothing twice."""

from __future__ import annotations

import hashlib
import inspect
import json
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import minillm
from minillm.backend import kernels_in_force, write_atomically
from minillm.labs.compare import CONTROL, Cell, Lab, cell, named
from minillm.labs.compare_result import Result
from minillm.labs.own_remedy import OwnRemedy
from minillm.labs.running import check_run, measured_seeds
from minillm.labs.stored import STORED, command, rounded, write_study

SECONDS = "CPU seconds"


def run_lab(
    lab: Lab,
    seeds: Sequence[int],
    folder: Path = STORED,
    *,
    arms: Sequence[str] | None = None,
    jobs: int = 1,
    keep: bool = False,
) -> tuple[Path, Result]:
    """Measure the remedies with every seed and write the file; its path, and what it says.

    Each remedy and seed is kept in a file of ``NAME.cells`` beside it as soon as it is measured,
    and taken from there by the next run, if neither settings nor remedy have changed.  At the end
    these files are removed, unless they are to be kept.

    Raises:
        ValueError: as ``run_study``; fewer than two seeds, over which nothing can be compared.
        NotADirectoryError: as ``run_study``.
    """
    check_run(lab, seeds, folder, jobs)
    if len(seeds) < 2:
        raise ValueError(f"lab {lab.name} compares over at least 2 seeds, got {list(seeds)}")
    cells = folder / f"{lab.name}.cells"
    chosen = lab.arms if arms is None else list(arms)
    resuming = replace(lab, measure=partial(measured_or_kept, lab, cells, chosen))
    found = measured_seeds(resuming, seeds, jobs)
    cost = {arm: [one.pop(f"{arm}: {SECONDS}") for one in found] for arm in chosen}
    cost = {arm: seconds for arm, seconds in cost.items() if arm in lab.remedies}
    numbers = {
        key: [rounded(f"lab {lab.name}", key, one[key]) for one in found] for key in found[0]
    }
    result = Result(lab, [*cost], numbers, cost)
    others = result.stored() | {"command": command(lab, seeds, options_of(lab, [*cost]))}
    path = write_study(lab, seeds, found, folder, others=others)
    if not keep:
        shutil.rmtree(cells, ignore_errors=True)
    return path, result


def options_of(lab: Lab, remedies: Sequence[str]) -> list[str]:
    """What the command needs for these remedies, if they are not all, or one is of a file."""
    own = [one.path.name for one in lab.remedies.values() if isinstance(one, OwnRemedy)]
    listed = [n for n, one in lab.remedies.items() if not isinstance(one, OwnRemedy)][1:]
    chosen = [name for name in listed if name in remedies]
    options = [] if chosen == listed else ["--remedies", *chosen]
    return options + [word for name in own for word in ("--remedy", name)]


def measured_or_kept(
    lab: Lab, folder: Path, arms: Sequence[str], settings: Any, seed: int
) -> dict[str, Any]:
    """The numbers and the seconds of a seed; what is measured here is kept at once."""
    case = None
    found: dict[str, Any] = {}
    for arm in arms:
        path = folder / f"{re.sub(r'[^A-Za-z0-9]+', '-', arm)}.{seed}.json"
        made_by = fingerprint(lab, arm, settings)
        one = kept(path, made_by)
        if one is None:
            case = case or lab.case(settings, seed)
            one = keep_cell(path, made_by, cell(lab, case, arm))
        found |= named(arm, {**one.numbers, SECONDS: one.seconds})
    return found


def fingerprint(lab: Lab, arm: str, settings: Any) -> str:
    """What a cell depends on: settings, the texts of remedy and evaluation, version, kernels."""
    name = arm.removeprefix(CONTROL)
    maker = lab.remedies[arm] if arm in lab.remedies else lab.controls[name].measure
    texts = [source(maker), source(lab.evaluate)]
    parts = [arm, asdict(settings), texts, minillm.__version__, kernels_in_force()]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def source(function: Callable[..., Any]) -> str:
    """The text of the file of a function, or its name where there is none."""
    if hasattr(function, "text"):  # a remedy of one's own knows it
        return str(function.text)
    try:
        return Path(inspect.getsourcefile(function) or "").read_text(encoding="utf-8")
    except (OSError, TypeError):
        return repr(getattr(function, "__qualname__", type(function)))


def kept(path: Path, made_by: str) -> Cell | None:
    """What is kept in a file, if it was made by the same settings and remedy."""
    if not path.exists():
        return None
    stored: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if stored["made_by"] != made_by:
        return None
    return Cell(stored["numbers"], stored["seconds"])


def keep_cell(path: Path, made_by: str, one: Cell) -> Cell:
    """Write what was measured; the same, as it is read again."""
    numbers = {key: rounded(path.stem, key, value) for key, value in one.numbers.items()}
    seconds = round(one.seconds, 3)
    stored = {"made_by": made_by, "numbers": numbers, "seconds": seconds}
    write_atomically(path, json.dumps(stored).encode())
    return Cell(numbers, seconds)
