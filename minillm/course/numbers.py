"""Numbers in the prose of a lesson, filled in from results that are stored or asserted.

A cell tagged ``numbers``, which no notebook has, gives names to numbers of studies and figures, and
the prose says ``{post.loss:.2f}``.  ``{here.NAME}`` is what a cell of the lesson asserts by
``stated("NAME", ...)``.  Digits that stay typed are listed in that cell's ``LITERALS`` by reason.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable
from typing import Any

import numpy as np

from minillm.backend.clone import home
from minillm.labs.stored import read_study

__all__ = ["LANGUAGE", "figure", "filled", "named", "stated", "stated_numbers", "study"]

LANGUAGE = "en"  # of the edition that is being built
PLACE = re.compile(r"\{([A-Za-z_]\w*)((?:\.[\w-]+)*)(?::([^\s{}]+))?\}")
study = read_study


def figure(name: str) -> Any:
    """The numbers that a committed figure shows, by the names in ``figures/NAME.json``."""
    return json.loads((home() / "figures" / f"{name}.json").read_text(encoding="utf-8"))


def stated(name: str, found: Any, number: Any, off: float, guards: str) -> Any:
    """Assert that what was found is the number that the prose states as ``{here.NAME}``.

    ``off`` is how far off it may be; ``guards`` says in words what the number is.  Returns what was
    found.

    Raises:
        AssertionError: it is further off.
    """
    gap = np.abs(np.asarray(found, dtype=float) - np.asarray(number, dtype=float)).max()
    if not gap <= off:
        raise AssertionError(f"{guards}: stated {number}, found {found} ({name}, {gap:.3g} off)")
    return found


def stated_numbers(cells: Iterable[str]) -> dict[str, Any]:
    """Name and number, as it is typed, of every ``stated`` in the code cells of a lesson.

    Raises:
        ValueError: a name is stated twice.
    """
    found: dict[str, Any] = {}
    for cell in cells:
        for node in ast.walk(ast.parse(cell)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "stated":
                name = ast.literal_eval(node.args[0])
                if name in found:
                    raise ValueError(f"{name!r} is stated twice")
                found[name] = typed(node.args[2], cell)
    return found


class Typed(float):
    """A number that is written the way it was typed, unless a format says otherwise."""

    text: str

    def __format__(self, form: str) -> str:
        return format(float(self), form) if form else self.text


def typed(node: ast.expr, cell: str) -> Any:
    """The number, or the list of numbers, that an expression of a lesson types."""
    if isinstance(node, ast.List | ast.Tuple):
        return [typed(one, cell) for one in node.elts]
    number = Typed(ast.literal_eval(node))
    number.text = ast.get_source_segment(cell, node) or repr(float(number))
    return number


def named(cell: str, stated: dict[str, Any], language: str) -> dict[str, Any]:
    """The names that the cell tagged ``numbers`` gives, and ``here``, for one language."""
    global LANGUAGE
    before, names = LANGUAGE, {}  # type: ignore[var-annotated]
    LANGUAGE = language
    try:
        exec(compile(cell, "<the numbers of a lesson>", "exec"), names)
    finally:
        LANGUAGE = before
    return {**names, "here": stated}


def filled(text: str, names: dict[str, Any], where: str) -> str:
    """``text`` with a number in every place that names one; other braces stay as they are.

    Raises:
        ValueError: a place with a path or a format names nothing, or the format does not fit.
    """

    def fill(place: re.Match[str]) -> str:
        name, path, form = place.groups()
        if name not in names and not (path or form):
            return place[0]  # braces of a formula
        try:
            value = names[name]
            for step in filter(None, path.split(".")):
                value = walked(value, step)
            return format(value.item() if hasattr(value, "item") else value, form or "")
        except (KeyError, IndexError, AttributeError, TypeError, ValueError) as error:
            raise ValueError(f"{where}: {place[0]} cannot be filled in: {error!r}") from error

    return PLACE.sub(fill, text)


def walked(value: Any, step: str) -> Any:
    """One step into a dict, a sequence, an array or an object."""
    if isinstance(value, dict):
        return value[step]
    return value[int(step)] if step.isdigit() else getattr(value, step)
