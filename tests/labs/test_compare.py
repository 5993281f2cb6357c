"""Labs: what one is made of, and what remedies share and cost."""

import time
from dataclasses import replace

import pytest

from minillm.labs.compare import Case, cell
from tests.labs import planted_lab
from tests.labs.planted_lab import STUDY, Settings


def busy(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
    return 1.0


def test_what_is_shared_is_made_once_and_costs_each_remedy_the_same():
    made = []

    def make():
        made.append(1)
        return busy(0.05)

    case = Case(Settings(), 0)
    lab = STUDY.with_own("slow", lambda case: case.shared("slow", make))
    first, second = (cell(lab, case, "slow") for _ in range(2))
    assert len(made) == 1
    assert first.seconds >= 0.05 and second.seconds >= 0.05
    assert cell(lab, case, "idle").seconds < 0.04


def test_the_time_of_measuring_is_no_cost_of_a_remedy():
    slow = replace(STUDY, evaluate=lambda case, model: {"share": busy(0.05)})
    assert cell(slow, Case(Settings(), 0), "idle").seconds < 0.04


def test_the_comparisons_of_a_lab_are_remedies_times_headlines():
    assert (STUDY.baseline, STUDY.headlines, STUDY.comparisons) == ("nothing", ["share"], 2)
    assert STUDY.with_own("own: x", float).comparisons == 3
    assert STUDY.arms == ["nothing", "strong", "idle", "control, never"]


def test_some_remedies_are_chosen_and_the_baseline_and_controls_stay():
    assert STUDY.chosen(["idle"]) == ["nothing", "idle", "control, never"]
    with pytest.raises(ValueError, match="lab planted_lab: no remedy 'x'; there are strong; idle"):
        STUDY.chosen(["idle", "x"])


def test_a_lab_needs_something_to_compare():
    for wrong in ({"remedies": {"nothing": planted_lab.nothing}}, {"measures": {}}):
        with pytest.raises(ValueError, match="needs a baseline, a remedy and a headline measure"):
            replace(STUDY, **wrong)


def test_a_remedy_that_gives_no_model_is_refused():
    lab = STUDY.with_own("own: x", lambda case: None)
    with pytest.raises(TypeError, match="remedy 'own: x' must return a float, got NoneType"):
        cell(lab, Case(Settings(), 0), "own: x")


def test_a_seed_has_all_numbers_by_the_name_of_the_remedy():
    found = STUDY.measure(Settings(), 1)
    assert list(found) == [
        *(f"{r}: {key}" for r in STUDY.remedies for key in ("share", "curve", "other")),
        "control, never: difference",
    ]
    assert found["strong: share"] == pytest.approx(0.71)
