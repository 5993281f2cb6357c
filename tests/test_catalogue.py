"""Every item of the catalogue of faults is tested, or says why it is not."""

import ast
import functools
from pathlib import Path

import numpy as np
import pytest

from tests.catalogue import CATALOGUE, Item, item
from tests.ops.samples import OPS

ROOT = Path(__file__).parents[1]


@functools.cache
def collected(file: str) -> set[str]:
    """Functions and variables at the top of a file that pytest would collect."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assigned = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return {n for n in functions if n.startswith("test_")} | {
        n for n in assigned if n.startswith("Test")
    }


def missing(reference: str) -> str:
    """What a reference leads to that does not exist; an empty text if all is well."""
    place, _, name = reference.partition(": ")
    if place.startswith("refused by "):
        op = place.removeprefix("refused by ")
        if op not in OPS:
            return f"no op {op}"
        return "" if any(name in call.message for call in OPS[op].refused) else f"{op}: {name}"
    if not (ROOT / place).is_file():
        return f"no file {place}"
    return "" if name in collected(place) else f"{place}: {name}"


def complaints(catalogue: dict[int, Item]) -> list[str]:
    """References that lead nowhere, and items with neither a test nor a reason."""
    found = [
        f"{number}: {missing(reference)}"
        for number, one in catalogue.items()
        for reference in one.tests
        if missing(reference)
    ]
    bare = [number for number, one in catalogue.items() if not (one.tests or one.open)]
    return found + [f"{number}: neither a test nor a reason" for number in bare]


def test_all_items_are_there():
    assert list(CATALOGUE) == list(range(1, 93))
    assert all(one.expected for one in CATALOGUE.values())


def test_every_item_is_tested_or_says_why_not():
    assert complaints(CATALOGUE) == []


def test_planted_references_to_nothing_are_caught():
    planted = {
        1: item("a", "tests/test_catalogue.py: test_of_nothing"),
        2: item("b", "tests/nowhere.py: test_all_items_are_there"),
        3: item("c", "refused by embedding: no such words"),
        4: item("d", "refused by nobody: id 7"),
        5: item("e"),
        6: item("f", "tests/test_catalogue.py: missing"),
        7: item("g", "tests/test_catalogue.py: test_all_items_are_there"),
        8: item("h", open="not built yet"),
        9: item("i", "refused by embedding: id 7 at position"),
    }
    assert [complaint[:1] for complaint in complaints(planted)] == ["1", "2", "3", "4", "6", "5"]


def test_warnings_are_errors():
    with pytest.raises(RuntimeWarning, match="divide by zero"):
        np.ones(1) / np.zeros(1)
