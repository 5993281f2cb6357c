"""Whether a notebook prints today what its committed copy shows."""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import Any

# a number of a printed text: sign, thousands, decimals, exponent
NUMBER = re.compile(r"[-+−]?\d+(?:,\d{3})*(?:\.\d+)?(?:e[-+]?\d+)?")
VERSIONS = re.compile(r"^minillm .*, NumPy .*$", re.MULTILINE)  # the first line of every lesson
CLOSE, NOTHING = 0.01, 1e-6
# cells that may print otherwise: seconds and bytes; what goes with the machine (its parts, its
# fonts, counts of a single training, which its rounding decides); a student's answers
ELSEWHERE = {"timing", "machine", "answer", "exercise", "solution", "exercise-check"}


def differences(committed: Any, today: Any) -> list[str]:
    """What cells of both notebooks print differently: the cell and both lines.

    Text must be equal but for spaces; numbers may be 1 % apart, and what is below 1e-6 counts as 0.
    Cells are told by their ids; those tagged ``timing`` or ``machine``,
    exercises and what uses their answers are left out.
    """
    there = {cell["id"]: cell for cell in today["cells"]}
    found = []
    for cell in committed["cells"]:
        if cell["cell_type"] == "code" and not ELSEWHERE & set(cell["metadata"].get("tags", [])):
            if cell["id"] not in there:
                found.append(f"cell [{cell['execution_count']}] is not in the other notebook")
                continue
            for line, now in apart(printed(cell), printed(there[cell["id"]])):
                found.append(f"cell [{cell['execution_count']}]: committed {line!r}, now {now!r}")
    return found


def printed(cell: Any) -> str:
    """What a cell printed, and the value of its last line; pictures not."""
    shown = []
    for output in cell["outputs"]:
        data = output.get("data", {})
        if "image/png" not in data:
            shown.append("".join(output.get("text", data.get("text/plain", ""))))
    return VERSIONS.sub("", "".join(shown))


def apart(before: str, now: str) -> list[tuple[str, str]]:
    """The pairs of lines that are not the same within the tolerance."""
    pairs = zip_longest(before.splitlines(), now.splitlines(), fillvalue="")
    return [(old, new) for old, new in pairs if not same(old, new)]


def same(old: str, new: str) -> bool:
    """Whether two lines have the same words and close numbers."""
    words, others = ("".join(NUMBER.sub("#", line).split()) for line in (old, new))
    ours, theirs = (list(map(value, NUMBER.findall(line))) for line in (old, new))
    return words == others and all(map(close, ours, theirs))


def value(text: str) -> float:
    """The number that a printed text stands for."""
    return float(text.replace(",", "").replace("−", "-"))


def close(one: float, other: float) -> bool:
    """Within 1 %, or both below 1e-6."""
    larger = max(abs(one), abs(other))
    return larger < NOTHING or abs(one - other) <= CLOSE * larger
