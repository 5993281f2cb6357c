"""The committed lessons: built from their sources, the same in both languages, with all parts."""

import ast
import importlib.util
import pkgutil
import re
from functools import cache

import matplotlib
import pytest

from minillm.course.places import LESSONS
from tests.course.built import notebook_of

SOURCES = sorted((LESSONS / "src").glob("*.py"))
ALLOWED = {"minillm", "numpy", "matplotlib", "dataclasses", "math", "time"}
TAGS = {
    *("exercise", "solution", "exercise-check", "figure", "gpu", "gradcheck"),
    *("answer", "language", "machine", "raises-exception", "timing", "whole"),
}
TOTAL_BUDGET = 850  # seconds on one core, all lessons together
CHINESE = re.compile(
    "[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]"
)  # characters and their punctuation
SECTIONS = [("##", str(number)) for number in range(1, 10)]

each_lesson = pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)


def cells_of(source, language, kind, edition="student"):
    cells = notebook_of(source, language, edition)["cells"]
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


def imports_of(tree):
    """What the names that a lesson imports stand for: name -> dotted name."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                found |= {alias.asname: alias.name} if alias.asname else {first: first}
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return found


@cache
def is_module(name):
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # a name inside a module that is not a package
        return False


def thing(node, imported):
    """Dotted name of what an expression takes from modules: of ``nn.Linear.forward``, the class."""
    if isinstance(node, ast.Name):
        return imported.get(node.id)
    if isinstance(node, ast.Attribute):
        of = thing(node.value, imported)
        return f"{of}.{node.attr}" if of and is_module(of) else of
    return None


def used_modules(source):
    """Modules of the library that hold what a lesson imports, or takes from a package."""
    tree = ast.parse(source.read_text(encoding="utf-8"))
    imported = imports_of(tree)
    names = {*imported.values(), *(thing(node, imported) for node in ast.walk(tree))}
    ours = {name for name in names if name and name.startswith("minillm.")}
    things = {name: pkgutil.resolve_name(name) for name in ours if not is_module(name)}
    # a constant does not know its module
    return {getattr(t, "__module__", name.rpartition(".")[0]) for name, t in things.items()}


def headings(source, language):
    """Level and number of each heading."""
    text = "\n".join(cells_of(source, language, "markdown"))
    found = re.findall(r"^(#+) [^\d\n]*(\d+)", text, flags=re.MULTILINE)
    assert len(found) == len(re.findall(r"^#+ ", text, flags=re.MULTILINE))
    return found


def formulas(source, language):
    text = "\n".join(cells_of(source, language, "markdown"))
    return re.findall(r"\$\$.*?\$\$", text, flags=re.DOTALL)


def test_there_are_lessons():
    assert SOURCES


@each_lesson
def test_both_languages_share_formulas_and_the_numbers_of_headings(source):
    assert len(cells_of(source, "en", "markdown")) == len(cells_of(source, "zh", "markdown"))
    assert formulas(source, "en") == formulas(source, "zh")
    assert headings(source, "en") == headings(source, "zh")


@each_lesson
def test_a_lesson_has_its_title_and_its_nine_sections(source):
    title, *sections = (heading for heading in headings(source, "en") if heading[0] in ("#", "##"))
    assert title[0] == "#" and sections == SECTIONS


@each_lesson
def test_each_language_is_written_in_its_own_script(source):
    english = cells_of(source, "en", "markdown")
    for edition in ("student", "teacher"):
        english = [*english, *cells_of(source, "en", "code", edition)]
    assert [cell for cell in english if CHINESE.search(cell)] == []
    assert all(CHINESE.search(cell) for cell in cells_of(source, "zh", "markdown"))


@each_lesson
def test_a_lesson_imports_the_library_and_what_draws(source):
    imports = imports_of(ast.parse(source.read_text(encoding="utf-8")))
    assert {name.partition(".")[0] for name in imports.values()} <= ALLOWED


@each_lesson
def test_tags_are_known_and_a_gpu_cell_stands_under_a_question(source):
    for cell in notebook_of(source, edition="teacher")["cells"]:
        tags = set(cell["metadata"].get("tags", []))
        assert tags <= TAGS
        if "gpu" in tags:
            (only,) = ast.parse("".join(cell["source"])).body
            assert isinstance(only, ast.If) and ast.unparse(only.test) == "gpu()"


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


@each_lesson
def test_an_exercise_cell_is_followed_by_its_solution_and_then_its_check(source):
    tags = re.findall(r'^# %% tags=\["(.*)"\]', source.read_text(encoding="utf-8"), re.MULTILINE)
    ours = [tag for tag in tags if tag in {"exercise", "solution", "exercise-check"}]
    assert ours == ["exercise", "solution", "exercise-check"] * len(exercises_of(source))


def test_all_lessons_together_keep_their_budget():
    assert sum(map(budget_of, SOURCES)) <= TOTAL_BUDGET


def differs(source):
    """Whether the code of a lesson differs by language: it has a cell tagged ``language``."""
    cells = notebook_of(source)["cells"]
    return any("language" in cell["metadata"].get("tags", []) for cell in cells)


@each_lesson
def test_the_students_stubs_are_told_that_they_are_not_answered_yet(source, monkeypatch, capsys):
    """Everything else in the student's notebook is what the teacher's has run."""
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    namespace = {}
    with matplotlib.rc_context():  # a lesson changes how figures are laid out
        for cell in [cells_of(source, "en", "code")[0], *stubs_of(source)]:
            exec(compile(cell, source.name, "exec"), namespace)
    printed = capsys.readouterr().out
    assert printed.count("not answered yet") == len(exercises_of(source)) > 0
    assert "✓" not in printed
