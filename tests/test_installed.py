"""Installed from a wheel the package writes nothing beside itself: there lie other packages."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import minillm
from minillm.backend import clone
from tests.commands.command_line import TINY, write_examples
from tests.labs import planted_study

PACKAGE = Path(minillm.__file__).parent
KNOW_THEIR_PLACE = {"backend/clone.py", "course/places.py", "labs/study.py"}


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder that holds the package and a study that is measured in no time, no more."""
    folder = tmp_path_factory.mktemp("installed") / "site-packages"
    shutil.copytree(PACKAGE, folder / "minillm", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(planted_study.__file__, folder / "minillm" / "labs")
    return folder


def files(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def run(installed, here, *words):
    """One command of the installed package, started in the folder ``here``."""
    before = files(installed)
    environment = {
        n: v for n, v in os.environ.items() if n not in ("PYTHONPATH", "MINILLM_FIGURES")
    }
    environment |= {"PYTHONPATH": str(installed), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=here,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert files(installed) == before
    return done


def written(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_study_is_written_under_the_current_folder(installed, tmp_path):
    done = run(installed, tmp_path, "-m", "minillm", "labs", "run", "planted_study")
    place = "figures/studies/planted_study.json"
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, str(Path(place)))
    assert written(tmp_path) == {place}


@pytest.mark.parametrize(
    ("action", "purpose"),
    [
        (["build"], "build"),
        (["build", "--check"], "build"),
        (["solutions", "there"], "solutions"),
        (["assets"], "assets"),
    ],
)
def test_what_is_made_from_the_clone_is_refused_in_one_line(installed, tmp_path, action, purpose):
    done = run(installed, tmp_path, "-m", "minillm", "course", *action)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"minillm course: {purpose} needs a clone of the project, with its lessons and tests; "
        f"minillm is installed without them, in {installed}\n"
    )
    assert written(tmp_path) == set()


def test_a_trained_model_of_the_lessons_comes_with_the_package(installed, tmp_path):
    code = "from minillm.course import assets; print(len(assets.load('bert').encoder.vocabulary))"
    done = run(installed, tmp_path, "-c", code)
    assert done.returncode == 0 and int(done.stdout) > 100


def test_a_figure_of_a_lesson_is_written_where_a_folder_is_named_and_else_nowhere(
    installed, tmp_path
):
    program = (
        "import os; os.environ.update({}); from matplotlib.figure import Figure; "
        "from minillm.course.lesson import savefig; "
        "figure = Figure(); figure.add_subplot().plot([1, 2]); savefig(figure, 'a', {'y': [1, 2]})"
    )
    assert run(installed, tmp_path, "-c", program).returncode == 0
    assert written(tmp_path) == set()
    named = program.replace("{}", "{'MINILLM_FIGURES': 'figures'}")
    assert run(installed, tmp_path, "-c", named).returncode == 0
    assert written(tmp_path) == {"figures/a.svg", "figures/a.json"}


def test_a_model_is_trained_and_used_without_a_clone(installed, tmp_path):
    file = write_examples(tmp_path / "data.tsv")
    commands = [
        ["train", str(file), "--out", "runs/mine", *TINY],
        ["evaluate", "runs/mine", str(file)],
        ["predict", "runs/mine", "very good"],
        ["info"],
        ["labs", "list"],
        ["guide", "4.1.2"],
        ["guide", "attention"],
        ["bench", "--parts", "import", "--rounds", "1"],
    ]
    program = f"from minillm.__main__ import main; print([main(c) for c in {commands}])"
    done = run(installed, tmp_path, "-c", program)
    assert done.stdout.splitlines()[-1] == str([0] * len(commands)), done.stderr
    assert {path.parts[0] for path in map(Path, written(tmp_path))} == {"data.tsv", "runs"}


def test_in_a_clone_files_are_written_there(monkeypatch, tmp_path):
    assert clone.in_a_clone()
    assert clone.home() == clone.PROJECT == PACKAGE.parent
    clone.require_clone("anything")
    monkeypatch.setattr(clone, "PROJECT", tmp_path)
    assert clone.home() == Path()


def test_few_modules_know_where_the_package_lies():
    """Whoever asks for a place to write asks ``backend/clone.py``; the others only read."""
    knowing = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if "__file__" in path.read_text(encoding="utf-8")
    }
    assert knowing == KNOW_THEIR_PLACE
