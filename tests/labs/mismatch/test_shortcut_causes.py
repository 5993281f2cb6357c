"""Suspected causes of a failing group: each is changed alone."""

from dataclasses import asdict, replace

import numpy as np
import pytest

from minillm.labs.mismatch import shortcut_case
from minillm.labs.mismatch.shortcut_case import Shortcut
from minillm.labs.mismatch.shortcut_causes import (
    STUDY,
    Changes,
    Settings,
    changed,
    measure,
    numbers,
)
from tests.labs.mismatch.test_shortcut import FAST, Planted, by_opinion, by_tag

SMALL = Settings(case=FAST, changes=Changes((0.5, 1.0), (0.0,), (20,), (200,), (8,)))


def flat(settings, above=""):
    """Every setting by its path."""
    for name, value in settings.items():
        if isinstance(value, dict):
            yield from flat(value, f"{above}{name}.")
        else:
            yield above + name, value


def test_each_change_is_of_one_cause_alone():
    base = dict(flat(asdict(STUDY.settings.case)))
    different = {
        name: {key for key, value in flat(asdict(other)) if value != base[key]}
        for name, other in changed(STUDY.settings)
    }
    width = {"model.width", "model.hidden"}
    assert different.pop("width 16") == width and different.pop("width 64") == width
    assert all(len(keys) == 1 for keys in different.values())
    assert {*set().union(*different.values())} == {
        *("agreements", "flipped", "strengths.steps", "learned")
    }


def test_the_numbers_are_those_of_the_tests():
    case = Shortcut(FAST, 0)
    even, inside = case.tested["balanced"], case.tested["inside"]
    for rule, worst in ((by_tag, 0.0), (by_opinion, 1.0)):
        found, right, groups = numbers(Planted(FAST.world, rule), even, inside)
        assert found == worst == groups.min()
        agree = float((inside.tags == inside.labels).mean())
        assert right == pytest.approx(1.0 if worst else agree)


@pytest.fixture(scope="module")
def found():
    """One seed of a small world."""
    return measure(SMALL, 0)


@pytest.mark.guide("G48")
def test_the_tag_and_its_agreement_are_causes(found):
    def worst(name):
        return found[f"{name}: worst group"]

    assert worst("none") < 0.4 and worst("agreement 1") < 0.1
    for name in ("tag masked in training", "agreement 0.5"):
        assert worst(name) > worst("none") + 0.4
    groups = found["tag masked in the test: by group"]
    assert abs(groups[0] - groups[1]) < 0.2  # of one label, whatever tag they had


def test_every_row_is_that_of_its_own_model(found):
    names = {key.rsplit(": ", 1)[0] for key in found}
    assert len(names) == 3 + 6 and all(np.shape(found[f"{n}: by group"]) == (4,) for n in names)
    rows = [tuple(found[f"{name}: by group"]) for name in names]
    assert len({*rows}) >= len(rows) - 1
    short = replace(FAST, strengths=replace(FAST.strengths, steps=20))
    assert isinstance(short, shortcut_case.Settings)
    case = Shortcut(short, 0)
    again = numbers(case.plain(), case.tested["balanced"], case.tested["inside"])
    assert again[0] == found["20 steps: worst group"] and again[1] == found["20 steps: inside"]
