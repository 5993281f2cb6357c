"""A table in a page that is otherwise written by hand."""

from pathlib import Path

import pytest

from minillm.course.parts import with_part

BEGIN, END = "<!-- x: begin -->", "<!-- x: end -->"


def test_a_part_replaces_what_stood_between_its_lines():
    page = Path("a.md")
    assert with_part(page, f"a\n{BEGIN}\nold\n{END}\nb", "x", "new") == f"a\n{BEGIN}\nnew\n{END}\nb"
    for text in ("no marks", f"{BEGIN} alone", f"{END} before {BEGIN}", "<!-- y: begin -->"):
        with pytest.raises(ValueError, match=r"a\.md needs the lines <!-- x: begin --> and"):
            with_part(page, text, "x", "new")
