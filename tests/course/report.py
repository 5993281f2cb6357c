"""What each lesson holds and takes: ``python -m tests.course.report`` prints a table.

Cells, words and characters are those of the student's notebook; seconds are those of the teacher's,
kernel start included, on one core if nothing else runs.
"""

import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat

from minillm.course.exercises import lesson_checks
from minillm.course.notebooks import as_notebook
from tests.course.content.checks.test_answers import ANSWERS
from tests.course.test_lessons import SOURCES, budget_of, cells_of

COLUMNS = (
    *("lesson", "wall s", "CPU s", "budget s", "cells", "code lines", "words en", "characters zh"),
    *("longest cell", "asserts", "gradient checks (largest error)", "exercises"),
    *("right answers", "wrong answers"),
)


COUNT = """
import functools, importlib, pkgutil
import minillm, minillm.course.content.checks as checks
for module in pkgutil.iter_modules(checks.__path__):  # their own checks do not count
    importlib.import_module(f"{checks.__name__}.{module.name}")
_passed = []
def _counted(check):
    @functools.wraps(check)
    def run(*given, **more):
        _passed.append(check(*given, **more))
        return _passed[-1]
    return run
minillm.check_vjp, minillm.check_module = map(_counted, (minillm.check_vjp, minillm.check_module))
"""
SHOW = "print('gradient checks passed:', *(f'{error:.1e}' for error in _passed))"


def executed(source):
    """What the teacher's notebook printed, seconds on the clock, seconds of the processor.

    A cell before the others keeps the error of every gradient check that passes, one behind them
    prints it.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{source.stem}.ipynb"
        notebook = nbformat.reads(as_notebook(source, "en", "teacher"), as_version=4)
        first, last = (nbformat.v4.new_code_cell(code) for code in (COUNT, SHOW))
        notebook.cells = [first, *notebook.cells, last]
        nbformat.write(notebook, path)
        command = [sys.executable, "-m", "minillm", "course", "run", str(path)]
        start, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
        finished = subprocess.run(command, check=True, capture_output=True, encoding="utf-8")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return finished.stdout, time.monotonic() - start, seconds


def row(source):
    """One lesson's entries, in the order of ``COLUMNS``."""
    printed, wall, seconds = executed(source)
    number = source.stem.partition("_")[0]
    code = "\n".join(cells_of(source, "en", "code"))
    english, chinese = (" ".join(cells_of(source, lang, "markdown")) for lang in ("en", "zh"))
    _, _, passed = printed.rpartition("gradient checks passed:")
    errors = [float(error) for error in passed.split()]
    cells = len(cells_of(source, "en", "code")) + len(cells_of(source, "en", "markdown"))
    return [
        source.stem,
        f"{wall:.1f}",
        f"{seconds:.1f}",
        budget_of(source),
        cells,
        sum(bool(line.strip()) for line in code.splitlines()),
        len(re.findall(r"[A-Za-z][A-Za-z'-]*", re.sub(r"\$.*?\$", "", english, flags=re.DOTALL))),
        len(re.findall("[一-鿿]", chinese)),
        max(len(cell.splitlines()) for cell in cells_of(source, "en", "code", "teacher")),
        len(re.findall(r"^\s*assert |\bstated\(", code, flags=re.MULTILINE)),
        f"{len(errors)} ({max(errors, default=0):.0e})",
        len(lesson_checks(number)),
        len(ANSWERS[number].RIGHT),
        len(ANSWERS[number].WRONG),
    ]


def main():
    print(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}")
    for source in SOURCES:
        print(f"| {' | '.join(map(str, row(source)))} |", flush=True)


if __name__ == "__main__":
    main()
