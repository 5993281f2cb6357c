"""What ``profile`` prints and writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from minillm.commands.profile_formulas import Way
from minillm.commands.profile_memory import memory_lines, peaks_in_numbers
from minillm.commands.profile_subject import Subject
from minillm.commands.tables import percent, table
from minillm.models.costs import energy_of
from minillm.training.profile_parts import Profile, Spent

HEADER = (
    *("layer", "parameters", "forward ms", "backward ms", "time", "MFLOP", "operations"),
    *("GFLOP/s", "held MB"),
)


def report(subject: Subject, found: Mapping[str, Any], detail: int) -> str:
    """A headline, a line for each layer, their sum, and what formulas say beside it."""
    profile: Profile = found["profile"]
    total = profile.total
    rows = [line(name, spent, total) for name, spent in profile.grouped(detail).items()]
    way: Way = found["way"]
    head = (
        f"{subject.title}; a training step of {found['batch'] // way.accumulate} texts, "
        f"{found['clock']} time, mean of {found['steps']}"
    )
    lines = table(HEADER, [*rows, line("sum", total, total)])
    brackets = (
        "in brackets: what no layer does; (model) is what stands between layers, as a tied head"
    )
    said = remarks(subject, found)
    if peaks := subject.formulas.peaks:
        said += ["", *memory_lines(peaks, found["batch"], found["peak_bytes"])]
    return "\n".join([head, "", lines, brackets, "", *said])


def line(name: str, spent: Spent, total: Spent) -> list[str]:
    """One line of the table, with its shares of the sum."""
    rate = spent.flops / spent.seconds / 1e9 if spent.seconds and spent.flops else None
    return [
        name,
        f"{spent.parameters:,}",
        f"{1e3 * spent.forward_s:.2f}",
        f"{1e3 * spent.backward_s:.2f}",
        percent(share(spent.seconds, total.seconds)),
        f"{spent.flops / 1e6:,.1f}",
        percent(share(spent.flops, total.flops)),
        "-" if rate is None else f"{rate:.1f}",
        f"{spent.held_bytes / 2**20:.2f}",
    ]


def share(part: float, whole: float) -> float:
    """A part of a whole; 0 of nothing."""
    return part / whole if whole else 0.0


def difference(part: float, whole: float) -> str:
    """How far one number is from another, in percent of that: ``+1.3 %``."""
    return f"{100 * (part / whole - 1):+.2f} %" if whole else "-"


def remarks(subject: Subject, found: Mapping[str, Any]) -> list[str]:
    """The sum beside the clock, and what was counted beside the formulas."""
    profile, formulas = found["profile"], subject.formulas
    total, plain = profile.total, found["unwatched_seconds"]
    said = [
        f"the step by one clock: {1e3 * profile.seconds:.2f} ms; the sum of the layers: "
        f"{difference(total.seconds, profile.seconds)}; unwatched it takes {1e3 * plain:.2f} ms",
    ]
    if formulas.flops is not None:
        said.append(
            f"operations of products by formula: {formulas.flops / 1e6:,.1f} MFLOP; counted: "
            f"{difference(total.flops, formulas.flops)}"
        )
    if formulas.six_n_d is not None:
        said.append(
            f"6 N D, N the numbers in the blocks' matrices: {formulas.six_n_d / 1e6:,.1f} MFLOP, "
            f"{percent(share(formulas.six_n_d, total.flops))} of what was counted"
        )
    if formulas.memory is not None:
        m = formulas.memory
        said.append(
            f"memory by formula: {m.activations / 2**20:.2f} MB of activations (held: "
            f"{difference(total.held_bytes, m.activations)}), "
            f"{(m.parameters + m.gradients + m.moments) / 2**20:.2f} MB of weights, gradients and "
            "moments"
        )
    else:
        said.append(f"training peak, measured: {found['peak_bytes'] / 2**20:.2f} MB")
    if formulas.last_token is not None:
        one = formulas.last_token
        said.append(
            f"writing the last of as many tokens by formula: {one.with_cache / 1e6:,.2f} MFLOP "
            f"with a cache of {one.cache_bytes / 2**10:,.0f} KB, {one.without / 1e6:,.2f} without"
        )
    if found["joules_per_flop"] is not None:
        energy = energy_of(total.flops, joules_per_flop=found["joules_per_flop"])
        said.append(
            f"energy of a step at {energy.joules_per_flop:g} J per operation, as you said: "
            f"{energy.joules:.4g} J"
        )
    return said


def in_numbers(subject: Subject, found: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that was measured, for a file."""
    profile, memory = found["profile"], subject.formulas.memory
    token = subject.formulas.last_token
    return {
        "title": subject.title,
        **{name: found[name] for name in ("batch", "steps", "clock", "joules_per_flop")},
        "seconds": profile.seconds,
        "unwatched_seconds": found["unwatched_seconds"],
        "peak_bytes": found["peak_bytes"],
        "way": asdict(found["way"]),
        "formulas": {
            "flops": subject.formulas.flops,
            "six_n_d": subject.formulas.six_n_d,
            "memory": None if memory is None else asdict(memory),
            "peaks": peaks_in_numbers(subject.formulas.peaks),
            "last_token": None if token is None else asdict(token),
        },
        "total": asdict(profile.total),
        "layers": {name: asdict(spent) for name, spent in profile.layers.items()},
    }
