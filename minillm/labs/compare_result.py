"""What a lab says: verdicts, side effects, costs and controls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np

from minillm.labs.compare import CONTROL, Lab
from minillm.labs.verdicts import ERROR, Interval, Verdict, interval, verdict


class Result(NamedTuple):
    """The numbers of a lab, each with one entry for a seed, and CPU seconds by remedy."""

    lab: Lab
    remedies: Sequence[str]
    numbers: Mapping[str, Sequence[Any]]
    cost: Mapping[str, Sequence[float]]

    def values(self, remedy: str, measure: str) -> np.ndarray:
        """A measure of a remedy, (seeds,)."""
        return np.array(self.numbers[f"{remedy}: {measure}"], dtype=np.float64)

    def differences(self, remedy: str, measure: str) -> np.ndarray:
        """Remedy minus baseline of the same seed, (seeds,)."""
        return self.values(remedy, measure) - self.values(self.lab.baseline, measure)

    def verdicts(self) -> dict[tuple[str, str], Verdict]:
        """What is said of each remedy by each headline measure."""
        lab = self.lab
        return {
            (remedy, name): verdict(
                self.differences(remedy, name),
                good=lab.measures[name].good,
                items=lab.measures[name].items,
                comparisons=lab.comparisons,
            )
            for remedy in self.remedies[1:]
            for name in lab.headlines
        }

    def side_effects(self) -> dict[tuple[str, str], Interval]:
        """How each remedy changes the other measures; of these no verdict is given."""
        others = [name for name, one in self.lab.measures.items() if not one.headline]
        return {
            (remedy, name): interval(
                self.differences(remedy, name), items=self.lab.measures[name].items
            )
            for remedy in self.remedies[1:]
            for name in others
        }

    def controls(self) -> dict[str, Interval]:
        """How far from 0 each control lies."""
        return {
            name: interval(self.values(CONTROL + name, "difference"), items=control.items)
            for name, control in self.lab.controls.items()
        }

    def relative_costs(self) -> dict[str, float]:
        """The mean over seeds of CPU seconds, remedy over baseline, each a millisecond at least."""
        cost = {name: np.maximum(seconds, 0.001) for name, seconds in self.cost.items()}
        base = cost[self.lab.baseline]
        return {name: float(np.mean(cost[name] / base)) for name in self.remedies}

    def stored(self) -> dict[str, Any]:
        """All that was found, for the file of the lab."""
        return {
            "protocol": self.lab.protocol,
            "comparisons": self.lab.comparisons,
            "level": 1.0 - ERROR / self.lab.comparisons,
            "verdicts": [
                {"remedy": remedy, "measure": name, **rounded_entries(asdict(one))}
                for (remedy, name), one in self.verdicts().items()
            ],
            "side_effects": [
                {"remedy": remedy, "measure": name, **rounded_entries(asdict(one))}
                for (remedy, name), one in self.side_effects().items()
            ],
            "controls": [
                {"control": name, "passes": self.passes(name), **rounded_entries(asdict(one))}
                for name, one in self.controls().items()
            ],
            "cpu_seconds": {name: list(seconds) for name, seconds in self.cost.items()},
        }

    def passes(self, control: str) -> bool:
        """Whether a control's bound is within its margin."""
        return self.controls()[control].bound <= self.lab.controls[control].margin + 1e-9


def rounded_entries(entries: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers with four digits behind the point."""
    return {k: round(v, 4) if isinstance(v, float) else v for k, v in entries.items()}
