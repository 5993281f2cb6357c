"""From a notebook that was run to its marks: what the judge found, or why it heard nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from minillm.course.judge.verdicts import BEGUN, OPEN, WRONG, Verdict
from minillm.course.judge.words import Both, undefined
from minillm.course.marking.faults import Fault, fault_of, of_cell
from minillm.course.marking.notebook import HandedIn, checks_in

NOTE = "!"  # the result of a row that is about a file and not about an exercise


@dataclass(frozen=True)
class Mark:
    """One row: an exercise of one file, or (``exercise`` empty) what is to be said of the file."""

    file: str
    exercise: str
    result: str
    message: str = ""
    seconds: float | None = None  # that the check took
    lesson: str = ""


def note(file: str, said: Both, lesson: str) -> Mark:
    """A row about a file."""
    return Mark(file, "", NOTE, str(said), None, lesson)


@dataclass(frozen=True)
class Run:
    """How the cells of a notebook ran: the last one, why none ran behind it, and their faults."""

    cells: list[Any]
    last: int
    faults: dict[int, Fault]

    def said_of(self, index: int) -> Both:
        """What the cell at ``index`` did, where it had a fault."""
        return of_cell(self.cells, index, self.faults[index].said)

    def failed_to_define(self, name: str) -> int | None:
        """The last cell with a fault that would have defined a name, if there is one."""
        defines = re.compile(rf"\bdef\s+{re.escape(name)}\b|\b{re.escape(name)}\s*=[^=]")
        found = [at for at in self.faults if defines.search(self.cells[at].source)]
        return max(found, default=None)


def run_of(cells: list[Any], limit: int, end: tuple[int, Both | None]) -> Run:
    """What the outputs of the cells tell; of each its first fault."""
    last, why = end
    faults = {last: Fault(why)} if why else {}
    for index, cell in enumerate(cells):
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                faults.setdefault(index, fault_of(output, limit))
    return Run(cells, last, faults)


def marks_of(
    file: str,
    handed_in: HandedIn,
    limit: int,
    end: tuple[int, Both | None],
    verdicts: dict[str, Verdict],
) -> list[Mark]:
    """What the judge found of a notebook, an exercise a row; before them the first fault."""
    run = run_of(handed_in.notebook.cells, limit, end)
    rows: list[Mark] = []
    places: dict[str, int] = {}
    for index, cell in enumerate(run.cells):
        if cell.cell_type != "code":
            continue
        checked = checks_in(cell.source)
        places |= dict.fromkeys(checked, index)
        if index in run.faults and not checked and not rows and not meant_to_raise(cell):
            rows.append(note(file, run.said_of(index), handed_in.lesson))
    for number in sorted({*handed_in.numbers, *places, *verdicts}):
        found = verdicts.get(number)
        result, message = verdict(found, places.get(number), run)
        seconds = found.seconds if found else None
        rows.append(Mark(file, number, result, message, seconds, handed_in.lesson))
    return rows


def verdict(found: Verdict | None, place: int | None, run: Run) -> tuple[str, str]:
    """Result and message of one exercise: what the judge found, or why it heard nothing.

    ``place`` is the cell of its last check.
    """
    if found is not None and found.result != BEGUN:
        return found.result, found.message
    if found is not None:
        at = place if place in run.faults else run.last
        said = run.said_of(at) if at in run.faults else Both("it did not end", "没有运行完")
        return WRONG, str(said)
    if place is None:
        return OPEN, str(Both("its check is not in this notebook", "笔记本里没有它的 check"))
    if place > run.last:
        english, chinese = run.said_of(run.last)
        return OPEN, str(Both(f"not reached: {english}", f"没有运行到：{chinese}"))
    fault = run.faults.get(place)
    if fault is None:
        return OPEN, str(Both("its check did not run", "它的 check 没有运行"))
    if fault.undefined:
        origin = run.failed_to_define(fault.undefined)
        if origin is None:
            return OPEN, str(undefined(fault.undefined))
        return WRONG, str(run.said_of(origin))
    if fault.of_a_check:
        return OPEN, str(Both("its check was not reached", "没有运行到它的 check"))
    return WRONG, str(run.said_of(place))


def meant_to_raise(cell: Any) -> bool:
    """Whether a lesson says that this cell fails."""
    return "raises-exception" in cell.metadata.get("tags", [])
