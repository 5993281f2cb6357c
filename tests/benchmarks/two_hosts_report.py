"""The tables of two ranks on two hosts: what was measured, beside the formula."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from minillm.commands.tables import table
from minillm.training.ranks import Wire, ring_seconds, step_seconds

Link = Mapping[str, Any]


def name_of(link: Link) -> str:
    """What the link was set to."""
    rate = link["rate"]
    said = f"{rate / 1e9:g} Gbit/s" if rate >= 1e9 else f"{rate / 1e6:g} Mbit/s"
    return said + (f", {1e3 * link['delay']:g} ms" if link["delay"] else "")


def as_set(link: Link) -> Wire:
    """What the link should be like."""
    return Wire(link["delay"], link["rate"] / 8)


def as_measured(link: Link, sending: str = "rendezvous") -> Wire:
    """What an exchange over it found."""
    return Wire(**link["sending"][sending]["wire"])


def wires(found: Mapping[str, Any]) -> str:
    """Latency and bandwidth, as set and as measured."""
    rows = [
        [
            name_of(link),
            sending,
            f"{1e6 * as_measured(link, sending).latency:.0f}",
            f"{as_measured(link, sending).bandwidth / 1e6:.1f}",
            f"{as_set(link).bandwidth / 1e6:g}",
            f"{link['load']:.1f}",
        ]
        for link in found["links"]
        for sending in link["sending"]
    ]
    heads = ["link", "large messages", "latency, us", "bandwidth, MB/s", "as set", "load"]
    return table(heads, rows)


def sums(found: Mapping[str, Any]) -> str:
    """MPI's all-reduce, the ring by hand, the formula with the link as measured and as set."""
    rows = []
    for link in found["links"]:
        for sending, of in link["sending"].items():
            for n_bytes, ms in of["sums"].items():
                formula = [
                    1e3 * ring_seconds(2, int(n_bytes), wire)
                    for wire in (as_measured(link, sending), as_set(link))
                ]
                shown = (*ms.values(), *formula)
                size = f"{int(n_bytes) / 1e6:g}"
                rows.append([name_of(link), sending, size, *(f"{one:.1f}" for one in shown)])
    heads = ["sum over 2 hosts", "large messages", "MB", "Allreduce, ms", "ring by hand, ms"]
    return table([*heads, "formula, ms", "formula as set, ms"], rows)


def expected(link: Link, one: Mapping[str, float]) -> float:
    """Milliseconds of the step of both, as the formula has it."""
    return 1e3 * step_seconds(2, one["alone"] / 2e3, one["bytes"], as_measured(link))


def steps(found: Mapping[str, Any]) -> str:
    """One batch by one rank, shared by two, and what the formula expects."""
    rows = [
        [
            name_of(link),
            name,
            *(f"{one[what]:.1f}" for what in ("alone", "together")),
            f"{expected(link, one):.1f}",
            f"{one['all-reduce']:.1f}",
            f"{1e3 * ring_seconds(2, one['bytes'], as_measured(link)):.1f}",
            f"{one['alone'] / one['together']:.2f}",
        ]
        for link, name, one in each_step(found)
    ]
    heads = ["step of one batch", "size", "1 rank, ms", "2 ranks, ms", "formula, ms"]
    return table([*heads, "its all-reduce, ms", "formula, ms", "x"], rows)


def each_step(found: Mapping[str, Any]) -> Iterator[tuple[Link, str, Mapping[str, float]]]:
    """The steps over each link."""
    for link in found["links"]:
        for name, one in link["steps"].items():
            yield link, name, one


def report(found: Mapping[str, Any]) -> str:
    """All tables."""
    known, equal, killed = found["processor"], found["equal"], found["killed"]
    first = (
        f"{known['name']}, {known['cores']} cores, NumPy {found['numpy']}, MPICH {found['mpich']}; "
        f"two network namespaces; median of {found['rounds']} rounds"
    )
    trained = (
        f"pretrain, {equal['updates']} updates, two hosts against one process, float32: "
        f"loss {equal['loss']:.0e}, weights {equal['weights']:.0e}\n"
        f"parameters {equal['parameters']}; bytes over the link, both ways together: "
        f"{equal['carried'] / 1e6:.1f} MB\n"
        f"rank 1 killed: exit code {killed['code']} after {killed['seconds']:.2f} s"
    )
    return "\n\n".join([first, wires(found), sums(found), steps(found), trained])
