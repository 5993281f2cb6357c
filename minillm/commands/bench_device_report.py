"""The tables that ``bench --device cuda`` prints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from minillm.commands.bench_steps import Size
from minillm.commands.tables import table


def device_report(found: Mapping[str, Any], sizes: Mapping[str, Size]) -> str:
    """A headline about the device, a table for each part, and what was left out."""
    many = "s" if found["rounds"] > 1 else ""
    head = (
        f"{found['device']}, CuPy {found['cupy']}, driver {found['driver']}, runtime "
        f"{found['runtime']}; median of {found['rounds']} round{many}; "
        f"{found['seconds']:.0f} s in all"
    )
    parts = [head]
    for part, heading in (("steps", "training step"), ("torch", "training step of torch")):
        if found.get(part):
            rows = [step_row(name, one, sizes) for name, one in found[part].items()]
            parts.append(table([heading, "ms", "tokens/s", "memory, MB", "first loss"], rows))
    if found.get("ops"):
        rows = [op_row(name, one) for name, one in found["ops"].items()]
        parts.append(table(["op forward and backward, ms", "rules", "kernels", "x"], rows))
    if found["left_out"]:
        parts.append(f"no time was left for: {'; '.join(found['left_out'])}")
    return "\n\n".join(parts)


def step_row(name: str, one: Mapping[str, Any], sizes: Mapping[str, Size]) -> list[str]:
    """One size, by one way; ``name`` begins with that of the size."""
    if "failed" in one:
        return [name, one["failed"], "", "", ""]
    tokens = 1e3 * sizes[name.partition(",")[0]].tokens / one["ms"]
    numbers = f"{one['ms']:.2f}", f"{tokens:,.0f}", f"{one['memory_mb']:.0f}"
    return [name, *numbers, f"{one['first_loss']:.5f}"]


def op_row(name: str, one: Mapping[str, Any]) -> list[str]:
    """One op: how many times as fast its kernel is."""
    if "failed" in one:
        return [name, one["failed"], "", ""]
    rule, kernel = one["rules"], one["kernels"]
    return [name, f"{rule:.3f}", f"{kernel:.3f}", f"{rule / kernel:.2f}"]
