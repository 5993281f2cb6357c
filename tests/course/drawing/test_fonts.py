"""Labels on axes: words where a font has their signs, else numbers with a key."""

import io

import matplotlib
import pytest
from matplotlib.figure import Figure

from minillm.course.drawing import fonts

SIGN = "\u306e"  # in STIXGeneral, which comes with matplotlib, and not in DejaVu Sans


def draw(labels):
    """Draw the labels; a sign without a glyph is a warning, and a warning an error."""
    figure = Figure()
    figure.subplots().set_xticks(range(len(labels)), labels=labels)
    figure.savefig(io.BytesIO())


@pytest.fixture(autouse=True)
def own_settings():
    with matplotlib.rc_context():
        yield


def test_plain_words_stay_and_ask_for_no_font(monkeypatch):
    monkeypatch.setattr(fonts, "chinese_font", lambda: pytest.fail("not needed"))
    assert fonts.drawable(["bank", "river"]) == ["bank", "river"]


def test_with_a_font_the_words_are_drawn(monkeypatch):
    monkeypatch.setattr(fonts, "chinese_font", lambda: "STIXGeneral")
    labels = fonts.drawable([SIGN, "a"])
    assert labels == [SIGN, "a"]
    draw(labels)


def test_without_one_they_are_numbers_and_the_key_is_printed(monkeypatch, capsys):
    monkeypatch.setattr(fonts, "chinese_font", lambda: None)
    labels = fonts.drawable([SIGN, "a"])
    assert labels == ["1", "2"] and capsys.readouterr().out == f"1 {SIGN}  2 a\n"
    draw(labels)
