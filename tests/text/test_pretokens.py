import re
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.text.pretokens import KINDS, WHITE_SPACE, pretokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("I've  tea, 3 cups", ["I", "'ve", " ", " tea", ",", " 3", " cups"]),
        (
            "he'll they're I'm it's don't I'd",
            ["he", "'ll", " they", "'re", " I", "'m", " it", "'s", " don", "'t", " I", "'d"],
        ),
        ("DON'T 'sad ''d", ["DON", "'", "T", " '", "sad", " ''", "d"]),
        ("a'lla 'le", ["a", "'ll", "a", " '", "le"]),
        ("a1b2.5", ["a", "1", "b", "2", ".", "5"]),
        ("x² ½Ⅳ", ["x", "²", " ½Ⅳ"]),
        ("a  \n b\n", ["a", "  \n", " b", "\n"]),
        ("a \n", ["a", " \n"]),
        ("a\t b\u3000c", ["a", "\t", " b", "\u3000", "c"]),
        ("今天很好，我们一起喝茶。", ["今天很好", "，", "我们一起喝茶", "。"]),
        ("e\u0301te", ["e", "\u0301", "te"]),
        ("👩\u200d👩 !?", ["👩\u200d👩", " !?"]),
        ("a\x1cb \ud83d", ["a", "\x1c", "b", " \ud83d"]),
    ],
)
def test_pretokens_by_example(text, expected):
    assert pretokens(text) == expected


TEXTS = st.text("a'strevmld \n\t\u3000\x1c1²。!我\u0301👩\ud800", max_size=12) | st.text()


@given(TEXTS)
def test_together_they_are_the_text(text):
    assert "".join(pretokens(text)) == text
    assert all(pretokens(text))


@given(TEXTS)
def test_they_are_those_of_the_pattern_written_out_for_the_characters_that_are_there(text):
    def members(first):
        return "".join(c for c in set(text) if unicodedata.category(c)[0] == first) or "\0"

    letters, numbers = re.escape(members("L")), re.escape(members("N"))
    blanks = re.escape("".join(WHITE_SPACE))
    pattern = (
        f"'s|'t|'re|'ve|'m|'ll|'d| ?[{letters}]+| ?[{numbers}]+| ?[^{blanks}{letters}{numbers}]+"
        f"|[{blanks}]+(?![^{blanks}])|[{blanks}]+"
    )
    if "\0" not in text:
        assert pretokens(text) == re.findall(pattern, text)


def test_white_space_is_what_python_counts_as_such_but_for_four_separators():
    spaces = {chr(i) for i in range(sys.maxunicode + 1) if chr(i).isspace()}
    assert spaces - WHITE_SPACE == set("\x1c\x1d\x1e\x1f") and spaces > WHITE_SPACE


def test_a_kind_is_one_letter():
    assert "".join(KINDS[ord(c)] for c in "a sB9\n'!我½") == "L sLNW'SLN"


@pytest.mark.parametrize("value", [None, b"bytes", 3])
def test_it_takes_texts_only(value):
    with pytest.raises(TypeError, match=f"got {type(value).__name__}"):
        pretokens(value)
