import pytest

from minillm.text.terminal import display_width


@pytest.mark.parametrize(
    ("text", "columns"),
    [("", 0), ("a b", 3), ("é", 1), ("好", 2), ("好a，", 5), ("Ａ", 2), ("ｱ", 1)],
)
def test_chinese_and_full_width_characters_take_two_columns(text, columns):
    assert display_width(text) == columns
