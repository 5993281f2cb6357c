"""The tables that ``bench`` prints."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from minillm.commands.bench_ranks_report import ranks_table
from minillm.commands.bench_steps import SIZES
from minillm.commands.tables import table

Row = list[str]
BY_WAY = ", by way"


def report(found: Mapping[str, Any]) -> str:
    """A headline about the machine, and a table for each part that was measured."""
    about = found["processor"]
    head = (
        f"{about['name']}, {about['cores']} cores, NumPy {found['numpy']}; threads: "
        f"{found['threads']}, {found['clock']} time, median of "
        f"{found['rounds']} round{'s' if found['rounds'] > 1 else ''}"
    )
    if found.get("steps") or found.get("ops"):
        head += (
            "\nx: times as fast as with the rules alone (linear has no kernel: it shows the noise)"
        )
    tables = [TABLES[part](found[part]) for part in TABLES if found.get(part)]
    return "\n\n".join([head, *tables])


def steps_table(steps: Mapping[str, Mapping[str, float]]) -> str:
    """Milliseconds and tokens per second; how many times as fast as the rules alone."""
    levels = levels_in(steps)
    rows = [
        [name, *compared(times, levels), f"{1e3 * SIZES[name].tokens / min(times.values()):,.0f}"]
        for name, times in steps.items()
    ]
    return table(["training step, ms", *heads(levels), "tokens/s"], rows)


def ops_table(ops: Mapping[str, Mapping[str, float]]) -> str:
    """Milliseconds forward and backward."""
    levels = levels_in(ops)
    rows = [[name, *compared(times, levels)] for name, times in ops.items()]
    return table(["op forward and backward, ms", *heads(levels)], rows)


def memory_table(memory: Mapping[str, Mapping[str, Any]]) -> str:
    """Peak megabytes of a process that trains; memory against time, by how an update is made."""
    by_level = {name: found for name, found in memory.items() if not name.endswith(BY_WAY)}
    levels = levels_in(by_level)
    rows = [
        [name, *(f"{mb[level]:.0f}" if level in mb else "-" for level in levels)]
        for name, mb in by_level.items()
    ]
    others = [by_way_table(name, ways) for name, ways in memory.items() if name not in by_level]
    return "\n\n".join([table(["peak of memory, MB", *levels], rows), *others])


def by_way_table(name: str, ways: Mapping[str, Mapping[str, float]]) -> str:
    """What each way to make an update needs, and how many times as long as the first it takes."""
    rows = [[way, *(f"{n:.2f}" for n in found.values())] for way, found in ways.items()]
    columns = [*next(iter(ways.values()))]
    return table([f"an update, {name.removesuffix(BY_WAY)}", *columns], rows)


def ways_table(times: Mapping[str, Mapping[str, float]]) -> str:
    """Milliseconds of a step, and how many times as long as the plain one each other way takes."""
    rows = [
        [name, *(f"{ms:.2f}" for ms in found.values())]
        + [f"{ms / found['plain']:.1f}" for way, ms in found.items() if way != "plain"]
        for name, found in times.items()
    ]
    ways = [*next(iter(times.values()))]
    return table(["step, ms", *ways, *(f"{way} / plain" for way in ways[1:])], rows)


def import_table(measured: Mapping[str, float]) -> str:
    """One number."""
    return f"import minillm: {measured['ms']:.0f} ms"


def stored_table(stored: Mapping[str, Mapping[str, float]]) -> str:
    """Milliseconds, and how many times as fast as with float32."""
    kinds = levels_in(stored)
    heads = ["linear layer, stored in, ms", *(word for kind in kinds for word in (kind, "x"))]
    rows = [
        [name, *(f"{n:.2f}" for kind in kinds for n in (ms[kind], ms[kinds[0]] / ms[kind]))]
        for name, ms in stored.items()
    ]
    return table(heads, rows)


def serve_table(found: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    """By the size of batches, with how many times as many answers as one by one; by bits."""
    tables = []
    for kind in ("classify", "generate"):
        first = next(iter(found[kind].values()))
        rows = [
            [n, *(f"{value:.1f}" for value in one.values()), ratio(one, first)]
            for n, one in found[kind].items()
        ]
        tables.append(table([f"{kind}, in batches of", *first, "x one by one"], rows))
    forms = ("{:.1%}", "{:.1%}", "{:.4f}", "{:.0f}", "{:.1f}")
    rows = [
        [kind, *(form.format(n) for form, n in zip(forms, one.values(), strict=True))]
        for kind, one in found["stored"].items()
    ]
    columns = [*next(iter(found["stored"].values()))]
    return "\n\n".join([*tables, table(["linear layers in", *columns], rows)])


def ratio(one: Mapping[str, float], first: Mapping[str, float]) -> str:
    """How many times as many answers."""
    return f"{one['answers/s'] / first['answers/s']:.2f}"


TABLES: dict[str, Callable[[Any], str]] = {
    "steps": steps_table,
    "ops": ops_table,
    "memory": memory_table,
    "private": ways_table,
    "watched": ways_table,
    "import": import_table,
    "stored": stored_table,
    "serve": serve_table,
    "ranks": ranks_table,
}


def levels_in(rows: Mapping[str, Mapping[str, float]]) -> list[str]:
    """The levels that were measured, in their order."""
    return list(dict.fromkeys(level for times in rows.values() for level in times))


def heads(levels: list[str]) -> Row:
    """A column for each level, and after every one but ``off`` how many times as fast it is."""
    return [word for level in levels for word in ([level] if level == "off" else [level, "x"])]


def compared(times: Mapping[str, float], levels: list[str]) -> Row:
    """The cells below ``heads``."""
    cells = []
    for level in levels:
        cells.append(f"{times[level]:.2f}")
        if level != "off":
            cells.append(f"{times['off'] / times[level]:.2f}")
    return cells
