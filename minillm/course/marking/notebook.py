"""A notebook as it was handed in: its cells without outputs, its lesson, its exercises."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minillm.course.execute import OFFLINE, PATIENCE
from minillm.course.exercises import UnknownExercise, lesson_checks

BUDGET, LONGEST = 30, 60  # seconds: of a notebook that names none, and the most it may name
NUMBER = re.compile(r"\w+\.\d+")
CALL = re.compile(r"""\bcheck\(\s*["'](\w+\.\d+)["']""")


@dataclass
class HandedIn:
    """What is known of a notebook before it is run."""

    notebook: Any
    lesson: str  # "05", or nothing
    numbers: list[str]  # of the exercises of its lesson
    budget: int  # seconds

    @property
    def limit(self) -> int:
        """Seconds that a cell may take: three times the budget of the lesson, as in ``execute``."""
        return PATIENCE * self.budget

    @property
    def nothing(self) -> str:
        """Why there is nothing to mark."""
        named = f", and lesson {self.lesson} is unknown" if self.lesson else ""
        return f"no exercise in this notebook{named}"


def contents(path: Path) -> bytes:
    """What a file holds.

    Raises:
        ValueError: it is a folder, or endless.
        OSError: it cannot be read.
    """
    if not path.is_file():
        raise ValueError("a folder" if path.is_dir() else "not a file")
    return path.read_bytes()


def read_notebook(data: bytes) -> HandedIn:
    """The notebook that a file held, without outputs, a first cell added.

    Raises:
        ValueError: it is of an old format, or a cell has no text; many other errors where it is
            not a notebook at all.
    """
    import nbformat

    written = json.loads(data.decode("utf-8-sig"))  # some editors write a mark first
    require_format_4(written)
    if written.get("nbformat_minor", 0) >= 5:
        for number, cell in enumerate(written["cells"]):
            cell.setdefault("id", f"cell-{number}")  # some editors write none
    notebook = nbformat.reads(json.dumps(written), as_version=4)
    for cell in notebook.cells:
        if not isinstance(cell.source, str):
            raise ValueError("a cell has no text")
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.update(execution_count=None, outputs=[])
    notebook.cells.insert(0, nbformat.v4.new_code_cell(OFFLINE))  # so that others count from 1
    about = notebook.metadata.get("minillm", {})
    budget = about.get("budget_s") if isinstance(about, dict) else None
    named = about.get("lesson") if isinstance(about, dict) else None
    if type(budget) is not int or not 0 < budget <= LONGEST:
        budget = BUDGET
    return HandedIn(notebook, *exercises(notebook, named), budget)


def require_format_4(written: Any) -> None:
    """Refuse what is not a notebook as Jupyter writes it since 2015.

    Raises:
        ValueError: it is of an older format, or not a notebook.
    """
    form = written.get("nbformat") if isinstance(written, dict) else None
    if isinstance(form, int) and form < 4:
        raise ValueError(f"format {form} is too old: open it in Jupyter and save it again")
    if form != 4 or not isinstance(written.get("cells"), list):
        raise ValueError("there are no cells")


def exercises(notebook: Any, named: Any) -> tuple[str, list[str]]:
    """The lesson that a notebook names, or else that of its first check; its exercises."""
    sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    checked = [number.partition(".")[0] for source in sources for number in checks_in(source)]
    name = f"{named:02d}" if isinstance(named, int) else str(named)
    for lesson in (name, *checked[:1]):
        try:
            if re.fullmatch(r"\w+", lesson):
                return lesson, list(lesson_checks(lesson))
        except UnknownExercise:
            pass
    return "" if named is None else name[:20], []


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
