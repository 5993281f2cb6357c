"""What a lab says, as text for the terminal."""

from __future__ import annotations

import numpy as np

from minillm.commands.tables import table
from minillm.labs.compare_result import Result
from minillm.labs.verdicts import ERROR

FEW = 5  # with fewer seeds an interval is several times as wide as what it is about


def shown(result: Result) -> str:
    """The lab as text: a table of each headline measure, side effects, costs, controls."""
    return "\n\n".join([heading(result), *judged(result), beside(result), controlled(result)])


def heading(result: Result) -> str:
    """What was compared, and how."""
    lab, seeds = result.lab, len(result.cost[result.lab.baseline])
    level = 100 * (1 - ERROR / lab.comparisons)
    few = "" if seeds >= FEW else "; so few decide little, and controls may fail for that alone"
    return (
        f"{lab.name}: {lab.question}\n"
        f"{seeds} seeds, paired differences from {lab.baseline!r}; {lab.comparisons} comparisons, "
        f"intervals at {level:.2f} %{few}\nHow settings were chosen: {lab.protocol}"
    )


def judged(result: Result) -> list[str]:
    """A table for each headline measure."""
    lab, verdicts, costs = result.lab, result.verdicts(), result.relative_costs()
    tables = []
    for name in lab.headlines:
        good = "more is better" if lab.measures[name].good > 0 else "less is better"
        rows = [[lab.baseline, f"{result.values(lab.baseline, name).mean():.2f}", "", "x 1.0", ""]]
        for remedy in result.remedies[1:]:
            one = verdicts[remedy, name]
            value = f"{result.values(remedy, name).mean():.2f}"
            cost = f"x {costs[remedy]:.1f}"
            rows.append([remedy, value, f"{one.mean:+.2f} ± {one.half:.2f}", cost, str(one)])
        header = [f"{name} ({good})", "mean", "difference", "time", "verdict"]
        tables.append(table(header, rows))
    return tables


def beside(result: Result) -> str:
    """The means of the other measures and the costs in CPU seconds."""
    others = [name for name, one in result.lab.measures.items() if not one.headline]
    effects = result.side_effects()
    rows = []
    for remedy in result.remedies:
        row = [remedy]
        for name in others:
            mean = f"{result.values(remedy, name).mean():.2f}"
            one = effects.get((remedy, name))
            row.append(mean if one is None else f"{mean} ({one.mean:+.2f} ± {one.half:.2f})")
        rows.append([*row, f"{np.mean(result.cost[remedy]):.1f}"])
    return table(["beside that (plain 95 %)", *others, "CPU seconds"], rows)


def controlled(result: Result) -> str:
    """Whether each negative control passes."""
    rows = []
    for name, one in result.controls().items():
        margin = result.lab.controls[name].margin
        says = "passes" if result.passes(name) else "FAILS"
        rows.append([name, f"{one.mean:+.3f}", f"{one.bound:.3f}", f"{margin:.2f}", says])
    return table(["negative control", "mean", "bound", "margin", ""], rows) if rows else ""
