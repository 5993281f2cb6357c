"""What ``runs`` prints of several runs: settings that differ, losses, and where curves part."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any

from minillm.commands.tables import table
from minillm.training.checkpointing import DIGEST
from minillm.training.history import History, first_difference, least, losses_of

Runs = Mapping[str, History]
ABOUT = ("configuration", "versions", "kernels", "processor", "git")
DATA = ("data", "held_out", "tokens", "model", "reference", "text", "counts")


def report(runs: Runs) -> str:
    """All of it, the settings that differ first."""
    by_task = tasks(runs)
    several = f"{len(runs)} runs; the settings that differ"
    parts = [several if len(runs) > 1 else f"one run, {next(iter(runs))}"]
    if len(by_task) > 1:
        told = [f"  {task}: {', '.join(some)}" for task, some in by_task.items()]
        first = "these have different tasks, between which losses say nothing:"
        parts += ["\n".join([first, *told]), settings_table("of all", differing(runs, shared=True))]
    for task, some in by_task.items():
        if len(some) > 1:
            parts.append(settings_table(f"of {task}", differing(some)))
    parts.append(runs_table(runs))
    for task, some in by_task.items():
        parts.append(losses_table(task, some))
        parts += filter(None, ["\n".join(remarks(some))])
    return "\n\n".join(parts)


def tasks(runs: Runs) -> dict[str, dict[str, History]]:
    """The runs by what they learn."""
    found: dict[str, dict[str, History]] = {}
    for name, one in runs.items():
        found.setdefault(one.task, {})[name] = one
    return found


def settings_of(one: History) -> dict[str, Any]:
    """The settings of a run, and what it was made with, which a number may depend on, too."""
    about = {f"version of {n}": v for n, v in one.head.get("versions", {}).items()}
    about["kernels"] = one.head.get("kernels")
    about["processor"] = (one.head.get("processor") or {}).get("name")
    about["commit"] = commit(one)
    return {**one.configuration, **{n: v for n, v in about.items() if v is not None}}


def commit(one: History) -> str | None:
    """The first letters of the commit, ``+`` behind it where files had been changed."""
    state = one.head.get("git")
    return None if state is None else state["commit"][:7] + ("+" if state["dirty"] else "")


def differing(runs: Runs, *, shared: bool = False) -> dict[str, dict[str, Any]]:
    """The settings that are not the same in all runs; or only those that every run has."""
    settings = {name: settings_of(one) for name, one in runs.items()}
    keys = dict.fromkeys(key for some in settings.values() for key in some)
    if shared:
        keys = {key: None for key in keys if all(key in some for some in settings.values())}
    rows = {key: {name: some.get(key) for name, some in settings.items()} for key in keys}
    return {key: row for key, row in rows.items() if len({*map(repr, row.values())}) > 1}


def settings_table(whose: str, rows: Mapping[str, Mapping[str, Any]]) -> str:
    """A line for each setting that differs; a column for each run."""
    if not rows:
        return f"{whose}: none"
    names = next(iter(rows.values()))
    lines = [[key, *(shown(value) for value in row.values())] for key, row in rows.items()]
    return table([whose, *names], lines)


def shown(value: Any) -> str:
    """A setting in a table; of a digest its first letters."""
    if value is None:
        return "-"
    text = str(value)
    return f"#{text[:7]}" if DIGEST.fullmatch(text) else re.sub(r"\s+", " ", text)[:40]


def runs_table(runs: Runs) -> str:
    """A line for each run: how far it came, how long it took, with what, and how it ended."""
    rows = []
    for name, one in runs.items():
        versions = one.head.get("versions", {})
        made = " + ".join(
            f"{len(one.updates(stage))}/{one.planned.get(stage, '?')}" for stage in one.stages
        )
        rows.append(
            [
                *(name, one.task, made or "0"),
                "-" if one.taken is None else f"{one.taken.seconds:.1f}",
                shown(one.configuration.get("seed")),
                *(versions.get(what, "-") for what in ("python", "numpy", "minillm")),
                *(commit(one) or "-", ending(one)),
            ]
        )
    head = ["run", "task", "updates", "seconds", "seed", "python", "numpy", "minillm", "commit"]
    return table([*head, "ended"], rows)


def ending(one: History) -> str:
    """How a run ended, whether it had been stopped before, and what is odd in its record."""
    again = 0 if one.taken is None else one.taken.processes - 1
    bad = sum(len(steps) for _, _, steps in not_finite(one))
    told = [f"resumed {again} time{'s' if again > 1 else ''}"] if again else []
    told += [f"{bad} loss{'es' if bad > 1 else ''} not finite"] if bad else []
    told += filter(None, map(one.disorder, one.stages))
    return ", ".join([one.state, *told])


def not_finite(one: History) -> list[tuple[str, str, list[int]]]:
    """Where losses are NaN or infinite: the stage, which losses, and their steps."""
    return [
        (stage, told, steps)
        for stage in one.stages
        for kind, told in (("loss", "loss"), ("held_out_loss", "held-out loss"))
        for losses in [losses_of(one.updates(stage), kind)]
        if (steps := [step for step, loss in losses.items() if not isfinite(loss)])
    ]


def losses_table(task: str, runs: Runs) -> str:
    """The last and the least losses of each stage, in training and held out; steps from 0."""
    rows = []
    for name, one in runs.items():
        for stage in one.stages:
            events = one.updates(stage)
            cells = [*pair(losses_of(events)), *pair(losses_of(events, "held_out_loss"))]
            rows.append([name, *([stage] if len(one.stages) > 1 else []), *cells])
    several = ["stage"] if any(len(one.stages) > 1 for one in runs.values()) else []
    head = ["run", *several, "last loss", "least", "at step", "last held out", "least", "at step"]
    bad = [
        f"{name}: {len(steps)} {kind}{'es' if len(steps) > 1 else ''} of {stage} not finite, "
        f"the first at step {steps[0]}"
        for name, one in runs.items()
        for stage, kind, steps in not_finite(one)
    ]
    faults = [f"{name}: {one.fault}" for name, one in runs.items() if one.fault is not None]
    title = f"losses of {task}; steps count from 0, as in the record"
    return "\n".join([title, "", table(head, rows), *bad, *faults])


def pair(losses: Mapping[int, float]) -> list[str]:
    """The last of some losses, the least of those that are finite, and its step."""
    best = least(losses)
    last = f"{losses[max(losses)]:.4f}" if losses else "-"
    return [last, *(["-", "-"] if best is None else [f"{best.loss:.4f}", str(best.step)])]


def remarks(runs: Runs) -> Iterator[str]:
    """What the losses of one task can be compared for, and where each curve leaves the first."""
    names = [*runs]
    if len(names) < 2:
        return
    other = [name for name in DATA if name in differing(runs)]
    if other:
        yield (
            f"not the same in these runs: {', '.join(other)}; losses of other data or other tokens "
            "say nothing of each other"
        )
    if len(names) > 2:
        yield f"each run beside the first, {names[0]}, and not beside the others:"
    for name in names[1:]:
        yield f"{names[0]} and {name}: {parting(runs[names[0]], runs[name])}"


def parting(one: History, other: History) -> str:
    """Whether two curves are the same, in words."""
    lengths = [sum(len(run.updates(stage)) for stage in run.stages) for run in (one, other)]
    found = first_difference(one.events, other.events)
    if found is not None:
        told = " and ".join(f"{value!r}" for value in found.values)
        return f"part at step {found.step} of {found.stage}: {found.what} {told}"
    if not min(lengths):
        return "nothing to compare"
    if lengths[0] == lengths[1]:
        return f"the same to the bit, all {lengths[0]} updates"
    return f"the same to the bit as far as both go, {min(lengths)} updates"


def in_numbers(runs: Runs) -> dict[str, Any]:
    """Everything that is printed, for a file."""
    names = [*runs]
    return {
        "runs": {name: one_in_numbers(one) for name, one in runs.items()},
        "differences": {task: differing(some) for task, some in tasks(runs).items()},
        "partings": [
            {"runs": [some[0], name], "first": found and found._asdict()}
            for some in map(list, tasks(runs).values())
            for name in some[1:]
            for found in [first_difference(runs[some[0]].events, runs[name].events)]
        ],
        "tasks": {task: [*some] for task, some in tasks(runs).items()},
        "names": names,
    }


def one_in_numbers(one: History) -> dict[str, Any]:
    """One run; the curves are lists of steps, from 0 as in the record, and losses."""
    stages = {}
    for stage in one.stages:
        events = one.updates(stage)
        stages[stage] = {
            "planned": one.planned.get(stage),
            "updates": len(events),
            "disorder": one.disorder(stage) or None,
            "loss": [*losses_of(events).items()],
            "held_out_loss": [*losses_of(events, "held_out_loss").items()],
        }
    return {
        "record": str(one.path),
        **{key: one.head.get(key) for key in ABOUT},
        "task": one.task,
        "state": one.state,
        "fault": one.fault,
        "times": one.taken and one.taken._asdict(),
        "stages": stages,
    }
