"""Numbers that are typed as digits in the prose of a lesson, and those that it lists by reason.

Left out are numbers that count nothing: of sections, lessons, exercises, statements (A14), years
and list items, whatever stands in code, and in formulas single digits and subscripts.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

from minillm.course.numbers import PLACE

CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)
LINK = re.compile(r"\]\([^)]*\)")
FORMULA = re.compile(r"\$\$.*?\$\$|\$[^$]*\$", re.DOTALL)
HEADING = re.compile(r"^#+ .*$", re.MULTILINE)
LAST = re.compile(r"^## 9 .*", re.DOTALL | re.MULTILINE)  # further reading: papers and sections
MORE = r"(?:(?:,\s|,?\s(?:and|to|or)\s|[–-])\d[\d.]*)*"  # "sections 3.1, 3.3 and 4"
MORE_ZH = r"(?:\s?[、和至到，–-]\s?\d[\d.]*)*"
NAMES = re.compile(
    rf"""
    \bA\d+(?:[–-]A?\d+)? | \b(?:19|20)\d\d[ab]?\b  # statements, years
  | \b\d\d[a-z]?\.\d\b | \bc\d(?:\.\d)?\b  # exercises, case studies
  | (?:[Ss]ection|[Ll]esson|[Ee]xercise|[Cc]hapter|[Ee]quation|[Tt]able|[Ff]igure|§)s?
    \s?(?:\d\d[a-z](?:\.\d)?|\d[\d.]*){MORE}
  | 第\s?\d[\d.]*{MORE_ZH}\s?(?:课|节|章|步|题) | \d[\d.]*{MORE_ZH}\s?节 | (?:式|图|表|算法)\s?\d+
  | \d+(?:\.\d+){{2,}} | ^\s*\d+\.\s  # subsections, list items
  | \b\w*[A-Za-z]\w*\d\w*\b | \b\d+-?[A-Za-z]\w* | [A-Za-z]+-\d+(?:\.\d+)?  # GPT-2, x1, 3d
    """,
    re.VERBOSE | re.MULTILINE,
)
NUMBER = re.compile(r"\d[\d,]*\.?\d*(?:e-?\d+)?")
POWER = re.compile(r"10\^\{?(-?\d+)\}?")


def typed_numbers(text: str) -> set[str]:
    """The numbers that a cell of prose types, as they stand there."""
    text = PLACE.sub(" ", text) if "{" in text else text
    text = HEADING.sub("", LAST.sub("", CODE.sub(" ", text)))
    found: set[str] = set()
    for formula in FORMULA.findall(text):
        inside = formula.strip("$")
        found |= {f"10^{power}" for power in POWER.findall(inside)}
        inside = re.sub(r"[_^]\{?-?\w+\}?", " ", POWER.sub(" ", inside))
        found |= {n for n in map(tidy, NUMBER.findall(inside)) if len(n) > 1}
    plain = NAMES.sub(" ", LINK.sub("]", FORMULA.sub(" ", text)))
    return found | {tidy(number) for number in NUMBER.findall(plain)}


def tidy(number: str) -> str:
    """A number without the comma or stop behind it."""
    return number.rstrip(".,")


def literals_of(source: Path, language: str) -> set[str]:
    """All numbers that a lesson types in the prose of one language."""
    found: set[str] = set()
    for cell in read(source):
        if cell.cell_type == "markdown" and cell.metadata["lang"] == language:
            found |= typed_numbers(cell.source)
    return found


def listed_literals(source: Path) -> set[str]:
    """The numbers that a lesson lists in ``LITERALS`` (reason: numbers, blanks between them).

    Raises:
        ValueError: a number is listed under two reasons.
    """
    found: set[str] = set()
    for cell in read(source):
        if "numbers" not in cell.metadata.get("tags", []):
            continue
        for node in ast.parse(cell.source).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "LITERALS":
                for numbers in ast.literal_eval(node.value).values():
                    twice = found & set(numbers.split())
                    if twice:
                        raise ValueError(f"{source}: listed twice: {', '.join(sorted(twice))}")
                    found |= set(numbers.split())
    return found


def read(source: Path) -> list[Any]:
    """The cells of a source."""
    import jupytext

    return list(jupytext.read(source, fmt="py:percent").cells)
