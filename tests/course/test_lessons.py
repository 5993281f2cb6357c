"""The committed lessons: built from their sources, the same in both languages, and they run."""

import ast
import importlib.util
import json
import pkgutil
import re
import subprocess
import sys

import numpy as np
import pytest

from minillm.course.build import LESSONS, as_notebook, different
from minillm.course.execute import PATIENCE
from minillm.course.lesson import PROJECT

SOURCES = sorted((LESSONS / "src").glob("*.py"))
ALLOWED = {"minillm", "numpy", "matplotlib"}
TAGS = {"exercise", "solution", "exercise-check", "figure", "gpu", "gradcheck", "raises-exception"}
TOTAL_BUDGET = 600  # seconds on one core, all lessons together
START = 30  # seconds for a kernel on a busy machine

each_lesson = pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)


def notebook_of(source, language="en", edition="student"):
    return json.loads(as_notebook(source, language, edition))


def cells_of(source, language, kind):
    cells = notebook_of(source, language)["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == kind]


def budget_of(source):
    return head_of(source)["budget_s"]


def exercises_of(source):
    code = "\n".join(cells_of(source, "en", "code"))
    return re.findall(r'^check\("([\w.]+)"', code, flags=re.MULTILINE)


def head_of(source):
    """What stands under ``minillm`` in a lesson's head."""
    return notebook_of(source)["metadata"]["minillm"]


def stubs_of(source):
    """The student's exercise cells, each with its check."""
    wanted = {"exercise", "exercise-check"}
    return [
        "".join(cell["source"])
        for cell in notebook_of(source)["cells"]
        if wanted & set(cell["metadata"].get("tags", []))
    ]


def imported_names(tree):
    """Dotted names of all that is imported."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def is_module(name):
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # a name inside a module that is no package
        return False


def used_modules(source):
    """Modules of the library that hold what a lesson imports, or takes from a package."""
    tree = ast.parse(source.read_text(encoding="utf-8"))
    names = {name for name in imported_names(tree) if name.startswith("minillm.")}
    packages = {name.rpartition(".")[2]: name for name in names if is_module(name)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            package = packages.get(node.value.id)
            names |= {f"{package}.{node.attr}"} if package else set()
    things = {name: pkgutil.resolve_name(name) for name in names - set(packages.values())}
    # a constant does not know its module
    return {getattr(t, "__module__", name.rpartition(".")[0]) for name, t in things.items()}


def headings(source, language):
    """Level and number of each heading."""
    text = "\n".join(cells_of(source, language, "markdown"))
    found = re.findall(r"^(#+) \D*?(\d+)", text, flags=re.MULTILINE)
    assert len(found) == len(re.findall(r"^#+ ", text, flags=re.MULTILINE))
    return found


def formulas(source, language):
    text = "\n".join(cells_of(source, language, "markdown"))
    return re.findall(r"\$\$.*?\$\$", text, flags=re.DOTALL)


def run(path, figures, limit):
    """What a notebook printed in a process of its own, as ``execute`` runs it."""
    command = [sys.executable, "-m", "minillm.course", "execute", str(path)]
    finished = subprocess.run(
        [*command, "--figures", str(figures)],
        cwd=PROJECT,
        capture_output=True,
        encoding="utf-8",
        timeout=limit,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def test_there_are_lessons():
    assert SOURCES


def test_the_notebooks_are_what_their_sources_give():
    assert different() == []


@each_lesson
def test_both_languages_share_code_formulas_and_the_numbers_of_headings(source):
    assert cells_of(source, "en", "code") == cells_of(source, "zh", "code")
    assert len(cells_of(source, "en", "markdown")) == len(cells_of(source, "zh", "markdown"))
    assert formulas(source, "en") == formulas(source, "zh")
    assert headings(source, "en") == headings(source, "zh")


@each_lesson
def test_each_language_is_written_in_its_own_script(source):
    assert not re.search("[一-鿿]", "".join(cells_of(source, "en", "markdown")))
    assert not re.search("[一-鿿]", "".join(cells_of(source, "en", "code")))
    assert all(re.search("[一-鿿]", cell) for cell in cells_of(source, "zh", "markdown"))


@each_lesson
def test_a_lesson_imports_the_library_and_what_draws(source):
    imports = imported_names(ast.parse(source.read_text(encoding="utf-8")))
    assert {name.split(".")[0] for name in imports} <= ALLOWED


@each_lesson
def test_tags_are_known_and_a_gpu_cell_stands_under_a_question(source):
    for cell in notebook_of(source, edition="teacher")["cells"]:
        tags = set(cell["metadata"].get("tags", []))
        assert tags <= TAGS
        assert "gpu" not in tags or cell["source"][0].strip() == "if gpu():"


@each_lesson
def test_a_lesson_uses_nothing_that_a_later_one_introduces(source):
    """``introduces`` in a lesson's head names the modules that it explains."""
    so_far = [s for s in SOURCES if s.stem <= source.stem]
    known = {module for lesson in so_far for module in head_of(lesson)["introduces"]}
    for module in used_modules(source):
        assert module in known or module.startswith(("minillm.course", "minillm.labs")), module


def test_a_module_is_introduced_once_and_exists():
    modules = [module for source in SOURCES for module in head_of(source)["introduces"]]
    assert len(modules) == len(set(modules))
    assert all(importlib.util.find_spec(module) for module in modules)


def test_a_use_of_something_later_is_noticed(tmp_path):
    planted = tmp_path / "00_planted.py"
    text = "from minillm import nn, ops\nfrom minillm.ops.losses import IGNORE, nll_loss\n"
    planted.write_text(f"{text}nn.Linear, ops.gelu, ops, IGNORE", encoding="utf-8")
    assert used_modules(planted) == {
        "minillm.nn.linear",
        "minillm.ops.activations",
        "minillm.ops.losses",
    }


@each_lesson
def test_an_exercise_cell_is_followed_by_its_solution_and_then_its_check(source):
    tags = re.findall(r'^# %% tags=\["(.*)"\]', source.read_text(encoding="utf-8"), re.MULTILINE)
    ours = [tag for tag in tags if tag in {"exercise", "solution", "exercise-check"}]
    assert ours == ["exercise", "solution", "exercise-check"] * len(exercises_of(source))


def test_all_lessons_together_keep_their_budget():
    assert sum(map(budget_of, SOURCES)) <= TOTAL_BUDGET


@each_lesson
def test_the_teachers_notebook_runs_and_its_figures_have_the_committed_numbers(source, tmp_path):
    path = tmp_path / f"{source.stem}.ipynb"
    path.write_text(as_notebook(source, "en", "teacher"), encoding="utf-8")
    printed = run(path, tmp_path, PATIENCE * budget_of(source) + START)
    assert re.findall(r"^([\w.]+)  ✓", printed, flags=re.MULTILINE) == exercises_of(source)
    drawn = sorted(tmp_path.glob("*.json"))
    prefix = source.stem.partition("_")[0]
    committed = sorted((PROJECT / "figures").glob(f"{prefix}_*.json"))
    assert [p.name for p in drawn] == [p.name for p in committed]
    for ours, theirs in zip(drawn, committed, strict=True):
        new, old = (json.loads(p.read_text(encoding="utf-8")) for p in (ours, theirs))
        assert list(new) == list(old)
        for key in new:
            np.testing.assert_allclose(new[key], old[key], rtol=1e-3, err_msg=key)
        assert 0 < theirs.with_suffix(".svg").stat().st_size < 200_000


@each_lesson
def test_the_students_stubs_are_told_that_they_are_not_answered_yet(source, monkeypatch, capsys):
    """Everything else in the student's notebook is what the teacher's has run."""
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    namespace = {}
    for cell in [cells_of(source, "en", "code")[0], *stubs_of(source)]:
        exec(compile(cell, source.name, "exec"), namespace)
    printed = capsys.readouterr().out
    assert printed.count("not answered yet") == len(exercises_of(source)) > 0
    assert "✓" not in printed
