"""Running a lab: what it says, and that nothing is measured twice."""

import json
from dataclasses import replace

import numpy as np
import pytest

from minillm.labs import read_study
from minillm.labs.compare import frozen
from minillm.labs.comparing import run_lab
from minillm.labs.own_remedy import with_own_remedy
from minillm.labs.running import run_study
from minillm.labs.verdicts import HELPS, NOTHING
from tests.labs.planted_lab import STUDY, TRIED, Settings

ALL = [(name, seed) for seed in (0, 1, 2) for name in ("nothing", "strong", "idle", "control")]


@pytest.fixture(autouse=True)
def nothing_tried():
    TRIED.clear()


def interrupted(folder, name="strong", seed=1):
    """Ctrl-C in the middle; what was tried before."""
    lab = replace(STUDY, settings=Settings(fail=(name, seed)))
    with pytest.raises(KeyboardInterrupt):
        run_lab(lab, STUDY.seeds, folder)
    tried = list(TRIED)
    TRIED.clear()
    return tried


def test_differences_are_paired_and_judged(tmp_path):
    _, result = run_lab(STUDY, STUDY.seeds, tmp_path)
    np.testing.assert_allclose(result.differences("strong", "share"), 0.5, atol=1e-6)
    words = {remedy: one.word for (remedy, _), one in result.verdicts().items()}
    assert words == {"strong": HELPS, "idle": NOTHING}
    assert result.side_effects()["strong", "other"].mean == pytest.approx(-0.5)
    assert result.passes("never") and result.controls()["never"].bound == 1 / 40


def test_the_file_is_that_of_a_study_and_has_what_was_found(tmp_path):
    path, _ = run_lab(STUDY, STUDY.seeds, tmp_path / "lab")
    as_study = run_study(STUDY, STUDY.seeds, tmp_path / "study")
    stored, plain = (json.loads(p.read_text(encoding="utf-8")) for p in (path, as_study))
    assert {key: stored[key] for key in plain} == plain
    assert stored["protocol"] == "nothing was chosen" and stored["comparisons"] == 2
    assert stored["level"] == pytest.approx(0.975)
    assert [(v["remedy"], v["word"]) for v in stored["verdicts"]] == [
        ("strong", HELPS),
        ("idle", NOTHING),
    ]
    assert list(stored["cpu_seconds"]) == ["nothing", "strong", "idle"]
    assert all(len(seconds) == 3 for seconds in stored["cpu_seconds"].values())
    assert stored["controls"][0]["passes"] is True
    assert read_study("planted_lab", tmp_path / "lab")["strong: curve"].shape == (3, 2)


def test_a_control_that_finds_something_fails(tmp_path):
    control = replace(STUDY.controls["never"], measure=lambda case: 0.04 + 0.01 * case.seed)
    _, result = run_lab(replace(STUDY, controls={"never": control}), [0, 1, 2], tmp_path)
    assert not result.passes("never")
    wide = replace(control, margin=0.1)
    _, result = run_lab(replace(STUDY, controls={"never": wide}), [0, 1, 2], tmp_path)
    assert result.passes("never")


def test_an_interrupted_run_measures_nothing_twice(tmp_path):
    before = interrupted(tmp_path)
    assert before == [*ALL[:4], *ALL[4:6]]  # the last one was cut off
    settings = Settings(fail=("strong", 1))
    kept = sorted(path.name for path in (tmp_path / "planted_lab.cells").iterdir())
    assert len(kept) == 5
    calm = replace(STUDY, settings=settings, remedies={**STUDY.remedies, "strong": calmly})
    run_lab(calm, STUDY.seeds, tmp_path)
    assert [one for one in TRIED if one[0] != "strong"] == [
        one for one in ALL[5:] if one[0] != "strong"
    ]
    assert not (tmp_path / "planted_lab.cells").exists()


def calmly(case):
    TRIED.append(("strong", case.seed))
    return 0.7


def test_other_settings_or_another_remedy_are_measured_again(tmp_path):
    run_lab(STUDY, [0, 1], tmp_path, keep=True)
    TRIED.clear()
    run_lab(STUDY, [0, 1], tmp_path, keep=True)
    assert TRIED == []
    run_lab(replace(STUDY, remedies={**STUDY.remedies, "strong": calmly}), [0, 1], tmp_path)
    assert TRIED == [("strong", 0), ("strong", 1)]
    TRIED.clear()
    run_lab(STUDY, [0, 1], tmp_path, keep=True)
    TRIED.clear()
    run_lab(replace(STUDY, settings=Settings(strength=0.4)), [0, 1], tmp_path)
    assert len(TRIED) == 8


def test_numbers_are_the_same_whether_kept_or_measured_in_one_go_or_in_processes(tmp_path):
    one, _ = run_lab(STUDY, STUDY.seeds, tmp_path / "one")
    two, _ = run_lab(STUDY, STUDY.seeds, tmp_path / "two", jobs=2)
    run_lab(STUDY, [1, 2], tmp_path / "three", keep=True)
    three, _ = run_lab(STUDY, STUDY.seeds, tmp_path / "three")
    found = [json.loads(path.read_text(encoding="utf-8")) for path in (one, two, three)]
    assert found[0]["results"] == found[1]["results"] == found[2]["results"]


def test_only_what_was_chosen_is_measured(tmp_path):
    arms = STUDY.chosen(["idle"])
    _, result = run_lab(STUDY, [0, 1], tmp_path, arms=arms)
    assert {name for name, _ in TRIED} == {"nothing", "idle", "control"}
    assert result.lab.comparisons == 2  # choosing some makes no interval narrower


def test_too_few_seeds_are_refused_before_anything_is_measured(tmp_path):
    for seeds, says in (([], "at least one seed"), ([3], "over at least 2 seeds, got \\[3\\]")):
        with pytest.raises(ValueError, match=says):
            run_lab(STUDY, seeds, tmp_path)
    assert TRIED == [] and not list(tmp_path.iterdir())


def test_the_command_names_the_remedies_that_were_chosen(tmp_path):
    path, _ = run_lab(STUDY, STUDY.seeds, tmp_path, arms=STUDY.chosen(["idle"]))
    stored = json.loads(path.read_text(encoding="utf-8"))
    assert stored["command"] == ("python -m minillm labs run planted_lab --remedies idle --out DIR")


def test_a_remedy_of_a_file_is_named_in_the_command(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text('LAB = "planted_lab"\n\ndef remedy(case):\n    return 1.0\n', encoding="utf-8")
    lab, own = with_own_remedy(STUDY, file)
    path, _ = run_lab(lab, [0, 1], tmp_path / "out", arms=[*STUDY.arms, own])
    stored = json.loads(path.read_text(encoding="utf-8"))
    assert stored["command"] == (
        "python -m minillm labs run planted_lab --seeds 0 1 --remedy mine.py --out DIR"
    )


def test_frozen_arrays_cannot_be_changed():
    labels = np.zeros(2)
    frozen(labels)
    with pytest.raises(ValueError, match="read-only"):
        labels[:] = 1.0
