import pytest

from minillm.commands.tables import percent, table
from minillm.text.terminal import display_width


def test_the_first_column_is_flush_left_and_the_others_flush_right():
    assert table(["name", "n"], [["a", "1"], ["long name", "1000"]]) == (
        "name          n\n"
        "a             1\n"
        "long name  1000"
    )  # fmt: skip


def test_chinese_characters_take_two_columns():
    text = table(["text", "label"], [["这家酒店很好。", "褒"], ["So-so", "neutral"]])
    assert text == (
        "text              label\n"
        "这家酒店很好。       褒\n"
        "So-so           neutral"
    )  # fmt: skip
    assert len({display_width(line) for line in text.split("\n")}) == 1


def test_no_line_ends_in_blanks_and_a_table_may_be_empty():
    assert table(["a", "b"], [["x", ""]]) == "a  b\nx"
    assert table(["a", "b"], []) == "a  b"


@pytest.mark.parametrize(("share", "text"), [(0, "0.0 %"), (0.9314, "93.1 %"), (1, "100.0 %")])
def test_a_share_is_written_in_percent(share, text):
    assert percent(share) == text
