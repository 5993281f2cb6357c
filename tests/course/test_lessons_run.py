"""Every lesson runs, and shows what its committed notebook and figures show."""

import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest

from minillm.course.execute import PATIENCE
from minillm.course.notebooks import as_notebook
from minillm.course.places import FOLDERS, LESSONS, PROJECT
from minillm.course.printed import differences, printed
from tests.course.test_lessons import SOURCES, budget_of, differs, each_lesson, exercises_of
from tests.sampled import chosen

START = 30  # seconds for a kernel on a busy machine


def run(path, figures, limit):
    """A notebook, and what it printed, run in a process of its own, as ``course run`` does."""
    command = [sys.executable, "-m", "minillm", "course", "run", str(path), "--save", str(path)]
    finished = subprocess.run(
        [*command, "--figures", str(figures)],
        cwd=PROJECT,
        capture_output=True,
        encoding="utf-8",
        timeout=limit,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return json.loads(path.read_text(encoding="utf-8")), finished.stdout


def run_in_shell(path, figures, limit):
    """As ``run``, in a process that starts no kernel."""
    finished = subprocess.run(
        [sys.executable, "-m", "tests.course.shell_run", str(path), str(figures)],
        cwd=PROJECT,
        env={**os.environ, "MPLBACKEND": "agg"},
        capture_output=True,
        encoding="utf-8",
        timeout=limit,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return notebook, "".join(printed(cell) for cell in notebook["cells"] if "outputs" in cell)


# the slow run alone executes their experiments and their Chinese editions
LONG = {
    *("01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "11b", "12", "13", "14"),
    "15",
    *("16", "16b", "17", "18", "19", "20", "21", "c1", "c2", "c3"),
}


def runs(*, long):
    """Source and language of the lessons that are long, or of those that are not."""
    return [
        pytest.param(source, language, id=f"{source.stem} {language}")
        for source in SOURCES
        for language in (("en", "zh") if differs(source) else ("en",))
        if (source.stem.partition("_")[0] in LONG) is long
    ]


def runs_whole(source, language, folder):
    """The lesson runs, and shows the committed numbers and figures."""
    path = folder / f"{source.stem}.ipynb"
    path.write_text(as_notebook(source, language, "teacher"), encoding="utf-8")
    today, told = run(path, folder, PATIENCE * budget_of(source) + START)
    assert re.findall(r"^([\w.]+)  ✓", told, flags=re.MULTILINE) == exercises_of(source)
    compare_figures(source, folder, language)
    assert differences(committed(source, language), today) == []


@pytest.mark.parametrize(("source", "language"), runs(long=False))
def test_the_teachers_notebook_runs_and_shows_the_committed_numbers(source, language, tmp_path):
    runs_whole(source, language, tmp_path)


def in_half_of_all(one):
    """Half of the lessons for every run; the slow one has all of them, and their experiments."""
    marks = [] if chosen(one.id, 2) else [pytest.mark.slow]
    return pytest.param(*one.values, id=one.id, marks=marks)


@pytest.mark.slow
@pytest.mark.parametrize(("source", "language"), runs(long=True))
def test_a_long_one_runs_whole(source, language, tmp_path):
    runs_whole(source, language, tmp_path)


@pytest.mark.parametrize(
    ("source", "language"),
    [in_half_of_all(one) for one in runs(long=True) if one.values[1] == "en"],
)
def test_a_long_one_runs_but_for_its_experiment(source, language, tmp_path):
    path = tmp_path / f"{source.stem}.ipynb"
    notebook = without_experiment(json.loads(as_notebook(source, language, "teacher")))
    path.write_text(json.dumps(notebook), encoding="utf-8")
    today, told = run_in_shell(path, tmp_path, PATIENCE * budget_of(source) + START)
    assert re.findall(r"^([\w.]+)  ✓", told, flags=re.MULTILINE) == exercises_of(source)
    assert differences(without_experiment(committed(source, language)), today) == []


def without_experiment(notebook):
    """A notebook without the code of section 6, and of 7, which tells what 6 has shown."""
    kept, section = [], ""
    for cell in notebook["cells"]:
        heading = re.search(r"^## (\d)", "".join(cell["source"]), flags=re.MULTILINE)
        if cell["cell_type"] == "markdown" and heading:
            section = heading[1]
        if section not in ("6", "7"):
            kept.append(cell)
    assert 0 < len(kept) < len(notebook["cells"])
    return {**notebook, "cells": kept}


def committed(source, language):
    """The notebook that students get, with its outputs."""
    path = LESSONS / FOLDERS[language] / f"{source.stem}.ipynb"
    return json.loads(path.read_text(encoding="utf-8"))


@each_lesson
def test_where_the_code_is_the_same_both_languages_show_the_same(source):
    if not differs(source):
        english, chinese = (committed(source, language) for language in ("en", "zh"))
        assert differences(english, chinese) == []


def committed_figures(source, language):
    """The numbers of the figures of a lesson: in Chinese NAME_zh.json, where there is one."""
    found = sorted((PROJECT / "figures").glob(f"{source.stem.partition('_')[0]}_*.json"))
    chinese = {path.stem.removesuffix("_zh") for path in found if path.stem.endswith("_zh")}
    if language == "en":
        return [path for path in found if not path.stem.endswith("_zh")]
    return [path for path in found if path.stem not in chinese]


def compare_figures(source, folder, language="en"):
    """The numbers of the figures that a lesson drew into ``folder`` are the committed ones."""
    drawn = sorted(folder.glob("*.json"))
    committed = committed_figures(source, language)
    assert [p.name for p in drawn] == [p.name for p in committed]
    for ours, theirs in zip(drawn, committed, strict=True):
        new, old = (json.loads(p.read_text(encoding="utf-8")) for p in (ours, theirs))
        assert list(new) == list(old)
        for key in new:
            np.testing.assert_allclose(new[key], old[key], rtol=1e-3, err_msg=key)
        assert 0 < theirs.with_suffix(".svg").stat().st_size < 200_000
