"""A notebook as it was handed in: its cells without outputs, its lesson, its exercises."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from minillm.course.execute import FIRST, PATIENCE
from minillm.course.exercises import UnknownExercise, lesson_checks, lessons_with_exercises
from minillm.course.judge.words import Both

BUDGET, LONGEST = 30, 60  # seconds: of a notebook that names none, and the most it may name
NUMBER = re.compile(r"\w+\.\d+")
LESSON = re.compile(r"(?<!\d)\d\d[a-z]?(?!\d)|(?<![a-z\d])[a-z]\d(?!\d)")
CALL = re.compile(r"""\bcheck\(\s*["'](\w+\.\d+)["']""")


class Unreadable(ValueError):
    """What is wrong with a file, in both languages."""

    def __init__(self, english: str, chinese: str) -> None:
        super().__init__(str(Both(english, chinese)))
        self.said = Both(english, chinese)


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
    def nothing(self) -> Both:
        """Why there is nothing to mark."""
        english, chinese = "no exercise in this notebook", "笔记本里没有练习"
        if not self.lesson:
            return Both(english, chinese)
        return Both(
            f"{english}, and lesson {self.lesson} is unknown",
            f"{chinese}，也没有第 {self.lesson} 课",
        )


def contents(path: Path) -> bytes:
    """What a file holds.

    Raises:
        Unreadable: it is a folder, endless, or may not be read.
    """
    if path.is_dir():
        raise Unreadable("it is a folder", "这是文件夹")
    if not path.is_file():
        raise Unreadable("it is not a file", "这不是文件")
    try:
        return path.read_bytes()
    except OSError as error:
        raise Unreadable(f"it cannot be read: {error.strerror}", "无法读取") from error


def as_json(data: bytes) -> Any:
    """What the text of a notebook holds.

    Raises:
        Unreadable: it is no such text.
    """
    if not data.strip():
        raise Unreadable("the file is empty", "文件是空的")
    if data.lstrip().startswith(b"<"):
        raise Unreadable("it is a web page, not the notebook itself", "这是网页，不是笔记本文件")
    try:
        return json.loads(data.decode("utf-8-sig"))  # some editors write a mark first
    except json.JSONDecodeError as error:
        line = error.lineno
        if error.msg.startswith("Unterminated string") or error.pos >= len(error.doc.rstrip()):
            raise Unreadable(
                f"the file breaks off in line {line}: is it a part of the notebook?",
                f"文件在第 {line} 行中断，不完整",
            ) from error
        raise Unreadable(
            f"it is no JSON from line {line} on", f"从第 {line} 行起不是 JSON"
        ) from error
    except UnicodeDecodeError as error:
        raise Unreadable("it is no text in UTF-8", "不是 UTF-8 文本") from error


def read_notebook(data: bytes) -> HandedIn:
    """The notebook that a file held, without outputs, a first cell added.

    Raises:
        Unreadable: it is empty, broken off, of an old format, or a cell has no text; many other
            errors where it is not a notebook at all.
    """
    import nbformat

    written = as_json(data)
    require_format_4(written)
    if written.get("nbformat_minor", 0) >= 5:
        for number, cell in enumerate(written["cells"]):
            cell.setdefault("id", f"cell-{number}")  # some editors write none
    notebook = nbformat.reads(json.dumps(written), as_version=4)
    for cell in notebook.cells:
        if not isinstance(cell.source, str):
            raise Unreadable("a cell has no text", "有的单元格没有文本")
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.update(execution_count=None, outputs=[])
    notebook.cells.insert(0, nbformat.v4.new_code_cell(FIRST))  # so that others count from 1
    about = notebook.metadata.get("minillm", {})
    budget = about.get("budget_s") if isinstance(about, dict) else None
    named = about.get("lesson") if isinstance(about, dict) else None
    if type(budget) is not int or not 0 < budget <= LONGEST:
        budget = BUDGET
    return HandedIn(notebook, *exercises(notebook, named), budget)


def require_format_4(written: Any) -> None:
    """Refuse what is not a notebook as Jupyter writes it since 2015.

    Raises:
        Unreadable: it is of an older format, or not a notebook.
    """
    form = written.get("nbformat") if isinstance(written, dict) else None
    if isinstance(form, int) and form < 4:
        raise Unreadable(
            f"format {form} is too old: open it in Jupyter and save it again",
            f"格式 {form} 太旧，请在 Jupyter 中打开，再保存一次",
        )
    if form != 4 or not isinstance(written.get("cells"), list):
        raise Unreadable("there are no cells", "里面没有单元格")


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


def lesson_named(file: str) -> str:
    """The lesson that the name of a file tells ("05_self_attention.ipynb"), or nothing."""
    stem, known = PurePath(file).stem.lower(), lessons_with_exercises()
    named = [(n, n[:2]) for n in LESSON.findall(stem)]  # "11b", and of "05copy" the number
    found = [n for pair in named for n in [n for n in pair if n in known][:1]]
    told = stem.startswith(tuple(found)) or len(set(found)) == 1  # of several numbers the first
    return found[0] if found and told else ""


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
