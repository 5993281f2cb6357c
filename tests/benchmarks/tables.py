"""Result files as tables: one record for the terminal, all of them as Markdown for the README."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from minillm.commands.tables import table

Record = dict[str, Any]
Cells = list[list[str]]
CLOCKS = {"cpu": "CPU", "wall": "wall"}
HIDDEN = ("name", "versions", "value", "times_ours", "allocator", "least_ms")


def plain(record: Record) -> str:
    """The numbers of one record."""
    columns = [key for key in record["rows"][0] if key not in HIDDEN]
    ours = list(dict.fromkeys(name for row in record["rows"] for name in times_of(row)))
    rows = [
        [row["name"], *(shown(row.get(key)) for key in columns)]
        + [shown(times_of(row).get(name)) for name in ours]
        for row in record["rows"]
    ]
    heads = [key.replace("_", " ") for key in columns] + [f"/ {name}" for name in ours]
    return table([f"{record['section']}: {record['case']}", *heads], rows)


HEAD = """# Time and memory beside other libraries

Written by `python -m tests.benchmarks.run`; times are milliseconds, memory is megabytes.

* `minillm@off`, `@numpy`, `@compiled`: the rules alone, the kernels in NumPy, those that numba
  compiles. `minillm_tanh` has the other form of GELU, as autograd and DeZero have here.
* In brackets: the time over that of ours, with kernels in NumPy and compiled. Above 1, ours is
  faster. It is the median of the ratios of the rounds, not the ratio of the medians.
* `+heap`: the same library with the allocator set as this project sets it.
* `before:` what was measured before there were kernels.
"""


def page(folder: Path) -> str:
    """``README.md`` of the results."""
    return f"{HEAD}\n{markdown(folder)}\n"


def markdown(folder: Path) -> str:
    """Every processor's tables, each section with its own form."""
    parts = []
    for file in sorted(folder.glob("*.json")):
        content = json.loads(file.read_text(encoding="utf-8"))
        parts.append(f"### {described(content['processor'])}")
        groups: dict[tuple, list[Record]] = {}
        for record in content["records"]:
            groups.setdefault((record["section"], record["clock"], record["threads"]), []).append(
                record
            )
        parts += [
            framed(title(section, clock, threads), *FORMS.get(section, by_name)(records))
            for (section, clock, threads), records in groups.items()
        ]
    return "\n\n".join(parts)


def described(processor: dict[str, Any]) -> str:
    """A processor in words."""
    more = [f"{key} {processor[key]}" for key in ("family", "model", "cores") if key in processor]
    return ", ".join([processor["name"], *more])


def title(section: str, clock: str, threads: int) -> str:
    """What stands in the first cell."""
    among = "1 thread" if threads == 1 else f"{threads} threads"
    return f"{section.replace('_', ' ')}: {CLOCKS[clock]} time, {among}"


def framed(corner: str, columns: Sequence[str], rows: Cells) -> str:
    """A Markdown table."""
    lines = [[corner, *columns], ["---", *["---:"] * len(columns)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def by_name(records: Iterable[Record]) -> tuple[list[str], Cells]:
    """A row for each implementation, a column for each case; behind it, times ours at its best."""
    records = list(records)
    cases = list(dict.fromkeys(record["case"] for record in records))
    cells: dict[str, dict[str, str]] = {}
    for record in records:
        for row in record["rows"]:
            name = row["name"] if record["label"] == "now" else f"{record['label']}: {row['name']}"
            cells.setdefault(name, {})[record["case"]] = with_times(row)
    return cases, [[name, *(own.get(c, "") for c in cases)] for name, own in cells.items()]


def by_case(records: Iterable[Record]) -> tuple[list[str], Cells]:
    """A row for each case, a column for each implementation."""
    records = list(records)
    names = list(dict.fromkeys(row["name"] for record in records for row in record["rows"]))
    rows = []
    for record in records:
        own = {row["name"]: shown(row["ms"]) for row in record["rows"]}
        rows.append([record["case"], *(own.get(name, "") for name in names)])
    return [f"{name}, ms" for name in names], rows


def by_point(records: Iterable[Record]) -> tuple[list[str], Cells]:
    """A row for each axis and implementation."""
    rows = [
        [
            f"{record['case']}: {row['name']}",
            listed(row["at"]), listed(row["ms"]), str(row["last_exponent"]), listed(row["peak_mb"]),
        ]
        for record in records
        for row in record["rows"]
    ]  # fmt: skip
    return ["at", "ms", "last exponent", "peak MB"], rows


def as_they_are(records: Iterable[Record]) -> tuple[list[str], Cells]:
    """A row for each row, a column for each number."""
    pairs = [(record["case"], row) for record in records for row in record["rows"]]
    keys = list(dict.fromkeys(key for _, row in pairs for key in row if key not in HIDDEN))
    rows = [[f"{case}: {row['name']}", *(shown(row.get(k)) for k in keys)] for case, row in pairs]
    return [key.replace("_", " ") for key in keys], rows


FORMS: dict[str, Callable[[Iterable[Record]], tuple[list[str], Cells]]] = {
    "ops": by_case,
    "growth": by_point,
    "import": as_they_are,
    "memory_after": as_they_are,
    "denormals": as_they_are,
}


def with_times(row: dict[str, Any]) -> str:
    """``165 (0.80, 0.96)``: milliseconds, and over ours: how many times as fast ours is."""
    times = [f"{n:.2f}" for name, n in times_of(row).items() if not name.endswith("@off")]
    ours = row["name"].startswith("minillm")
    return shown(row["ms"]) + (f" ({', '.join(times)})" if times and not ours else "")


def times_of(row: dict[str, Any]) -> dict[str, float]:
    """Its time over ours, by our variants."""
    return row.get("times_ours", {})


def shown(value: Any) -> str:
    """A number with three digits or so; nothing for what is not known."""
    if value is None:
        return ""
    if isinstance(value, list):
        return listed(value)
    if isinstance(value, float) and abs(value) < 100:
        return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"
    return f"{value:,.0f}" if isinstance(value, float | int) else str(value)


def listed(values: Iterable[Any]) -> str:
    """Numbers with blanks between them."""
    return " ".join(shown(value) or "-" for value in values)
