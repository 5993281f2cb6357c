"""The code that belongs to a section of the guide: it says so in its docstring.

``Guide: 3.1, 4.1.2 (G15, G16).`` on a line of its own, the last one, names sections of the guide
and rows of its map.  Nothing is imported: the source is parsed.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from minillm.course.places import PROJECT

NUMBERS, ROWS = r"\d+(?:\.\d+)*", r"G\d+"
LINE = re.compile(rf"Guide: ({NUMBERS}(?:, {NUMBERS})*) \(({ROWS}(?:, {ROWS})*)\)\.")
FLOORS = (  # in the order in which one reads them
    *("backend", "autograd", "ops", "nn", "optim", "text", "models", "training", "tasks"),
    *("serving", "labs", "course", "commands"),
)
BEGINNING = re.compile(r"^ *Guide: ", re.MULTILINE)


@dataclass(frozen=True)
class Code:
    """A function or class, and where it belongs."""

    file: str  # "minillm/ops/attention.py"
    line: int
    name: str
    sections: tuple[str, ...]
    features: tuple[str, ...]


def code_of_the_guide(project: Path = PROJECT) -> list[Code]:
    """All of it: what is imported first comes first, then in the order of files and lines."""
    found = []
    for file, source in sources(project):
        if BEGINNING.search(source):
            found += code_in(source, file)
    return found


def sources(project: Path = PROJECT) -> Iterator[tuple[str, str]]:
    """Name and text of every module in a package of ours, floor by floor."""
    for floor in FLOORS:
        for path in sorted((project / "minillm" / floor).rglob("*.py")):
            yield path.relative_to(project).as_posix(), path.read_text(encoding="utf-8")


def code_in(source: str, file: str) -> list[Code]:
    """What a file defines at its top level and gives a ``Guide:`` line.

    Raises:
        ValueError: such a line is not written as it must be, or stands where it is not read.
    """
    found = []
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            last = (ast.get_docstring(node) or "").split("\n")[-1]
            if match := LINE.fullmatch(last):
                sections, features = (tuple(part.split(", ")) for part in match.groups())
                found.append(Code(file, node.lineno, node.name, sections, features))
    there = [source.count("\n", 0, match.end()) + 1 for match in BEGINNING.finditer(source)]
    if len(there) != len(found):
        raise ValueError(
            f"{file}: of the lines {there} that begin with 'Guide:' {len(found)} are the last of "
            "the docstring of a function or class of the module, as 'Guide: 3.1, 4.1.2 (G15).'"
        )
    return found
