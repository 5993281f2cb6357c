"""What goes wrong in a cell: what it raised, or why it was the last that ran."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from minillm.course.execute import first_line
from minillm.course.judge.verdicts import WRONG
from minillm.course.judge.words import Both

QUOTED = 60  # characters of a cell's first line
OTHERS = re.compile(rf"\w+\.\d+  {WRONG}  ")  # what a check before it raised
UNDEFINED = re.compile(r"name '(.+)' is not defined")


@dataclass(frozen=True)
class Fault:
    """What a cell did, said of it: "code cell 3" stands before."""

    said: Both
    undefined: str = ""  # a name that there is not
    of_a_check: bool = False  # it says what is wrong with an answer


def fault_of(output: Any, limit: int) -> Fault:
    """The fault of a cell, by the error that it put out."""
    message = first_line(output.evalue)
    english, _, chinese = message.partition("  ·  ")
    if output.ename == "KeyboardInterrupt":
        return Fault(Both(f"was stopped after {limit} s", f"运行 {limit} 秒后被中止"))
    if output.ename == "SystemExit":
        return Fault(Both("calls exit()", "调用了 exit()"))
    if output.ename == "WrongAnswer":
        return Fault(
            Both(f"says {english}", f"的提示（{chinese}）"), of_a_check=bool(OTHERS.match(message))
        )
    missing = UNDEFINED.match(message) if output.ename == "NameError" else None
    detail = f"（{chinese}）" if chinese else ""
    said = Both(f"raised {output.ename}: {english}", f"出错{detail}")
    return Fault(said, missing[1] if missing else "")


def of_cell(cells: list[Any], index: int, said: Both) -> Both:
    """A sentence that says of a cell what it did, and quotes its first line.

    It is counted as Run All counts: text is left out, and so are empty cells.  The first cell is
    ours and counts as none; what is said of it is said of the notebook.
    """
    if index == 0:
        return said
    run = [
        cell for cell in cells[1 : index + 1] if cell.cell_type == "code" and cell.source.strip()
    ]
    n, line = len(run), first_line(cells[index].source)
    quoted = line if len(line) <= QUOTED else f"{line[: QUOTED - 4]} ..."
    english = f"code cell {n} {said.english}"
    return Both(english, f"第 {n} 个代码单元格{said.chinese}：{quoted}")
