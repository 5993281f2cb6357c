"""Measure a lab, so that a run that was interrupted measures nothing twice."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from minillm.labs.compare import CONTROL, Lab, cell, named
from minillm.labs.compare_result import Result
from minillm.labs.kept import cells, keep_cell, kept, made_by
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
    chosen = lab.arms if arms is None else list(arms)
    with cells(folder, lab.name, keep=keep) as place:
        resuming = replace(lab, measure=partial(measured_or_kept, lab, place, chosen))
        found = measured_seeds(resuming, seeds, jobs)
        cost = {arm: [one.pop(f"{arm}: {SECONDS}") for one in found] for arm in chosen}
        cost = {arm: seconds for arm, seconds in cost.items() if arm in lab.remedies}
        numbers = {
            key: [rounded(f"lab {lab.name}", key, one[key]) for one in found] for key in found[0]
        }
        result = Result(lab, [*cost], numbers, cost)
        others = result.stored() | {"command": command(lab, seeds, options_of(lab, [*cost]))}
        path = write_study(lab, seeds, found, folder, others=others)
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
        maker = fingerprint(lab, arm, settings)
        one = kept(path, maker)
        if one is None:
            case = case or lab.case(settings, seed)
            one = keep_cell(path, maker, cell(lab, case, arm), f"lab {lab.name}, {arm}")
        found |= named(arm, {**one.numbers, SECONDS: one.seconds})
    return found


def fingerprint(lab: Lab, arm: str, settings: Any) -> str:
    """What a cell depends on: settings, the texts of remedy and evaluation, version, kernels."""
    name = arm.removeprefix(CONTROL)
    maker = lab.remedies[arm] if arm in lab.remedies else lab.controls[name].measure
    return made_by(arm, settings, maker, lab.evaluate)
