"""Outputs in the committed notebooks: made by a run, kept while the code stays, small."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from minillm.__main__ import main
from minillm.course import outputs
from minillm.course.build import build, out_of_date
from minillm.course.execute import LessonError
from minillm.course.outputs import LARGEST, code_cells, executed, in_file, small
from minillm.course.places import FOLDERS, LESSONS, read, write
from tests.course.test_build import project as project  # a fixture
from tests.course.test_notebooks import SOURCE

TOTAL = 10_000_000  # bytes of all notebooks
SOURCE_THAT_PRINTS = SOURCE.replace("# %%\nx = 1\n", "# %%\nx = 1\nprint(x / 3)\nx\n", 1)


@pytest.fixture
def lessons(project):
    """The lessons of a small project, of which the English notebook was executed."""
    path = project / "lessons" / "src" / "01_one.py"
    write(path, SOURCE_THAT_PRINTS)
    build(project)
    english = project / "lessons" / "01_one.ipynb"
    write(english, executed(read(english), english.name))
    return project / "lessons"


def notebook(lessons):
    return json.loads(read(lessons / "01_one.ipynb"))


def shown(lessons):
    """The outputs of each code cell."""
    return [cell["outputs"] for cell in code_cells(notebook(lessons))]


def test_a_run_leaves_what_cells_print_and_the_value_of_their_last_line(lessons):
    printed, value = shown(lessons)[0]
    assert printed["text"] == ["0.3333333333333333\n"] and printed["name"] == "stdout"
    assert value["data"] == {"text/plain": ["1"]} and value["execution_count"] == 1
    assert [cell["execution_count"] for cell in code_cells(notebook(lessons))] == [1, 2, 3, 4]


def test_a_build_keeps_the_outputs_while_prose_changes(lessons):
    source, before = lessons / "src" / "01_one.py", shown(lessons)
    assert out_of_date(lessons.parent) == []
    write(source, SOURCE_THAT_PRINTS.replace("# # One", "# # The first"))
    assert build(lessons.parent) == [lessons / "01_one.ipynb"]
    assert shown(lessons) == before
    assert outputs.outdated(lessons) == [lessons / "zh" / "01_one.ipynb"]  # that one never ran


def test_other_code_makes_the_outputs_outdated(lessons):
    write(lessons / "src" / "01_one.py", SOURCE_THAT_PRINTS.replace("x / 3", "x / 4"))
    build(lessons.parent)
    assert shown(lessons)[0] == [] and shown(lessons)[2] != []
    assert lessons / "01_one.ipynb" in outputs.outdated(lessons)


def test_only_what_is_outdated_or_named_is_executed(lessons, monkeypatch):
    monkeypatch.setattr(outputs, "executed", lambda text, name: text)
    assert list(outputs.make([], lessons)) == [lessons / "zh" / "01_one.ipynb"]
    both = [lessons / "01_one.ipynb", lessons / "zh" / "01_one.ipynb"]
    assert list(outputs.make(["01"], lessons)) == both


def test_an_unknown_lesson_is_refused(capsys):
    assert main(["course", "outputs", "99"]) == 1
    assert "no lesson 99; there are 00, 01" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text", ["at 0x7f12ab34cd", "/home/ann/x.py:3", "UserWarning: no", "on 2026-11-28"]
)
def test_what_differs_by_machine_or_day_is_refused(text):
    with pytest.raises(LessonError, match=r"one.ipynb, cell \[4\]: .* differs by machine"):
        in_file({"output_type": "stream", "name": "stdout", "text": text}, 4, "one.ipynb")


def png(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def test_a_picture_gets_fewer_colours_and_too_large_a_one_is_refused():
    noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3)).astype("uint8")
    grey = noise // 8 * 8
    grey[:, :, 1:] = grey[:, :, :1]  # 32 shades
    assert len(base64.b64decode(png(noise[:240, :240]))) > LARGEST
    assert len(base64.b64decode(small("image/png", png(noise[:240, :240])))) <= LARGEST
    with pytest.raises(LessonError, match="takes more than 40000 bytes"):
        small("image/png", png(np.tile(noise, (2, 2, 1))))


NOTEBOOKS = sorted(p for folder in FOLDERS.values() for p in (LESSONS / folder).glob("*.ipynb"))


def test_every_committed_notebook_shows_the_outputs_of_its_code():
    assert outputs.outdated() == [], "run python -m minillm course outputs"


def test_the_committed_notebooks_are_small_and_name_no_machine():
    assert sum(path.stat().st_size for path in NOTEBOOKS) <= TOTAL
    for path in NOTEBOOKS:
        for cell in code_cells(json.loads(read(path))):
            for output in cell["outputs"]:
                text = "".join(output.get("text", output.get("data", {}).get("text/plain", "")))
                assert output.get("name") != "stderr" and not outputs.PRIVATE.search(text), text
                picture = output.get("data", {}).get("image/png", "")
                assert len(base64.b64decode(picture)) <= LARGEST
