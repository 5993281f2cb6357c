"""Measuring a study: every seed, in one process or in several, and how it ends early."""

import errno
import json
import multiprocessing
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from minillm.backend import kernels
from minillm.labs import read_study
from minillm.labs.running import run_study
from minillm.labs.study import find_study, study_modules
from minillm.labs.worlds.public import missing_files
from tests.labs.planted_study import STUDY, Settings, measure

ROOT = Path(__file__).parents[2]


def test_every_seed_is_measured_and_written(tmp_path):
    run_study(STUDY, [4, 2], tmp_path)
    assert read_study("planted_study", tmp_path)["curve"].tolist() == [[4, 4.5], [2, 2.5]]


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
    assert [place.name for place in tmp_path.iterdir()] == [path.name]


def test_several_processes_give_the_bytes_of_one(tmp_path):
    one, two = (
        run_study(STUDY, [2, 0, 1], tmp_path / str(jobs), jobs=jobs).read_bytes() for jobs in (1, 2)
    )
    assert one == two


def test_other_processes_use_the_kernels_of_this_one(tmp_path):
    with kernels("off"):
        run_study(STUDY, [0, 1], tmp_path, jobs=2)
    assert read_study("planted_study", tmp_path)["level"].tolist() == [0, 0]


def test_no_seeds_and_no_jobs_are_refused_and_nothing_is_written(tmp_path):
    for none in ([], np.array([], dtype=int)):
        with pytest.raises(ValueError, match="needs at least one seed"):
            run_study(STUDY, none, tmp_path)
    for seeds in ([0, 0], [-1], [1, 0, 1]):
        with pytest.raises(ValueError, match="seeds must be different and at least 0"):
            run_study(STUDY, seeds, tmp_path)
    with pytest.raises(ValueError, match="--jobs must be at least 1, got 0"):
        run_study(STUDY, [0], tmp_path, jobs=0)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_seed_that_fails_ends_the_run_and_leaves_no_file_and_no_process(jobs, tmp_path):
    study = replace(STUDY, settings=Settings(fail_at=1))
    with pytest.raises(ArithmeticError, match="seed 1 cannot be measured"):
        run_study(study, [0, 1, 2], tmp_path, jobs=jobs)
    assert not (tmp_path / "planted_study.json").exists()
    assert not multiprocessing.active_children()


def test_where_no_seed_was_measured_nothing_is_left(tmp_path):
    with pytest.raises(ArithmeticError, match="seed 1 cannot be measured"):
        run_study(replace(STUDY, settings=Settings(fail_at=1)), [1], tmp_path)
    assert not list(tmp_path.iterdir())


MEASURED = []


def noted(settings, seed):
    MEASURED.append(seed)
    return measure(settings, seed)


def test_a_run_that_was_interrupted_measures_no_seed_twice(tmp_path):
    MEASURED.clear()
    with pytest.raises(ArithmeticError):
        run_study(replace(STUDY, settings=Settings(fail_at=2), measure=noted), [0, 1, 2], tmp_path)
    assert MEASURED == [0, 1, 2]
    (tmp_path / "planted_study.cells" / "1.json").write_text('{"made_by": ', encoding="utf-8")
    with pytest.raises(ArithmeticError):  # what is damaged is measured again, what is whole is not
        run_study(replace(STUDY, settings=Settings(fail_at=2), measure=noted), [0, 1, 2], tmp_path)
    assert MEASURED == [0, 1, 2, 1, 2]
    path = run_study(replace(STUDY, measure=noted), [0, 1, 2], tmp_path)  # with other settings all
    assert MEASURED[5:] == [0, 1, 2]
    assert path.read_bytes() == run_study(STUDY, [0, 1, 2], tmp_path / "whole").read_bytes()
    assert [one.name for one in tmp_path.iterdir() if one.is_dir()] == ["whole"]


def test_a_file_in_the_place_of_the_folder_is_refused_before_anything_is_measured(tmp_path):
    file = tmp_path / "file"
    file.write_text("", encoding="utf-8")
    study = replace(STUDY, settings=Settings(fail_at=0))
    with pytest.raises(NotADirectoryError, match="Not a directory"):
        run_study(study, [0], file)


INTERRUPTED = """
import sys
from dataclasses import replace
from pathlib import Path
from minillm.labs.running import run_study
from tests.labs.planted_study import STUDY, Settings, measure
if __name__ == "__main__":
    study = replace(STUDY, settings=Settings(interrupted=True))
    try:
        run_study(study, [0, 1, 2], Path(sys.argv[1]), jobs=2)
    except KeyboardInterrupt:
        print("stopped")
"""


def test_ctrl_c_stops_the_processes_too(tmp_path):
    script = tmp_path / "interrupted.py"
    script.write_text(INTERRUPTED, encoding="utf-8")
    finished = subprocess.run(
        [sys.executable, script, tmp_path / "out"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert finished.stdout == "stopped\n"
    assert "Traceback" not in finished.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
@pytest.mark.parametrize("name", study_modules())
def test_the_first_seed_measured_again_gives_the_stored_numbers(name, tmp_path):
    """A run over all seeds takes minutes; the command in the file repeats it."""
    study = find_study(name)
    for line in missing_files(study.settings):
        pytest.skip(line)  # public data are no part of the project
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
