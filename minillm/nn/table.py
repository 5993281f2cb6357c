"""A table of a model's parameters."""

from __future__ import annotations

from minillm.nn.module import Module


def summary(model: Module, *, depth: int = 2) -> str:
    """Parameter counts by attribute path, added up below ``depth`` levels, and the total.

    Guide: 5.2.2 (G26).
    """
    groups: dict[str, list] = {}
    for name, parameter in model.named_parameters():
        path = ".".join(name.split(".")[:depth])
        groups.setdefault(path, []).append(parameter)
    rows = [("parameters of", "shape", "count")]
    for path, members in groups.items():
        shape = str(members[0].shape) if len(members) == 1 else f"{len(members)} arrays"
        rows.append((path, shape, f"{sum(p.size for p in members):,}"))
    rows.append(("total", "", f"{model.parameter_count():,}"))
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    return "\n".join(f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c:>{widths[2]}}" for a, b, c in rows)
