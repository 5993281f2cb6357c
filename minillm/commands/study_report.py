"""What a study found, as text for the terminal."""

from __future__ import annotations

import inspect
from collections.abc import Mapping

import numpy as np

from minillm.labs.statistics import student_t
from minillm.labs.study import Study

MANY = 60  # numbers of one name that are still printed, a line for each row


def found(study: Study, numbers: Mapping[str, np.ndarray]) -> str:
    """The question, what the numbers are called, and each: its mean ± a 95 % interval.

    ``numbers`` have the seeds along their first axis.  Of one seed the number itself is printed,
    and where there are many under one name, the least and the largest mean.
    """
    seeds = len(next(iter(numbers.values())))
    how = "one seed" if seeds == 1 else f"{seeds} seeds: mean ± 95 % interval"
    names = [line for name, values in numbers.items() for line in lines_of(name, values)]
    return "\n".join([f"{study.name}: {study.question}", "", meaning(study), "", how, *names])


def meaning(study: Study) -> str:
    """What ``measure`` says of the numbers it gives."""
    return (inspect.getdoc(study.measure) or "").split("\n\nGuide:")[0]


def lines_of(name: str, values: np.ndarray) -> list[str]:
    """One name in a line, or in a line for each row of its numbers."""
    means, half = summary(values)
    if means.size > MANY:
        return [f"{name} {means.shape}: {means.min():.3g} to {means.max():.3g}"]
    if means.ndim < 2:
        return [f"{name}: {row(means, half)}"]
    places = np.ndindex(means.shape[:-1])
    return [f"{name}[{', '.join(map(str, at))}]: {row(means[at], half[at])}" for at in places]


def summary(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means over the seeds, and half of their intervals, NaN where one seed says none."""
    if len(values) == 1:
        return np.asarray(values[0], float), np.full(values.shape[1:], np.nan)
    spread = np.std(values, axis=0, ddof=1) / len(values) ** 0.5
    return np.mean(values, axis=0), student_t(len(values) - 1, 0.95) * spread


def row(means: np.ndarray, half: np.ndarray) -> str:
    """Numbers beside each other, each with its interval where it has one."""
    pairs = zip(np.atleast_1d(means), np.atleast_1d(half), strict=True)
    return "  ".join(f"{m:.3g}" + ("" if np.isnan(h) else f" ± {h:.2g}") for m, h in pairs)
