"""Studies: every seed measured, the numbers kept with what made them, and remade on demand."""

import errno
import json
import os
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from minillm.labs import Study, mean_and_interval, read_study
from minillm.labs.__main__ import main
from minillm.labs.study import STORED, STUDIES, find_study, run_study


def measure(seed):
    return {"score": seed / 3, "curve": [seed, seed + 0.5]}


STUDY = Study("planted", "Does it work?", {"steps": 7}, measure, [0, 1, 2])


@pytest.fixture(autouse=True)
def planted(monkeypatch):
    """One more study in the register."""
    monkeypatch.setitem(sys.modules, "planted_module", SimpleNamespace(STUDY=STUDY))
    monkeypatch.setitem(STUDIES, "planted", "planted_module")


def test_a_study_keeps_its_numbers_with_all_that_made_them(tmp_path):
    stored = json.loads(run_study(STUDY, STUDY.seeds, tmp_path).read_text(encoding="utf-8"))
    assert stored["settings"] == {"steps": 7} and stored["seeds"] == [0, 1, 2]
    assert stored["command"] == "python -m minillm.labs run planted"
    assert set(stored) >= {"question", "minillm", "numpy"}
    assert stored["results"]["score"] == [0, 0.333333, 0.666667]


def test_reading_gives_arrays_with_the_seeds_first(tmp_path):
    run_study(STUDY, STUDY.seeds, tmp_path)
    results = read_study("planted", tmp_path)
    assert results["curve"].tolist() == [[0, 0.5], [1, 1.5], [2, 2.5]]


def test_the_same_study_gives_the_same_bytes_and_leaves_nothing_else(tmp_path):
    first = run_study(STUDY, [0], tmp_path).read_bytes()
    assert run_study(STUDY, [0], tmp_path).read_bytes() == first
    assert [path.name for path in tmp_path.iterdir()] == ["planted.json"]


def test_a_study_that_was_not_run_is_told_how(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"python -m minillm\.labs run planted"):
        read_study("planted", tmp_path)


def test_numbers_that_are_not_finite_and_no_seeds_are_refused_and_nothing_is_written(tmp_path):
    broken = Study("planted", "", {}, lambda seed: {"score": float("nan")}, [0])
    with pytest.raises(ValueError, match="study planted: score holds a number that is not finite"):
        run_study(broken, [0], tmp_path)
    with pytest.raises(ValueError, match="needs at least one seed"):
        run_study(STUDY, [], tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("seeds", [np.arange(2), np.array([0]), range(1)])
def test_seeds_may_be_an_array(seeds, tmp_path):
    stored = json.loads(run_study(STUDY, seeds, tmp_path).read_text(encoding="utf-8"))
    assert stored["seeds"] == list(seeds)
    with pytest.raises(ValueError, match="at least one seed"):
        run_study(STUDY, np.array([], dtype=int), tmp_path)


def test_a_study_that_cannot_be_written_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = run_study(STUDY, [0], tmp_path)
    before = path.read_bytes()

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        run_study(STUDY, [1], tmp_path)
    assert path.read_bytes() == before
    assert [place.name for place in tmp_path.iterdir()] == ["planted.json"]


def test_the_command_lists_runs_and_refuses(tmp_path, capsys):
    assert main(["list"]) == 0
    assert "planted: Does it work?" in capsys.readouterr().out
    assert main(["run", "planted", "--seeds", "4", "--out", str(tmp_path)]) == 0
    assert read_study("planted", tmp_path)["curve"].tolist() == [[4, 4.5]]
    assert main(["run", "planed"]) == 1
    assert "no study 'planed'; there are" in capsys.readouterr().err


def test_other_seeds_do_not_overwrite_what_lessons_draw(capsys):
    assert main(["run", "planted", "--seeds", "4"]) == 1
    assert "lessons draw seeds [0, 1, 2]: --seeds needs --out" in capsys.readouterr().err
    assert not (STORED / "planted.json").exists()


def test_the_interval_of_three_seeds_by_hand():
    mean, half = mean_and_interval(np.array([1.0, 2.0, 3.0]))  # s = 1, t = 4.303
    assert mean == 2.0 and half == pytest.approx(4.303 / 3**0.5)


@pytest.mark.parametrize("n", [1, 11])
def test_an_interval_needs_a_spread_that_the_table_covers(n):
    with pytest.raises(ValueError, match=f"2 to 10 seeds, got {n}"):
        mean_and_interval(np.zeros(n))


def test_every_stored_file_is_of_a_study_and_every_study_is_stored():
    names = set(STUDIES) - {"planted"}
    assert {path.stem for path in STORED.glob("*.json")} == names
    for name in names:
        study = find_study(name)
        stored = json.loads((STORED / f"{name}.json").read_text(encoding="utf-8"))
        assert study.name == name and stored["question"] == study.question
        assert stored["settings"] == json.loads(json.dumps(dict(study.settings)))
        assert stored["seeds"] == list(study.seeds)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(STUDIES))
def test_the_first_seed_measured_again_gives_the_stored_numbers(name, tmp_path):
    """A run over all seeds takes minutes; the command in the file repeats it."""
    study = find_study(name)
    run_study(study, study.seeds[:1], tmp_path)
    again, stored = read_study(name, tmp_path), read_study(name)
    assert list(again) == list(stored)
    for key in stored:
        np.testing.assert_allclose(
            again[key][0],
            stored[key][0],
            rtol=study.tolerance,
            atol=study.tolerance,
            err_msg=key,
        )
