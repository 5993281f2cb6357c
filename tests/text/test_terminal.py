import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.text.terminal import cut, display_width, visible


@pytest.mark.parametrize(
    ("text", "columns"),
    [("", 0), ("a b", 3), ("é", 1), ("好", 2), ("好a，", 5), ("Ａ", 2), ("ｱ", 1)],
)
def test_chinese_and_full_width_characters_take_two_columns(text, columns):
    assert display_width(text) == columns


@pytest.mark.parametrize(
    ("text", "columns", "shown"),
    [("abcdef", 6, "abcdef"), ("abcdefg", 6, "abc..."), ("好好好", 6, "好好好"), ("", 0, ""),
     ("好好好a", 6, "好..."), ("a好好好", 6, "a好..."), ("abcdefg", 3, "...")],
)  # fmt: skip
def test_a_text_is_cut_to_the_columns_that_there_are(text, columns, shown):
    assert cut(text, columns) == shown
    assert display_width(shown) <= columns


@given(st.text())
def test_no_control_character_reaches_a_terminal(text):
    shown = visible(text)
    assert len(shown) == len(text)
    for before, after in zip(text, shown, strict=True):
        harmless = before in "\n\t" or unicodedata.category(before) != "Cc"
        assert (after == before) if harmless else unicodedata.category(after) == "So"
    assert visible("\x1b[31m\x07\x7f") == "␛[31m␇␡"
