"""From a notebook that was run to its marks: what its checks told, and why others told nothing."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import Any

from minillm.course.execute import first_line
from minillm.course.verdicts import BEGUN, OPEN, WRONG, Verdict

NUMBER = re.compile(r"\w+\.\d+")
CALL = re.compile(r"""\bcheck\(\s*["'](\w+\.\d+)["']""")
OTHERS = re.compile(rf"\w+\.\d+  {WRONG}  ")  # what a check before it raised


@dataclass(frozen=True)
class Mark:
    """One row: an exercise of one file, or (``exercise`` empty) what is to be said of the file."""

    file: str
    exercise: str
    result: str
    message: str = ""
    seconds: float | None = None  # that the cell with the check took


def marks_of(
    file: str,
    notebook: Any,
    numbers: list[str],
    limit: int,
    end: tuple[int, str],
    verdicts: dict[str, Verdict],
) -> list[Mark]:
    """What the checks of a notebook found, an exercise a row; before them the first fault."""
    last, fault = end
    rows: list[Mark] = []
    places: dict[str, int] = {}
    errors: dict[int, str] = {last: fault} if fault else {}
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        raised = [told(output, limit) for output in cell.outputs if output.output_type == "error"]
        checked = checks_in(cell.source)
        places |= dict.fromkeys(checked, index)
        if raised:
            errors.setdefault(index, raised[0])
        if index in errors and not checked and not rows and not meant_to_raise(cell):
            rows.append(Mark(file, "", WRONG, f"cell {index}: {errors[index]}"))
    for number in sorted({*numbers, *places, *verdicts}):
        place = places.get(number)
        result, message = verdict(verdicts.get(number), place, errors, end)
        found = verdicts.get(number)
        rows.append(Mark(file, number, result, message, found.seconds if found else None))
    return rows or [Mark(file, "", OPEN, "no exercise in this notebook")]


def checks_in(source: str) -> list[str]:
    """Numbers of the exercises that a cell checks, wherever the call stands in it."""
    try:
        nodes = list(ast.walk(ast.parse(plain_python(source))))
    except SyntaxError:
        return CALL.findall(source)
    calls = [node for node in nodes if isinstance(node, ast.Call) and node.args]
    numbers = [call.args[0] for call in calls if ast.unparse(call.func).split(".")[-1] == "check"]
    texts = [n.value for n in numbers if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    return [text for text in texts if NUMBER.fullmatch(text)]


def plain_python(source: str) -> str:
    """A cell without the lines that only a notebook understands (``%timeit``, ``!ls``)."""
    lines = source.splitlines()
    return "\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in lines)


def verdict(
    found: Verdict | None, place: int | None, errors: dict[int, str], end: tuple[int, str]
) -> tuple[str, str]:
    """Result and message of one exercise: what its check told, or why it told nothing.

    ``place`` is the cell of its check, ``errors`` what each cell raised, ``end`` the cell behind
    which none ran, and why.
    """
    last, fault = end
    if found is not None and found.result == BEGUN:
        return WRONG, fault
    if found is not None:
        if found.message == "KeyboardInterrupt" and place in errors:
            return WRONG, errors[place]
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
