"""All remedies beside all labs: what stands in each cell, and that no cell is silent."""

import json
from dataclasses import replace

import pytest

from minillm.labs import matrix as module
from minillm.labs.comparing import run_lab
from minillm.labs.matrix import HALVES, entries, matrix
from minillm.labs.remedy_kinds import (
    AIMED,
    FINE_TUNING,
    KINDS,
    OTHERS,
    REGULARIZATION,
    by_remedy,
)
from minillm.labs.stored import STORED, read_file
from minillm.labs.study import find_study, study_modules
from tests.labs.planted_lab import STUDY

NAME = STUDY.name
REASONS = {kind: f"no {kind}" for kind in KINDS if kind not in (AIMED, OTHERS)}


@pytest.fixture
def planted(monkeypatch):
    """The lab is found, with these fields changed."""

    def change(**fields):
        lab = replace(STUDY, **fields)
        monkeypatch.setattr(module, "find_study", {NAME: lab, "recall": find_study("recall")}.get)
        return lab

    return change


@pytest.fixture
def stored(tmp_path):
    """The folder with the file of the lab."""
    run_lab(STUDY, [0, 1, 2], tmp_path)
    return tmp_path


def test_a_cell_holds_the_verdicts_of_its_kind_or_why_there_are_none(planted, stored):
    planted(kinds=by_remedy({AIMED: ["strong"], OTHERS: ["idle"]}), untried=REASONS)
    cells = matrix([NAME], stored)
    assert [*cells] == [(kind, NAME) for kind in KINDS]
    assert cells[FINE_TUNING, NAME] == f"no {FINE_TUNING}"
    (one,) = cells[AIMED, NAME]
    assert (one.remedy, one.measure, one.n, one.verdict.word) == ("strong", "share", 3, "helps")
    assert str(one) == "+0.50 ± 0.03"  # all differences are equal: one item of 40
    (other,) = cells[OTHERS, NAME]
    undecided = other._replace(verdict=replace(other.verdict, word="undecided", bound=0.3))
    assert str(undecided).endswith(", at most 0.30") and "at most" not in str(other)


def test_a_lab_that_leaves_a_cell_unexplained_is_refused(planted, stored):
    reasons = {kind: why for kind, why in REASONS.items() if kind != REGULARIZATION}
    planted(kinds=by_remedy({AIMED: ["strong"], OTHERS: ["idle"]}), untried=reasons)
    with pytest.raises(ValueError, match=f"no remedy is '{REGULARIZATION}'"):
        matrix([NAME], stored)
    planted(kinds={"strong": AIMED})
    with pytest.raises(ValueError, match="of what kind the remedy 'idle' is"):
        entries(NAME, stored)


def test_a_study_without_remedies_and_a_missing_file_are_refused(planted, tmp_path):
    planted(kinds={"strong": AIMED, "idle": OTHERS})
    with pytest.raises(ValueError, match="recall is a study that compares no remedies"):
        matrix(["recall"], tmp_path)
    with pytest.raises(FileNotFoundError, match=f"labs run {NAME}"):
        matrix([NAME], tmp_path)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kinds": {"weak": AIMED}}, "kinds has 'weak', which is no remedy; there are .*'strong'"),
        ({"kinds": {"nothing": AIMED}}, "kinds has 'nothing'"),
        ({"kinds": {"strong": "5 luck"}}, "'5 luck' is no kind of remedy; there are .*aimed"),
        ({"untried": {"5 luck": "none"}}, "'5 luck' is no kind of remedy"),
        ({"kinds": {"strong": AIMED}, "untried": {AIMED: "none"}}, "untried, and has a remedy"),
    ],
)
def test_kinds_that_cannot_be_are_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        replace(STUDY, **fields)


def labs():
    """Every lab of the project."""
    studies = [find_study(name) for name in study_modules()]
    return [study for study in studies if hasattr(study, "remedies")]


def test_both_halves_have_every_lab_once_but_those_of_the_challenges():
    listed = [name for names in HALVES.values() for name in names]
    others = [lab for lab in labs() if ".challenges." not in lab.measure.__module__]
    assert sorted(listed) == sorted(lab.name for lab in others)


@pytest.mark.parametrize("half", HALVES)
def test_every_cell_of_the_labs_has_seeds_and_an_interval_or_a_reason(half):
    cells = matrix(HALVES[half])
    for (kind, name), cell in cells.items():
        if isinstance(cell, str):
            assert len(cell) > 8, (kind, name)
            continue
        for one in cell:
            assert one.kind == kind and one.n >= 10
            assert one.verdict.half > 0 and one.verdict.bound >= 0
    for name in HALVES[half]:
        found = [one for kind in KINDS for one in cells[kind, name] if not isinstance(one, str)]
        assert len(found) == len(read_file(name, STORED)["verdicts"])


def test_the_stored_matrix_is_that_of_the_stored_labs():
    found = json.loads((STORED.parent / "remedies.json").read_text(encoding="utf-8"))
    cells = matrix([name for names in HALVES.values() for name in names])
    verdicts = [one for cell in cells.values() for one in cell if not isinstance(cell, str)]
    assert [
        (e["lab"], e["remedy"], e["measure"], e["mean"], e["word"]) for e in found if "n" in e
    ] == [
        (one.lab, one.remedy, one.measure, one.verdict.mean, one.verdict.word) for one in verdicts
    ]
    untried = {(e["kind"], e["lab"]): e["untried"] for e in found if "untried" in e}
    assert untried == {key: cell for key, cell in cells.items() if isinstance(cell, str)}
