"""The file of a study: numbers with what made them, and the stored files as they are."""

import json
import platform
from dataclasses import asdict

import pytest

from minillm.backend import kernels_in_force
from minillm.backend.machine import processor
from minillm.labs import read_settings, read_study
from minillm.labs.stored import STORED, write_study
from minillm.labs.study import find_study, study_modules
from tests.labs.planted_study import STUDY

MEASURED = [STUDY.measure(STUDY.settings, seed) for seed in STUDY.seeds]


def test_a_study_keeps_its_numbers_with_all_that_made_them(tmp_path):
    path = write_study(STUDY, STUDY.seeds, MEASURED, tmp_path)
    stored = json.loads(path.read_text(encoding="utf-8"))
    assert stored["settings"] == asdict(STUDY.settings) and stored["seeds"] == [0, 1, 2]
    assert stored["command"] == "python -m minillm labs run planted_study"
    assert set(stored) >= {"question", "minillm", "numpy", "processor"}
    assert stored["kernels"] == kernels_in_force()
    assert stored["results"]["score"] == [0, 0.333333, 0.666667]


def test_the_command_has_the_seeds_where_they_are_not_those_of_the_study(tmp_path):
    path = write_study(STUDY, [2, 0], [MEASURED[2], MEASURED[0]], tmp_path)
    stored = json.loads(path.read_text(encoding="utf-8"))
    assert stored["command"] == "python -m minillm labs run planted_study --seeds 2 0 --out DIR"


def test_reading_gives_arrays_with_the_seeds_first_and_the_settings(tmp_path):
    write_study(STUDY, STUDY.seeds, MEASURED, tmp_path)
    results = read_study("planted_study", tmp_path)
    assert results["curve"].tolist() == [[0, 0.5], [1, 1.5], [2, 2.5]]
    assert read_settings("planted_study", tmp_path) == asdict(STUDY.settings)


def test_the_same_numbers_give_the_same_bytes_and_leave_nothing_else(tmp_path):
    first = write_study(STUDY, [0], MEASURED[:1], tmp_path).read_bytes()
    assert write_study(STUDY, [0], MEASURED[:1], tmp_path).read_bytes() == first
    assert [path.name for path in tmp_path.iterdir()] == ["planted_study.json"]


@pytest.mark.parametrize("read", [read_study, read_settings])
def test_a_study_that_was_not_run_is_told_how(read, tmp_path):
    with pytest.raises(FileNotFoundError, match="python -m minillm labs run planted_study"):
        read("planted_study", tmp_path)


@pytest.mark.parametrize(
    ("value", "error"),
    [(float("nan"), ValueError), ([1, float("inf")], ValueError), ("1", TypeError)],
)
def test_what_is_not_a_finite_number_is_refused_and_nothing_is_written(value, error, tmp_path):
    with pytest.raises(error, match="study planted_study: score"):
        write_study(STUDY, [0], [{"score": value}], tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_processor_has_a_name_on_every_system(monkeypatch, tmp_path):
    assert processor()["name"].strip()
    monkeypatch.setattr("minillm.backend.machine.CPUINFO", tmp_path / "missing")
    assert processor()["name"] == (platform.processor() or platform.machine())


def test_every_stored_file_is_of_a_study_and_every_study_is_stored():
    assert {path.stem for path in STORED.glob("*.json")} == set(study_modules())


@pytest.mark.parametrize("name", study_modules())
def test_the_stored_settings_are_those_of_the_study(name):
    study = find_study(name)
    stored = json.loads((STORED / f"{name}.json").read_text(encoding="utf-8"))
    assert stored["settings"] == json.loads(json.dumps(asdict(study.settings)))
    assert stored["question"] == study.question and stored["seeds"] == list(study.seeds)
    assert stored["command"] == f"python -m minillm labs run {name}" and stored["processor"]
    assert all(len(values) == len(study.seeds) for values in stored["results"].values())
