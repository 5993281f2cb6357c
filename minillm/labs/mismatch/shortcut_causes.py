"""Why does a group fail?  Each suspected cause is changed alone, and the groups measured again.

The tag is taken away, before training or in the test alone; it agrees less often, or always; no
label is wrong; training is shorter or longer; reviews or weights are fewer or more.  What moves
the worst group is a cause; what does not is only near one.

Letters: G groups.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from minillm.labs.mismatch import shortcut_case
from minillm.labs.mismatch.shortcut_case import Shortcut
from minillm.labs.small_encoder import SmallEncoder, scores
from minillm.labs.study import Study
from minillm.labs.worlds.shortcuts import GROUPS, TaggedReviews
from minillm.tasks import accuracy
from minillm.tasks.metrics import group_accuracy


@dataclass(frozen=True)
class Changes:
    """What stands in the place of the baseline's setting, one at a time."""

    agreements: tuple[float, ...] = (0.6, 0.8, 0.95, 1.0)  # of all environments
    flipped: tuple[float, ...] = (0.0,)
    steps: tuple[int, ...] = (150, 1000)
    learned: tuple[int, ...] = (1000, 8000)
    widths: tuple[int, ...] = (16, 64)


@dataclass(frozen=True)
class Settings:
    """What the lab of the shortcut has, and the changes."""

    case: shortcut_case.Settings = shortcut_case.Settings()
    changes: Changes = Changes()


def changed(settings: Settings) -> Iterator[tuple[str, shortcut_case.Settings]]:
    """The settings with one suspected cause changed, by its name."""
    s, c = settings.case, settings.changes
    for agreement in c.agreements:
        yield f"agreement {agreement:g}", replace(s, agreements=(agreement,) * len(s.agreements))
    for flipped in c.flipped:
        yield f"labels flipped {flipped:g}", replace(s, flipped=flipped)
    for steps in c.steps:
        yield f"{steps} steps", replace(s, strengths=replace(s.strengths, steps=steps))
    for learned in c.learned:
        yield f"{learned} reviews", replace(s, learned=learned)
    for width in c.widths:
        yield f"width {width}", replace(s, model=replace(s.model, width=width, hidden=2 * width))


def numbers(
    model: SmallEncoder, even: TaggedReviews, inside: TaggedReviews
) -> tuple[float, float, np.ndarray]:
    """The worst group, the accuracy in distribution, and the accuracy by group, (G,)."""
    named = scores(model, even.ids).argmax(axis=1)
    groups = group_accuracy(named, even.labels, even.groups, names=GROUPS)
    right = accuracy(scores(model, inside.ids).argmax(axis=1), inside.labels)
    return float(groups.min()), right, groups


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """For each change "worst group", "inside" and "by group" ``(4,)``; "none" is the baseline.

    The tests are those of the baseline: only what is learned differs, or, with "tag masked in the
    test", only what is asked.

    Guide: 1.1, 1.4.1 (G45, G48).
    """
    base = Shortcut(settings.case, seed)
    even, inside = base.tested["balanced"], base.tested["inside"]
    model = base.plain()
    rows = {
        "none": numbers(model, even, inside),
        "tag masked in the test": numbers(model, base.masked(even), base.masked(inside)),
        "tag masked in training": numbers(base.learned(base.masked(base.reviews)), even, inside),
    }
    for name, other in changed(settings):
        rows[name] = numbers(Shortcut(other, seed).learned(), even, inside)
    found: dict[str, Any] = {}
    for name, (worst, right, groups) in rows.items():
        found |= {f"{name}: worst group": worst, f"{name}: inside": right}
        found[f"{name}: by group"] = groups
    return found


STUDY = Study(
    name="shortcut_causes",
    question="A group fails: is it the tag, its agreement, the labels, the training or the size?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
    tolerance=0.1,
)
