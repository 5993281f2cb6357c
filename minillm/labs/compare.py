"""A lab: one phenomenon, a baseline, and remedies that are compared on it with the same seeds.

Every remedy is a function: it is given a case, which has the settings and the seed, and gives a
model.  Its numbers stand beside those of the baseline, the remedy that does nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Self

import numpy as np

from minillm.labs.remedy_kinds import check_kinds
from minillm.labs.study import Study

Remedy = Callable[[Any], Any]  # a case -> a model
CONTROL = "control, "


class Case:
    """What a remedy is given: the settings, the seed, and what several remedies share.

    ``borrowed`` adds up the CPU seconds of what was made before, as if it had been made again: the
    cost of a remedy does not depend on which ones were measured before it.
    """

    def __init__(self, settings: Any, seed: int):
        self.settings, self.seed = settings, seed
        self.made: dict[Any, tuple[Any, float]] = {}
        self.borrowed = 0.0

    def shared(self, key: Any, make: Callable[[], Any]) -> Any:
        """What ``make`` gives, made once for each key and then handed out again.

        Nobody may change it.
        """
        if key in self.made:
            self.borrowed += self.made[key][1]
        else:
            start = time.process_time()
            self.made[key] = make(), time.process_time() - start
        return self.made[key][0]

    def with_strengths(self, **strengths: Any) -> Self:
        """The same case with other ``settings.strengths``; what is shared stays shared."""
        changed = replace(self.settings.strengths, **strengths)
        other = type(self)(replace(self.settings, strengths=changed), self.seed)
        other.made = self.made
        return other


def frozen(*arrays: np.ndarray) -> None:
    """From now on nobody can change them: who alters the data of a case alters its score."""
    for array in arrays:
        array.setflags(write=False)


@dataclass(frozen=True)
class Measure:
    """A number of every remedy and seed; ``items`` says how many a share is one of.

    ``good`` is 1 where more is better, -1 where less is.  Remedies are judged by the ``headline``
    ones; the others show what a remedy does beside that.
    """

    good: int
    items: int
    headline: bool = False


@dataclass(frozen=True)
class Control:
    """Where nothing may be found: a number that is to be 0, and how far from it it may lie.

    It passes if the bound of its 95 % interval over the seeds is at most ``margin``.
    """

    measure: Callable[[Any], float]
    items: int
    margin: float = 0.05


@dataclass(frozen=True, kw_only=True)
class Lab(Study):
    """A study whose numbers are those of remedies, the first of which is the baseline.

    ``case(settings, seed)`` is what all of them start from, ``evaluate(case, model)`` gives the
    numbers of one, those of ``measures`` and others.  ``protocol`` says how the settings of the
    remedies were chosen, ``kinds`` what each is in the guide's list (``remedy_kinds``), ``untried``
    why there is none of a kind, ``template`` is the file of a remedy of one's own, and a remedy
    gives a ``model``.

    Raises:
        TypeError: as ``Study``.
        ValueError: no remedy beside the baseline, or no headline measure; as ``check_kinds``.
    """

    case: Callable[[Any, int], Case]
    evaluate: Callable[[Any, Any], Mapping[str, Any]]
    measures: Mapping[str, Measure]
    remedies: Mapping[str, Remedy]
    controls: Mapping[str, Control] = field(default_factory=dict)
    protocol: str
    kinds: Mapping[str, str] = field(default_factory=dict)
    untried: Mapping[str, str] = field(default_factory=dict)
    template: str = ""
    model: type = object

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.remedies) < 2 or not self.headlines:
            raise ValueError(
                f"lab {self.name} needs a baseline, a remedy and a headline measure, got "
                f"remedies {[*self.remedies]} and headlines {self.headlines}"
            )
        check_kinds(self.name, self.kinds, self.untried, [*self.remedies][1:])

    @property
    def baseline(self) -> str:
        """The remedy that does nothing."""
        return next(iter(self.remedies))

    @property
    def headlines(self) -> list[str]:
        """The measures by which remedies are judged."""
        return [name for name, measure in self.measures.items() if measure.headline]

    @property
    def comparisons(self) -> int:
        """How many verdicts there are: remedies times headline measures."""
        return (len(self.remedies) - 1) * len(self.headlines)

    @property
    def arms(self) -> list[str]:
        """All that is measured for a seed: remedies first, then controls."""
        return [*self.remedies, *(CONTROL + name for name in self.controls)]

    def with_own(self, name: str, remedy: Remedy) -> Lab:
        """The same lab with one remedy more; it makes more comparisons, too."""
        return replace(self, remedies={**self.remedies, name: remedy})

    def chosen(self, names: Sequence[str]) -> list[str]:
        """What is measured of these remedies: the baseline and the controls always are.

        Raises:
            ValueError: a remedy that there is not; the message lists those there are.
        """
        others = [name for name in self.remedies if name != self.baseline]
        unknown = [name for name in names if name not in others]
        if unknown:
            raise ValueError(
                f"lab {self.name}: no remedy {unknown[0]!r}; there are {'; '.join(others)}"
            )
        return [arm for arm in self.arms if arm not in others or arm in names]


class Cell(NamedTuple):
    """The numbers of one remedy and seed, and the CPU seconds of the remedy alone."""

    numbers: dict[str, Any]
    seconds: float


def cell(lab: Lab, case: Case, arm: str) -> Cell:
    """Try one remedy, or measure one control."""
    case.borrowed, start = 0.0, time.process_time()
    if arm.startswith(CONTROL):
        numbers = {"difference": lab.controls[arm.removeprefix(CONTROL)].measure(case)}
        return Cell(numbers, time.process_time() - start + case.borrowed)
    model = lab.remedies[arm](case)
    seconds = time.process_time() - start + case.borrowed
    if not isinstance(model, lab.model):
        raise TypeError(
            f"lab {lab.name}: remedy {arm!r} must return a {lab.model.__name__}, "
            f"got {type(model).__name__}"
        )
    return Cell(dict(lab.evaluate(case, model)), seconds)


def named(arm: str, numbers: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers under the name of what was measured: "dropout: payload" and so on."""
    return {f"{arm}: {key}": value for key, value in numbers.items()}


def compared(lab: Lab, settings: Any, seed: int) -> dict[str, Any]:
    """The numbers of all remedies and controls of one seed: the ``measure`` of a lab."""
    case = lab.case(settings, seed)
    found: dict[str, Any] = {}
    for arm in lab.arms:
        found |= named(arm, cell(lab, case, arm).numbers)
    return found
