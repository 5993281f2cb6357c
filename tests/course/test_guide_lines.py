"""``Guide:`` lines of docstrings: read where they belong, refused where nobody would read them."""

from functools import cache

import pytest

from minillm.course.guide_lines import FLOORS, Code, code_in, code_of_the_guide
from minillm.course.guide_map import read_map
from minillm.course.guide_sections import numbers, read_sections
from minillm.course.places import PROJECT

FUNCTION = 'def f():\n    """One.\n\n    {}\n    """\n'
LINE = "Guide: 3.1, 4.1.2 (G15, G16)."


def test_a_planted_line_is_found_with_file_line_and_name(tmp_path):
    folder = tmp_path / "minillm" / "ops"
    folder.mkdir(parents=True)
    source = "import x\n\n\n@op\n" + FUNCTION.format("Source: who.\n    " + LINE)
    (folder / "a.py").write_text(source + f'\n\nclass C:\n    """Two.\n\n    {LINE}\n    """\n')
    (folder / "b.py").write_text(FUNCTION.format("Source: who."))
    sections, features = ("3.1", "4.1.2"), ("G15", "G16")
    assert code_of_the_guide(tmp_path) == [
        Code("minillm/ops/a.py", 5, "f", sections, features),
        Code("minillm/ops/a.py", 13, "C", sections, features),
    ]


@pytest.mark.parametrize(
    "source",
    [
        FUNCTION.format("Guide: 3.1."),
        FUNCTION.format("Guide: 3.1 (G15)"),
        FUNCTION.format("Guide: 3.1 (A15)."),
        FUNCTION.format("Guide: three (G15)."),
        FUNCTION.format("Guide: 3.1 4.1.2 (G15)."),
        FUNCTION.format(LINE + "\n    Source: who."),
        FUNCTION.format(LINE + "\n    " + LINE),
        f'"""A module.\n\n{LINE}\n"""\n',
        'class C:\n    """One."""\n\n'
        + "\n".join(f"    {line}" for line in FUNCTION.format(LINE).splitlines()),
    ],
)
def test_a_line_that_would_be_lost_is_refused(source):
    with pytest.raises(ValueError, match=r"a\.py: of the lines \[.*\] that begin with 'Guide:'"):
        code_in(source, "a.py")


def test_every_package_of_ours_is_read():
    packages = {path.parent.name for path in (PROJECT / "minillm").glob("*/__init__.py")}
    assert packages == set(FLOORS)


@cache
def sections_and_rows():
    sections = [section.number for section in read_sections()]
    return sections, {entry.feature: numbers(entry.sections) for entry in read_map()}


@pytest.mark.parametrize("one", code_of_the_guide(), ids=lambda one: f"{one.file}:{one.name}")
def test_sections_and_rows_of_a_line_exist_and_fit_each_other(one):
    sections, rows = sections_and_rows()
    assert list(one.sections) == [number for number in sections if number in one.sections]
    assert list(one.features) == [feature for feature in rows if feature in one.features]
    for feature in one.features:
        assert set(rows[feature]) & set(one.sections), f"{feature} is not in these sections"
