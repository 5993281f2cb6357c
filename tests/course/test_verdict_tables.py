"""Verdicts of a lab as a table: every remedy has a row, in both languages."""

import pytest

from minillm.course.verdict_tables import said, spread, verdict_table
from minillm.labs.verdicts import Verdict

GROUPS = {
    "1 size / 1 大小": {"wider": "加宽"},
    "2 data / 2 数据": {"more": "更多", "clean": "清洗"},
}
SMALL = {"1 / 1": {"wider": "加宽"}}


class Found:
    """What a lab found of three remedies."""

    remedies = ("none", "wider", "more", "clean")

    def verdicts(self):
        words = ("undecided", "helps", "no effect worth 0.05")
        numbers = ((0.104, 0.2, 0.3), (0.5, 0.1, 0.6), (-0.001, 0.01, 0.01))
        return {
            (name, "right"): Verdict(*number, equal=False, word=word)
            for name, number, word in zip(self.remedies[1:], numbers, words, strict=True)
        }


def test_each_remedy_has_a_row_with_mean_interval_and_verdict():
    table = verdict_table(Found(), ("kind", "what", "right"), GROUPS, ["right"], language="en")
    assert table.split("\n") == [
        "| kind | what | right |",
        "|---|---|---|",
        "| 1 size | wider | +0.10 ± 0.20 undecided, at most 0.30 |",
        "| 2 data | more | +0.50 ± 0.10 helps |",
        "|  | clean | +0.00 ± 0.01 no effect worth 0.05 |",
    ]


def test_the_chinese_table_has_chinese_names():
    table = verdict_table(Found(), ("类", "办法", "对"), GROUPS, ["right"], language="zh")
    assert "| 2 数据 | 更多 | +0.50 ± 0.10 有效 |" in table


@pytest.mark.parametrize("groups", [SMALL, {**GROUPS, "3 / 3": {"new": "新"}}])
def test_a_table_that_leaves_something_out_is_refused(groups):
    with pytest.raises(ValueError, match=r"clean|new"):
        verdict_table(Found(), ("a", "b", "c"), groups, ["right"], language="en")


def test_harm_is_said_in_both_languages():
    harmful = Verdict(-0.3, 0.1, 0.4, equal=False, word="harms")
    assert said(harmful, "en") == "-0.30 ± 0.10 harms"
    assert said(harmful, "zh") == "-0.30 ± 0.10 有害"


def test_spread_is_mean_and_half_an_interval():
    found = spread([1.0, 3.0])
    assert found["mean"] == 2 and found["half"] == pytest.approx(12.706, abs=0.001)


def test_a_remedy_may_be_hidden_and_a_row_may_be_of_none():
    groups = {**GROUPS, "3 others / 3 其他": {"is the attack": "就是攻击"}}
    table = verdict_table(
        Found(),
        ("a", "b", "c"),
        groups,
        ["right"],
        language="en",
        hidden=["more"],
        untried=["is the attack"],
    )
    assert "more" not in table and "| 2 data | clean |" in table
    assert table.endswith("| 3 others | is the attack |  |")
