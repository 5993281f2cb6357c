"""Which tests stand for which row of a table: read from the markers above the tests.

``@pytest.mark.guide("G25")`` names a feature of the guide, ``errata("A59")`` a statement of it,
``fault(16)`` an item of the catalogue of faults.  Nothing is run or imported: the source is parsed.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from minillm.course.places import PROJECT

KINDS = ("guide", "errata", "fault")
NOT_ALWAYS = {"slow", "gpu", "skip", "skipif", "xfail"}  # a test with one of them proves nothing
MARKER = re.compile(r"(?:\w+\.)?mark\.(\w+)")
Applied = list[tuple[str, ast.expr]]  # name of a marker, and where it is applied


@dataclass(frozen=True)
class Mark:
    """A test says that it stands for a row; ``always`` where the default run runs and judges it."""

    kind: str
    value: Any
    test: str  # "tests/ops/test_losses.py: test_..."
    always: bool


def marked(kind: str, project: Path = PROJECT) -> dict[Any, list[str]]:
    """Each value of a marker with the tests that bear it, in the order of files and lines."""
    found: dict[Any, list[str]] = {}
    for mark in marks(project):
        if mark.kind == kind and mark.test not in found.setdefault(mark.value, []):
            found[mark.value].append(mark.test)
    return found


def marks(project: Path = PROJECT) -> Iterator[Mark]:
    """All markers of the tests of a project.

    Raises:
        ValueError: a marker's value is not written out as a text or a whole number.
    """
    for path in sorted((project / "tests").rglob("test_*.py")):
        source = path.read_text(encoding="utf-8")
        if any(f"mark.{kind}" in source for kind in KINDS):
            yield from marks_in(source, path.relative_to(project).as_posix())


def marks_in(source: str, file: str) -> list[Mark]:
    """The markers of one file, which is called ``file`` in references and errors."""
    body = ast.parse(source).body
    named = assigned(body)
    found: dict[Mark, None] = {}  # each once, in order
    for name, applied in tests_in(body, [], named):
        always = NOT_ALWAYS.isdisjoint(marker for marker, _ in applied)
        for kind, expression in applied:
            if kind in KINDS:
                for value in values(expression, file):
                    found[Mark(kind, value, f"{file}: {name}", always)] = None
    return list(found)


def tests_in(
    body: list[ast.stmt], above: Applied, named: dict[str, ast.expr]
) -> Iterator[tuple[str, Applied]]:
    """Name and markers of each test; of one with marked parameters once more for each of these."""
    own = assigned(body)
    above = above + (applied_by(own["pytestmark"], named) if "pytestmark" in own else [])
    for node in body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
            here = list(chain(above, *(applied_by(d, named) for d in node.decorator_list)))
            yield node.name, here
            for decorator in node.decorator_list:
                yield from ((node.name, here + more) for more in of_parameters(decorator, named))
        elif isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            here = list(chain(above, *(applied_by(d, named) for d in node.decorator_list)))
            yield from tests_in(node.body, here, named)
    yield from ((name, above) for name in own if name.startswith("Test"))  # Test... = X.TestCase


def assigned(body: list[ast.stmt]) -> dict[str, ast.expr]:
    """What simple assignments of a module or a class give to names."""
    return {
        target.id: node.value
        for node in body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def applied_by(node: ast.expr, named: dict[str, ast.expr]) -> Applied:
    """The markers that a decorator, or one expression or a list after ``pytestmark``, applies."""
    if isinstance(node, ast.Name) and node.id in named:
        return applied_by(named[node.id], {})
    if isinstance(node, ast.List | ast.Tuple):
        return list(chain(*(applied_by(item, named) for item in node.elts)))
    marker = MARKER.fullmatch(ast.unparse(node.func if isinstance(node, ast.Call) else node))
    return [(marker[1], node)] if marker else []


def of_parameters(decorator: ast.expr, named: dict[str, ast.expr]) -> Iterator[Applied]:
    """The markers of each ``pytest.param(..., marks=...)`` in a ``parametrize``."""
    applied = applied_by(decorator, named)
    for _, parametrize in (one for one in applied if one[0] == "parametrize"):
        for node in ast.walk(parametrize):
            given = named.get(node.id, node) if isinstance(node, ast.Name) else node
            for call in (one for one in ast.walk(given) if isinstance(one, ast.Call)):
                for keyword in (one for one in call.keywords if one.arg == "marks"):
                    yield applied_by(keyword.value, named)


def values(marker: ast.expr, file: str) -> list[Any]:
    """What stands in the brackets of a marker.

    Raises:
        ValueError: nothing, or something other than texts and whole numbers.
    """
    given = marker.args if isinstance(marker, ast.Call) and not marker.keywords else []
    found = [node.value for node in given if isinstance(node, ast.Constant)]
    if not found or len(found) != len(given) or not {type(v) for v in found} <= {str, int}:
        raise ValueError(
            f"{file}, line {marker.lineno}: a marker needs values that are written out, "
            f"such as 'G25' or 16, got {ast.unparse(marker)}"
        )
    return found
