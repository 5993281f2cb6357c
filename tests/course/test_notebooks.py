"""From one source to notebooks of two languages and two editions."""

import json

import pytest

from minillm.course.notebooks import as_notebook, build_solutions, notebooks, without_source
from minillm.course.places import write

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


def test_a_source_gives_a_notebook_of_each_language_with_line_feeds(lessons):
    texts = dict(notebooks(lessons, "student"))
    assert list(texts) == [lessons / "01_one.ipynb", lessons / "zh" / "01_one.ipynb"]
    assert all(text.endswith("}\n") and "\r" not in text for text in texts.values())
    assert "第一课" in texts[lessons / "zh" / "01_one.ipynb"]


def test_notebooks_without_a_source_are_found(lessons):
    write(lessons / "01_one.ipynb", "{}")
    write(lessons / "zh" / "01_one-Copy1.ipynb", "{}")
    assert without_source(lessons) == [lessons / "zh" / "01_one-Copy1.ipynb"]


def test_a_folder_without_sources_gives_nothing(tmp_path):
    """Such as the folder that students' notebooks are handed in to."""
    write(tmp_path / "zhang.ipynb", "{}")
    for edition in ("student", "teacher"):
        with pytest.raises(FileNotFoundError, match="src holds no source of a lesson"):
            list(notebooks(tmp_path, edition))
    with pytest.raises(FileNotFoundError, match="src holds no source of a lesson"):
        build_solutions(tmp_path / "teacher", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["zhang.ipynb"]


def test_the_teachers_notebooks_go_where_they_are_asked(lessons, tmp_path):
    folder = tmp_path / "teacher"
    paths = [folder / "01_one.ipynb", folder / "zh" / "01_one.ipynb"]
    assert build_solutions(folder, lessons) == paths
    assert all("2 * x" in path.read_text(encoding="utf-8") for path in paths)
    assert not list(lessons.glob("*.ipynb"))


def test_prose_without_a_language_is_refused(lessons):
    path = lessons / "src" / "01_one.py"
    path.write_text(SOURCE.replace(' lang="zh"', ""), encoding="utf-8")
    with pytest.raises(
        ValueError, match=r'01_one.py: this cell needs lang="en" or "zh": .# 第一课'
    ):
        list(notebooks(lessons, "student"))
