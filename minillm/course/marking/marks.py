"""From a notebook that was run to its marks: what the judge found, or why it heard nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from minillm.course.execute import first_line
from minillm.course.judge.verdicts import BEGUN, OPEN, WRONG, Verdict
from minillm.course.marking.notebook import HandedIn, checks_in

OTHERS = re.compile(rf"\w+\.\d+  {WRONG}  ")  # what a check before it raised


@dataclass(frozen=True)
class Mark:
    """One row: an exercise of one file, or (``exercise`` empty) what is to be said of the file."""

    file: str
    exercise: str
    result: str
    message: str = ""
    seconds: float | None = None  # that the check took
    lesson: str = ""


def marks_of(
    file: str,
    handed_in: HandedIn,
    limit: int,
    end: tuple[int, str],
    verdicts: dict[str, Verdict],
) -> list[Mark]:
    """What the judge found of a notebook, an exercise a row; before them the first fault."""
    last, fault = end
    rows: list[Mark] = []
    places: dict[str, int] = {}
    errors: dict[int, str] = {last: fault} if fault else {}
    for index, cell in enumerate(handed_in.notebook.cells):
        if cell.cell_type != "code":
            continue
        raised = [told(output, limit) for output in cell.outputs if output.output_type == "error"]
        checked = checks_in(cell.source)
        places |= dict.fromkeys(checked, index)
        if raised:
            errors.setdefault(index, raised[0])
        if index in errors and not checked and not rows and not meant_to_raise(cell):
            result = WRONG if index else OPEN  # the first cell is ours
            said = f"cell {index}: {errors[index]}"
            rows.append(Mark(file, "", result, said, None, handed_in.lesson))
    for number in sorted({*handed_in.numbers, *places, *verdicts}):
        found = verdicts.get(number)
        result, message = verdict(found, places.get(number), errors, end)
        seconds = found.seconds if found else None
        rows.append(Mark(file, number, result, message, seconds, handed_in.lesson))
    return rows


def verdict(
    found: Verdict | None, place: int | None, errors: dict[int, str], end: tuple[int, str]
) -> tuple[str, str]:
    """Result and message of one exercise: what the judge found, or why it heard nothing.

    ``place`` is the cell of its check, ``errors`` what each cell raised, ``end`` the cell behind
    which none ran, and why.
    """
    last, fault = end
    if found is not None and found.result == BEGUN:
        return WRONG, errors.get(last if place is None else place, fault) or "it did not end"
    if found is not None:
        return found.result, found.message
    if place is None:
        return OPEN, "its check is not in this notebook"
    if place > last:
        return OPEN, f"not reached: cell {last} {fault}"
    if place in errors and not OTHERS.match(errors[place]):
        return WRONG, errors[place]
    return OPEN, "its check was not reached" if place in errors else "its check did not run"


def told(output: Any, limit: int) -> str:
    """An error of a cell in one line."""
    message = first_line(output.evalue)
    if output.ename == "KeyboardInterrupt":
        return f"stopped after {limit} s"
    return message if output.ename == "WrongAnswer" else f"{output.ename}: {message}"


def meant_to_raise(cell: Any) -> bool:
    """Whether a lesson says that this cell fails."""
    return "raises-exception" in cell.metadata.get("tags", [])
