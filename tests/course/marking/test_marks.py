"""What stands in a row: the judge's verdict, or why there is none."""

import pytest

from minillm.course.judge.verdicts import BEGUN, OPEN, RIGHT, WRONG, Verdict, first_words
from minillm.course.marking.marks import verdict


@pytest.mark.parametrize(
    ("found", "place", "errors", "expected"),
    [
        (Verdict("05.1", RIGHT), 3, {}, (RIGHT, "")),
        (Verdict("05.1", WRONG, "it is off"), 3, {3: "05.1  ✗  it is off"}, (WRONG, "it is off")),
        (Verdict("05.1", BEGUN), 7, {}, (WRONG, "killed the kernel")),
        (Verdict("05.1", BEGUN), 3, {3: "stopped"}, (WRONG, "stopped")),
        (Verdict("05.1", BEGUN), None, {}, (WRONG, "killed the kernel")),
        (None, 3, {3: "NameError: f"}, (WRONG, "NameError: f")),
        (None, 3, {3: "05.0  ✗  it is off"}, (OPEN, "its check was not reached")),
        (None, 8, {}, (OPEN, "not reached: cell 7 killed the kernel")),
    ],
)
def test_a_mark_is_what_the_judge_found_or_why_it_heard_nothing(found, place, errors, expected):
    assert verdict(found, place, errors, (7, "killed the kernel")) == expected


def test_of_a_message_the_first_line_is_kept_without_the_number():
    assert first_words("05.1", ValueError("05.1  ✗  it is off\nx")) == "it is off"
    assert first_words("05.1", ValueError("05.2  ✗  it is off")) == "05.2  ✗  it is off"
