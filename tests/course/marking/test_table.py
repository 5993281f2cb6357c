"""Marks are shown in a terminal and written for a spreadsheet."""

import csv

import pytest

from minillm.course.judge.verdicts import OPEN, RIGHT, WRONG
from minillm.course.marking.marks import NOTE, Mark
from minillm.course.marking.table import one_line, padded, require_writable, row, total, write_csv

MARKS = [
    Mark("李/05.ipynb", "05.1", RIGHT, "", 1.25, "05"),
    Mark("李/05.ipynb", "05.2", WRONG, '=cmd("x"), "y"\x1b[2J', 2.0, "05"),
    Mark("=wu/05.ipynb", "05.1", OPEN, "not answered", 0.5, "05"),
    Mark("=wu/x.ipynb", "", NOTE, "not a notebook: a folder"),
    Mark("hu/", "", NOTE, "the folder is empty"),
]


def test_a_chinese_name_takes_two_columns_for_each_character():
    assert padded("张三.ipynb", 12) == "张三.ipynb  " and padded("ab", 3) == "ab "
    assert row(MARKS[0], 13) == "李/05.ipynb    05.1      ✓            1.2"


def test_the_sum_counts_all_rows_and_says_what_they_are():
    rows = "3 exercise(s) (1 right, 1 wrong, 1 open) and"
    assert total(MARKS) == (
        f"3 notebook(s) and 1 folder(s) without one: 5 row(s), {rows} 2 note(s)"
    )
    assert total(MARKS[:3]) == f"2 notebook(s): 3 row(s), {rows} 0 note(s)"
    assert row(MARKS[4], 3).split()[:2] == ["hu/", NOTE]


def test_signs_that_move_the_cursor_are_shown_and_long_lines_cut():
    assert one_line("a\x1b[2J\tb\n茶 ·") == "a\\x1b[2J\\tb\\n茶 ·"
    assert len(one_line("a" * 999)) == 300


def test_a_spreadsheet_reads_the_marks_and_computes_nothing(tmp_path):
    path = tmp_path / "marks.csv"
    write_csv(path, MARKS)
    assert path.read_bytes().startswith(
        b"\xef\xbb\xbfstudent,file,lesson,exercise,result,message\r\n"
    )
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))[1:]
    assert rows == [
        ["李", "李/05.ipynb", "05", "05.1", "right", ""],
        ["李", "李/05.ipynb", "05", "05.2", "wrong", '\'=cmd("x"), "y"\\x1b[2J'],
        ["'=wu", "'=wu/05.ipynb", "05", "05.1", "open", "not answered"],
        ["'=wu", "'=wu/x.ipynb", "", "", "note", "not a notebook: a folder"],
        ["hu", "hu/", "", "", "note", "the folder is empty"],
    ]


def test_a_place_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(IsADirectoryError):
        require_writable(tmp_path)
    with pytest.raises(NotADirectoryError):
        require_writable(tmp_path / "file" / "marks.csv")
    with pytest.raises(ValueError, match="not written over a notebook"):
        require_writable(tmp_path / "a.ipynb")
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*new; make it first"):
        require_writable(tmp_path / "new" / "marks.csv")
    require_writable(tmp_path / "marks.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
