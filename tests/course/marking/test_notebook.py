"""A notebook is read before it is run, and what is wrong with it is said."""

import json

import pytest

from minillm.course.marking.notebook import checks_in, contents, lesson_named, read_notebook
from tests.course.marking.handed_in import write

OLD = '{"nbformat": 3, "nbformat_minor": 0, "worksheets": [], "metadata": {}}'


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "the file is empty  ·  文件是空的"),
        (" \n", "the file is empty"),
        ("no JSON", "no JSON from line 1 on"),
        ('{"cells": [],\n"nbformat"', "breaks off in line 2"),
        ('{"cells": ["a', "breaks off in line 1"),
        ("<!DOCTYPE html>", "web page"),
        ("[]", "there are no cells"),
        ("{}", "there are no cells"),
        ('{"cells": 3, "nbformat": 4, "nbformat_minor": 5}', "there are no cells"),
        ("\ud800", "no text in UTF-8"),
        (OLD, "format 3 is too old: open it in Jupyter and save it again"),
        ("[" * 100_000, "recursion"),
    ],
    ids=[
        "empty",
        "blank",
        "text",
        "cut",
        "cut in a text",
        "page",
        "list",
        "dict",
        "no cells",
        "no UTF-8",
        "old",
        "deep",
    ],
)
def test_what_is_no_notebook_is_refused(text, complaint):
    with pytest.raises(Exception, match=complaint):
        read_notebook(text.encode("utf-8", "surrogatepass"))


def test_a_folder_is_no_notebook(tmp_path):
    with pytest.raises(ValueError, match="a folder"):
        contents(tmp_path)


def test_a_notebook_whose_cells_have_no_ids_is_read_without_a_warning(tmp_path):
    path = write(tmp_path / "old.ipynb", "1 + 1", "2 + 2")
    given = json.loads(path.read_text(encoding="utf-8"))
    for cell in given["cells"]:
        del cell["id"]
    path.write_text(json.dumps(given), encoding="utf-8")
    found = read_notebook(contents(path))
    assert [cell.source for cell in found.notebook.cells[1:]] == ["1 + 1", "2 + 2"]
    assert (found.lesson, found.numbers, found.budget) == ("05", ["05.1", "05.2", "05.3"], 15)
    assert all(not cell.outputs for cell in found.notebook.cells)


def test_a_mark_of_the_byte_order_is_no_obstacle(tmp_path):
    data = contents(write(tmp_path / "a.ipynb", "1 + 1"))
    assert read_notebook(b"\xef\xbb\xbf" + data).lesson == read_notebook(data).lesson == "05"


@pytest.mark.parametrize("lesson", [None, 98, "../05"])
def test_the_first_check_tells_the_lesson_where_the_notebook_does_not(lesson, tmp_path):
    path = write(tmp_path / "a.ipynb", "check('c1.2', f)", lesson=lesson)
    assert read_notebook(contents(path)).lesson == "c1"


@pytest.mark.parametrize(
    ("file", "lesson"),
    [
        ("05_self_attention.ipynb", "05"),
        ("homework 05 (1).ipynb", "05"),
        ("li_C1.ipynb", "c1"),
        ("11b_preferences.ipynb", "11b"),
        ("homework 11B (1).ipynb", "11b"),
        ("11_fine_tuning.ipynb", "11"),
        ("05copy.ipynb", "05"),
        ("li_11_11b.ipynb", ""),
        ("14_li_05.ipynb", "14"),
        ("li_14_05.ipynb", ""),
        ("student2305.ipynb", ""),
        ("98.ipynb", ""),
        ("li.ipynb", ""),
    ],
)
def test_a_files_name_may_tell_its_lesson(file, lesson):
    assert lesson_named(file) == lesson


@pytest.mark.parametrize(
    ("source", "numbers"),
    [
        ("check('05.1', f)  # check('05.2', f)", ["05.1"]),
        ("x = 1; check('05.1', f); course.check('05.2', f)", ["05.1", "05.2"]),
        ("%time check('05.1', f)\ncheck('05.2',\n  f)", ["05.2"]),
        ("check(5.1); check('x'); check()", []),
        ("def f(:\ncheck('05.1', f)", ["05.1"]),
    ],
)
def test_the_checks_of_a_cell_are_found_wherever_they_stand(source, numbers):
    assert checks_in(source) == numbers
