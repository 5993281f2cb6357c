"""From one source to notebooks of two languages and two editions."""

import json
import subprocess
import sys

import pytest

from minillm.course.__main__ import main
from minillm.course.build import as_notebook, build, build_solutions, different

SOURCE = """\
# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent, format_version: '1.3'}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
#   minillm: {lesson: 1, budget_s: 5}
# ---

# %% [markdown] lang="en"
# # One

# %% [markdown] lang="zh"
# # 第一课

# %%
x = 1


# %% tags=["exercise"]
def double(x):
    return ...


# %% tags=["solution"]
def double(x):
    return 2 * x


# %% tags=["exercise-check"]
print(double(x))

# %%
x = 1
"""


@pytest.fixture
def lessons(tmp_path):
    """A folder with the source of one lesson."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "01_one.py").write_text(SOURCE, encoding="utf-8")
    return tmp_path


def cells(text):
    return [cell["source"] for cell in json.loads(text)["cells"]]


def cells_of(lessons, language="en", edition="student"):
    return cells(as_notebook(lessons / "src" / "01_one.py", language, edition))


def ids_of(lessons, language="en"):
    notebook = json.loads(as_notebook(lessons / "src" / "01_one.py", language, "student"))
    return [cell["id"] for cell in notebook["cells"]]


def test_a_language_has_its_own_prose_and_the_common_code(lessons):
    english, chinese = cells_of(lessons, "en"), cells_of(lessons, "zh")
    assert (english[0], chinese[0]) == (["# One"], ["# 第一课"])
    assert english[1:] == chinese[1:] and len(english) == 5


def test_the_student_gets_the_exercise_and_the_teacher_the_solution(lessons):
    assert cells_of(lessons)[2] == ["def double(x):\n", "    return ..."]
    assert cells_of(lessons, edition="teacher")[2] == ["def double(x):\n", "    return 2 * x"]


def test_a_notebook_has_no_outputs_and_only_known_metadata(lessons):
    notebook = json.loads(as_notebook(lessons / "src" / "01_one.py", "zh", "student"))
    assert set(notebook["metadata"]) == {"kernelspec", "language_info", "minillm"}
    assert notebook["metadata"]["minillm"] == {"lesson": 1, "budget_s": 5, "language": "zh"}
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    for cell in notebook["cells"]:
        assert set(cell["metadata"]) <= {"tags"}
        assert cell["cell_type"] == "markdown" or cell["outputs"] == []
        assert cell["cell_type"] == "markdown" or cell["execution_count"] is None


def test_cells_keep_their_ids_when_another_cell_changes(lessons):
    before = ids_of(lessons)
    assert len(set(before)) == len(before)  # though two cells have the same code
    path = lessons / "src" / "01_one.py"
    path.write_text(SOURCE.replace("# # One", "# # The first"), encoding="utf-8")
    after = ids_of(lessons)
    assert after[0] != before[0] and after[1:] == before[1:]


def test_building_writes_both_languages_and_a_second_time_nothing(lessons):
    paths = build(lessons)
    assert paths == [lessons / "01_one.ipynb", lessons / "zh" / "01_one.ipynb"]
    before = [path.read_bytes() for path in paths]
    assert build(lessons) == [] and [path.read_bytes() for path in paths] == before
    assert before[0].endswith(b"}\n") and b"\r" not in before[0]
    assert "第一课".encode() in before[1]


def test_another_process_builds_the_same_bytes(lessons):
    expected = [path.read_bytes() for path in build(lessons)]
    for path in lessons.rglob("*.ipynb"):
        path.unlink()
    command = [sys.executable, "-m", "minillm.course", "build", "--lessons", str(lessons)]
    subprocess.run(command, check=True, capture_output=True)
    assert [path.read_bytes() for path in sorted(lessons.rglob("*.ipynb"))] == expected


def test_check_names_notebooks_that_differ_and_writes_nothing(lessons, capsys):
    arguments = ["build", "--check", "--lessons", str(lessons)]
    assert main(arguments) == 1 and not list(lessons.glob("*.ipynb"))
    assert "01_one.ipynb is not what its source gives" in capsys.readouterr().err
    build(lessons)
    assert main(arguments) == 0
    with (lessons / "zh" / "01_one.ipynb").open("a", encoding="utf-8") as file:
        file.write("\n")
    assert main(arguments) == 1
    assert capsys.readouterr().err.count("is not what") == 1


def test_a_notebook_without_a_source_is_named_and_left_alone(lessons, capsys):
    build(lessons)
    copy = lessons / "zh" / "01_one-Copy1.ipynb"
    copy.write_text("{}", encoding="utf-8")
    assert different(lessons) == [copy]
    assert main(["build", "--lessons", str(lessons)]) == 0
    assert copy.read_text(encoding="utf-8") == "{}"
    out, err = capsys.readouterr()
    assert out == "" and err == f"{copy} has no source and is left alone\n"


@pytest.mark.parametrize("option", [[], ["--check"], ["--solutions", "teacher"]])
def test_in_a_folder_without_sources_nothing_is_built_and_nothing_removed(option, tmp_path, capsys):
    """Such as the folder that students' notebooks are handed in to."""
    work = tmp_path / "zhang.ipynb"
    work.write_text("{}", encoding="utf-8")
    assert main(["build", "--lessons", str(tmp_path), *option]) == 2
    shown = capsys.readouterr()
    assert f"{tmp_path / 'src'} holds no source of a lesson" in shown.err and shown.out == ""
    assert list(tmp_path.iterdir()) == [work]


def test_the_teachers_notebooks_go_where_they_are_asked(lessons, tmp_path, capsys):
    folder = tmp_path / "teacher"
    assert main(["build", "--solutions", str(folder), "--lessons", str(lessons)]) == 0
    paths = [folder / "01_one.ipynb", folder / "zh" / "01_one.ipynb"]
    assert capsys.readouterr().out.split() == [str(path) for path in paths]
    assert all("2 * x" in path.read_text(encoding="utf-8") for path in paths)
    assert build_solutions(folder, lessons) == paths
    assert not list(lessons.glob("*.ipynb"))


def test_importing_the_course_loads_neither_jupyter_nor_matplotlib():
    late = ["jupytext", "nbformat", "nbclient", "matplotlib", "hypothesis"]
    program = f"import sys, minillm.course.__main__; print([m for m in {late} if m in sys.modules])"
    command = [sys.executable, "-W", "error", "-c", program]
    finished = subprocess.run(command, check=True, capture_output=True, text=True)
    assert finished.stdout.strip() == "[]"


def test_prose_without_a_language_is_refused(lessons):
    path = lessons / "src" / "01_one.py"
    path.write_text(SOURCE.replace(' lang="zh"', ""), encoding="utf-8")
    with pytest.raises(
        ValueError, match=r'01_one.py: this cell needs lang="en" or "zh": .# 第一课'
    ):
        build(lessons)
