"""What stands in a row: the judge's verdict, or why there is none."""

import nbformat
import pytest

from minillm.course.judge.verdicts import BEGUN, OPEN, RIGHT, WRONG, Verdict, in_one_line
from minillm.course.judge.words import Both
from minillm.course.marking.marks import run_of, verdict

KILLED = 7, Both("killed the kernel", "使内核崩溃")
SAID = "code cell 5 killed the kernel  ·  第 5 个代码单元格使内核崩溃：x = 7"


def cells_of(**errors):
    """Cells 1 to 9; the second is text, the third is empty; what some of them raise."""
    made = [nbformat.v4.new_code_cell(f"x = {index}\n\ny = 2") for index in range(10)]
    made[2] = nbformat.v4.new_markdown_cell("Some words.")
    made[3].source = " \n"
    for name, (index, message) in errors.items():
        made[index].outputs = [nbformat.v4.new_output("error", ename=name, evalue=message)]
    return made


@pytest.mark.parametrize(
    ("found", "place", "errors", "expected"),
    [
        (Verdict("05.1", RIGHT), 3, {}, (RIGHT, "")),
        (
            Verdict("05.1", WRONG, "off"),
            4,
            {"WrongAnswer": (4, "05.1  ✗  off")},
            (WRONG, "off"),
        ),
        (Verdict("05.1", BEGUN), 7, {}, (WRONG, SAID)),
        (
            Verdict("05.1", BEGUN),
            4,
            {"KeyboardInterrupt": (4, "")},
            (
                WRONG,
                "code cell 2 was stopped after 8 s  ·  第 2 个代码单元格运行 8 秒后被中止：x = 4",
            ),
        ),
        (Verdict("05.1", BEGUN), None, {}, (WRONG, SAID)),
        (None, None, {}, (OPEN, "its check is not in this notebook  ·  笔记本里没有它的 check")),
        (
            None,
            1,
            {"NameError": (1, "name 'f' is not defined")},
            (
                OPEN,
                "not judged: the notebook does not define f (deleted, or never written?)  ·  "
                "未评判：笔记本里没有定义 f（是删掉了，还是没有写？）",
            ),
        ),
        (
            None,
            1,
            {"TypeError": (1, "two  ·  两个")},
            (WRONG, "code cell 1 raised TypeError: two  ·  第 1 个代码单元格出错（两个）：x = 1"),
        ),
        (
            None,
            1,
            {"WrongAnswer": (1, "05.0  ✗  off")},
            (OPEN, "its check was not reached  ·  没有运行到它的 check"),
        ),
        (None, 1, {}, (OPEN, "its check did not run  ·  它的 check 没有运行")),
        (
            None,
            8,
            {},
            (
                OPEN,
                "not reached: code cell 5 killed the kernel  ·  没有运行到："
                + SAID.split("·  ")[1],
            ),
        ),
    ],
)
def test_a_mark_is_what_the_judge_found_or_why_it_heard_nothing(found, place, errors, expected):
    assert verdict(found, place, run_of(cells_of(**errors), 8, KILLED)) == expected


def test_a_message_is_one_line_without_the_number_and_with_the_counter_example():
    said = "05.1  ✗  it is off\n  the smallest  ·  最小的：\n    f(x=1)\n  it gives 2\n"
    assert in_one_line("05.1", said) == (
        "it is off | the smallest  ·  最小的： f(x=1) | it gives 2"
    )
    assert in_one_line("05.1", ValueError("05.2  ✗  it is off")) == "05.2  ✗  it is off"
    assert in_one_line("05.1", "05.1  not answered yet") == "not answered yet"
    assert in_one_line("05.1", "") == ""
