"""The tables of ``bench --parts ranks``: what was measured, and what more ranks would give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from minillm.commands.bench_steps import SIZES
from minillm.commands.tables import table
from minillm.training.ranks import Wire, ring_seconds, speed_up, step_seconds

NETWORKS = {  # assumed, not measured: what is said of such networks
    "10 Gbit/s, 50 us": Wire(50e-6, 10e9 / 8),
    "100 Gbit/s, 5 us": Wire(5e-6, 100e9 / 8),
}
EXPECTED = (2, 8, 64, 512)  # ranks


def ranks_table(found: Mapping[str, Any]) -> str:
    """All tables, or why there are none."""
    if "missing" in found:
        return f"ranks: not measured, {found['missing']}"
    steps = {name: one for name, one in found.items() if name in SIZES}
    wire = Wire(**found["wire"])
    here = (
        f"exchange between two ranks of this machine: latency {1e6 * wire.latency:.1f} us, "
        f"bandwidth {wire.bandwidth / 1e9:.2f} GB/s"
    )
    if "load" in found:
        here += f"; processes that wanted to run before it began: {found['load']:.1f}"
    parts = [steps_table(steps), sums_table(found["sums"], wire), here]
    parts.append(equal_table(found["equal"]))
    name = [*steps][-1]
    parts.append(expected_table(name, steps[name], wire))
    return "\n\n".join(parts)


def steps_table(steps: Mapping[str, Mapping[str, float]]) -> str:
    """One batch by one rank, and shared by two."""
    rows = [
        [
            name,
            f"{one['bytes'] / 1e6:.2f}",
            *(f"{one[what]:.1f}" for what in ("alone", "together")),
            f"{one['all-reduce']:.2f}",
            f"{one['alone'] / one['together']:.2f}",
        ]
        for name, one in steps.items()
    ]
    heads = [
        "step of one batch, wall time",
        "gradients, MB",
        "1 rank, ms",
        "2 ranks, ms",
        "all-reduce, ms",
    ]
    return table([*heads, "x"], rows)


def sums_table(sums: Mapping[str, Mapping[str, float]], wire: Wire) -> str:
    """MPI's all-reduce, the ring by hand, and the formula."""
    rows = [
        [
            f"{int(n_bytes) / 1e6:g}",
            *(f"{ms:.3f}" for ms in one.values()),
            f"{1e3 * ring_seconds(2, int(n_bytes), wire):.3f}",
        ]
        for n_bytes, one in sums.items()
    ]
    columns = [*next(iter(sums.values())), "formula"]
    return table(["sum over 2 ranks, MB", *(f"{name}, ms" for name in columns)], rows)


def equal_table(equal: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    """How far n ranks are from one after 20 steps."""
    rows = [
        [ranks, dtype, f"{one['loss']:.0e}", f"{one['weights']:.0e}"]
        for ranks, by_dtype in equal.items()
        for dtype, one in by_dtype.items()
    ]
    return table(["ranks against 1, 20 steps", "in", "loss", "weights"], rows)


def expected_table(name: str, one: Mapping[str, float], here: Wire) -> str:
    """Milliseconds of a step, and how many times the examples, as the formula has them."""
    rows = []
    for said, wire in {"as between two ranks here": here, **NETWORKS}.items():
        for ranks in EXPECTED:
            given = ranks, one["alone"] / 1e3, one["bytes"], wire
            rows.append(
                [
                    said,
                    str(ranks),
                    f"{1e3 * ring_seconds(ranks, one['bytes'], wire):.1f}",
                    f"{1e3 * step_seconds(*given):.1f}",
                    f"{speed_up(*given):.1f}",
                    f"{speed_up(*given, same_batch=True):.2f}",
                ]
            )
    heads = [f"{name}, expected on", "ranks", "all-reduce, ms", "step, ms"]
    return table([*heads, "x, a batch each", "x, one batch"], rows)
