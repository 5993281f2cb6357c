"""Numbers in prose come from results; what is typed is found, whatever stands around it."""

import json
import re

import jupytext
import numpy as np
import pytest

from minillm.course.literals import typed_numbers
from minillm.course.notebooks import as_notebook, numbers_of
from minillm.course.numbers import filled, named, stated, stated_numbers
from minillm.course.places import LESSONS
from tests.course.test_planted_lessons import HEAD

SOURCE = """\
# %% tags=["numbers"]
from minillm.course.numbers import LANGUAGE

loss = {"post": [0.25, 0.5]}
share = 0.123 if LANGUAGE == "en" else 0.456

# %% [markdown] lang="en"
# Loss {loss.post.1:.1f} of {here.guess}, {share:.0%}; $\\\\frac{a}{b}$ {here.guess:.0f}

# %% [markdown] lang="zh"
# 损失 {loss.post.1:.1f}，{here.guess}，{share:.0%}；$\\\\frac{a}{b}$ {here.guess:.0f}

# %%
from minillm.course import stated

stated("guess", 0.6931, 0.690, 0.005, "the loss of a guess")

# %% tags=["language"]
LANGUAGE = "en"
"""


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "98_planted.py"
    path.write_text(HEAD + SOURCE, encoding="utf-8")
    return path


def cells(source, language):
    return [
        "".join(c["source"]) for c in json.loads(as_notebook(source, language, "student"))["cells"]
    ]


def test_each_edition_has_its_numbers_and_names_its_language(source):
    english, chinese = (cells(source, language) for language in ("en", "zh"))
    assert english[0] == "Loss 0.5 of 0.690, 12%; $\\\\frac{a}{b}$ 1"
    assert chinese[0] == "损失 0.5，0.690，46%；$\\\\frac{a}{b}$ 1"
    assert english[-1] == 'LANGUAGE = "en"' and chinese[-1] == 'LANGUAGE = "zh"'
    assert not any("share = " in cell for cell in english)


@pytest.mark.parametrize(
    "place", ["{loss.pre:.2f}", "{gone:.2f}", "{loss.post.7:.2f}", "{loss.post:.2f}", "{here.no}"]
)
def test_prose_that_names_nothing_cannot_be_built(source, place):
    text = source.read_text(encoding="utf-8").replace("{share:.0%}", place)
    source.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"98_planted\.py, en: .* cannot be filled in"):
        as_notebook(source, "en", "student")


def test_a_language_cell_without_its_line_is_refused(source):
    text = source.read_text(encoding="utf-8").replace('LANGUAGE = "en"\n', "LANGUAGE = None\n")
    source.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match='needs the line LANGUAGE = "en"'):
        as_notebook(source, "en", "student")


def test_a_stated_number_is_asserted():
    assert stated("x", 0.6931, 0.69, 0.005, "the loss") == 0.6931
    for found in (0.7, np.nan, [0.69, 0.7]):
        with pytest.raises(AssertionError, match=r"the loss: stated 0\.69, found"):
            stated("x", found, 0.69, 0.005, "the loss")


def test_stated_numbers_are_read_as_they_are_typed():
    cell = 'stated("a", f(x), 0.690, 0.1, "a")\ny = stated("b", f(x), [1_000, -2.50], 0.1, "b")'
    names = {"here": stated_numbers([cell])}
    assert filled("{here.a} {here.b.1} {here.b.0:,.0f}", names, "") == "0.690 -2.50 1,000"
    with pytest.raises(ValueError, match="'a' is stated twice"):
        stated_numbers([cell, cell])


def test_an_array_and_a_count_can_be_named():
    names = named("import numpy as np\nx = np.array([[1.26, 2]])\nn = len(x)", {}, "en")
    assert filled("{x.0.0:.1f} {n} {n:,}", names, "") == "1.3 1 1"


ARGUMENT = re.compile(r"(?<=[A-Za-z_^}])\{([A-Za-z_]\w*)\}")  # "$n = {order}$" has none
FORMULA = re.compile(r"\$\$.*?\$\$|\$[^$]+\$", re.DOTALL)


def filled_in_formulas(path, language):
    """Names of numbers that are also an argument in a formula: it would be filled in silently."""
    cells = jupytext.read(path, fmt="py:percent").cells
    names = numbers_of(cells, language)
    prose = [cell.source for cell in cells if cell.metadata.get("lang") == language]
    formulas = [formula for text in prose for formula in FORMULA.findall(text)]
    return {name for formula in formulas for name in ARGUMENT.findall(formula) if name in names}


@pytest.mark.parametrize("path", sorted((LESSONS / "src").glob("*.py")), ids=lambda path: path.stem)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_number_has_the_name_of_what_stands_in_braces_in_a_formula(path, language):
    assert filled_in_formulas(path, language) == set()


def test_a_number_that_would_be_filled_into_a_fraction_is_found(source):
    assert filled_in_formulas(source, "en") == set()
    text = source.read_text(encoding="utf-8").replace("\nshare = 0.123", "\na = 3\nshare = 0.123")
    source.write_text(text, encoding="utf-8")
    assert filled_in_formulas(source, "en") == {"a"} == filled_in_formulas(source, "zh")


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("see section 3.1, 4.2 and A14 in lesson 05 (Ba 2016)", set()),
        ("指南 4.1.3 节、第 5、6 课，练习 05.1", set()),
        ("lesson 11b, exercise 11b.2; 第 11b 课，见练习 11b.2", set()),
        ("run `x[12]`, then {loss:.2f}", set()),
        ("it costs 0.25, and 1,000 more", {"0.25", "1,000"}),
        ("共 12 个，占 95%", {"12", "95"}),
        ("$x_{12} + 3y$, $0.5$, $10^{-5}$", {"0.5", "10^-5"}),
        ("## 9 Further reading\n\nSection 4, 12 pages", set()),
        ("1. first\n2. then", set()),
    ],
)
def test_typed_numbers_are_told_from_those_that_count_nothing(text, numbers):
    assert typed_numbers(text) == numbers
