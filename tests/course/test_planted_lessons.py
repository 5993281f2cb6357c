"""What ``test_lessons`` demands of a lesson is noticed where it is missing: planted violations."""

import json
import shutil
from pathlib import Path

import pytest

from tests.course import test_cells as cells
from tests.course import test_lessons as lessons
from tests.course import test_lessons_run as running

HEAD = """\
# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent, format_version: '1.3'}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
#   minillm: {lesson: 5, budget_s: 5, introduces: [minillm.ops.attention]}
# ---

"""
PROSE = """\
# %% [markdown] lang="en"
# # Lesson 5. Planted
#
# $$a = b$$

# %% [markdown] lang="zh"
# # 第 5 课　测试
#
# $$a = b$$

"""
SECTIONS = "\n".join(
    f'# %% [markdown] lang="{language}"\n# ## {number} {title}\n'
    for number in range(1, 10)
    for language, title in (("en", "Part"), ("zh", "部分"))
)
CODE = """
# %%
import numpy as np

from minillm import ops
from minillm.course import check

# %% tags=["gpu"]
if gpu():
    ops.scaled_dot_product_attention


# %% tags=["exercise"]
def stable_softmax(scores):
    return ...


# %% tags=["solution"]
def stable_softmax(scores):
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


# %% tags=["exercise-check"]
check("05.1", stable_softmax)
"""
LESSON = HEAD + PROSE + SECTIONS + CODE
TWINS = lessons.test_both_languages_share_formulas_and_the_numbers_of_headings
SECTIONS_ARE = lessons.test_a_lesson_has_its_title_and_its_nine_sections
SCRIPT = lessons.test_each_language_is_written_in_its_own_script
IMPORTS = lessons.test_a_lesson_imports_the_library_and_what_draws
TAGS = lessons.test_tags_are_known_and_a_gpu_cell_stands_under_a_question
ORDER = lessons.test_a_lesson_uses_nothing_that_a_later_one_introduces
EXERCISES = lessons.test_an_exercise_cell_is_followed_by_its_solution_and_then_its_check
STUBS = lessons.test_the_students_stubs_are_told_that_they_are_not_answered_yet
SOLUTION = CODE.partition('tags=["solution"]\n')[2].partition("\n\n\n")[0]


@pytest.fixture
def lesson(tmp_path):
    """Writes a lesson that stands behind the real one of its number, with something replaced."""

    def written(old="", new=""):
        assert old in LESSON
        path = tmp_path / f"05_z_planted_{len(list(tmp_path.iterdir()))}.py"
        path.write_text(LESSON.replace(old, new, 1), encoding="utf-8")
        return path

    return written


@pytest.mark.parametrize(
    ("demand", "old", "new"),
    [
        (TWINS, "a = b", "a = c"),
        (TWINS, "# ## 4 部分", "# ## 5 部分"),
        (TWINS, "# ## 4 Part", "# ## Part"),
        (TWINS, '# %% [markdown] lang="zh"\n# ## 9 部分\n', ""),
        (SECTIONS_ARE, SECTIONS.partition("\n\n")[0], ""),
        (SECTIONS_ARE, "# # Lesson 5. Planted", "# ## 5 Planted"),
        (SCRIPT, "    powers = np", "    # 幂\n    powers = np"),
        (SCRIPT, "    return ...", "    return ...  # 在此作答"),
        (SCRIPT, "# ## 4 Part", "# ## 4 Part，"),
        (SCRIPT, "# ## 4 部分", "# ## 4 Part"),
        (IMPORTS, "import numpy as np", "import scipy"),
        (IMPORTS, "import numpy as np", "from . import secrets"),
        (TAGS, "solution", "solutoin"),
        (TAGS, "if gpu():\n    ops", "if True:\n    ops"),
        (TAGS, "if gpu():\n    ops", "if gpu():\n    pass\nops"),
        (ORDER, "import numpy as np", "from minillm import nn\nnn.Linear"),
        (EXERCISES, "exercise-check", "figure"),
        (EXERCISES, 'tags=["exercise"]', 'tags=["solution"]'),
    ],
)
def test_a_planted_violation_is_noticed(demand, old, new, lesson):
    demand(lesson())
    with pytest.raises((AssertionError, ValueError)):
        demand(lesson(old, new))


def test_a_stub_that_already_has_the_answer_is_noticed(lesson, monkeypatch, capsys):
    STUBS(lesson(), monkeypatch, capsys)
    solved = lesson("    return ...", SOLUTION.partition("\n")[2])
    with pytest.raises(AssertionError):
        STUBS(solved, monkeypatch, capsys)


@pytest.mark.parametrize(
    "use",
    [
        "from minillm import nn\nnn.Linear",
        "from minillm import nn as layers\nlayers.Linear",
        "from minillm.nn import Linear",
        "from minillm.nn.linear import Linear as Layer\nLayer.forward",
        "import minillm\nminillm.nn.Linear(2, 3).parameters()",
        "import minillm.nn\nminillm.nn.Linear",
        "import minillm.nn as layers\nlayers.Linear",
    ],
)
def test_a_module_is_noticed_however_it_is_imported(use, lesson):
    assert lessons.used_modules(lesson(CODE, f"\n# %%\n{use}\n")) == {"minillm.nn.linear"}


def test_a_constant_belongs_to_the_module_that_it_is_taken_from(lesson):
    use = "from minillm import ops\nfrom minillm.ops.losses import IGNORE\nops.gelu, ops, IGNORE"
    found = lessons.used_modules(lesson(CODE, f"\n# %%\n{use}\n"))
    assert found == {"minillm.ops.activations", "minillm.ops.losses"}


def first_number(values):
    """The list that holds the first number of nested lists that is not 0, and its place in it."""
    for place, value in enumerate(values):
        if isinstance(value, list):
            return first_number(value)
        if value:
            return values, place
    raise ValueError(values)


def drawn_into(folder):
    """Lesson 05, and its committed figures as if it had drawn them into ``folder``."""
    (source,) = (path for path in lessons.SOURCES if path.stem.startswith("05_"))
    copies = [shutil.copy(path, folder) for path in running.committed_figures(source, "en")]
    return source, Path(copies[0])


def test_a_figure_whose_number_is_off_by_a_hundredth_is_noticed(tmp_path):
    source, drawn = drawn_into(tmp_path)
    numbers = json.loads(drawn.read_text(encoding="utf-8"))
    values, place = first_number(list(numbers.values()))
    for factor, fits in ((1, True), (1.0005, True), (1.01, False)):
        was = values[place]
        values[place] = was * factor
        drawn.write_text(json.dumps(numbers), encoding="utf-8")
        values[place] = was
        if fits:
            running.compare_figures(source, tmp_path)
        else:
            with pytest.raises(AssertionError, match="Not equal to tolerance rtol"):
                running.compare_figures(source, tmp_path)


def test_a_figure_or_a_row_of_numbers_that_is_missing_is_noticed(tmp_path):
    source, drawn = drawn_into(tmp_path)
    numbers = json.loads(drawn.read_text(encoding="utf-8"))
    numbers.popitem()
    drawn.write_text(json.dumps(numbers), encoding="utf-8")
    with pytest.raises(AssertionError):
        running.compare_figures(source, tmp_path)
    drawn.unlink()
    with pytest.raises(AssertionError):
        running.compare_figures(source, tmp_path)


def test_the_chinese_edition_has_its_own_figure_where_there_is_one():
    (source,) = (path for path in lessons.SOURCES if path.stem.startswith("05_"))
    english, chinese = (
        [path.stem for path in running.committed_figures(source, language)]
        for language in ("en", "zh")
    )
    assert "05_words" in english and "05_words_zh" not in english
    assert "05_words_zh" in chinese and "05_words" not in chinese
    assert "05_scale" in english and "05_scale" in chinese


LITERALS = """
# %% tags=["numbers"]
LITERALS = {"by hand": "0.25"}

# %% [markdown] lang="en"
# A quarter is 0.25.

# %% [markdown] lang="zh"
# 四分之一是 0.25。
"""


WHOLE_LATE = "", '# %% tags=["whole"]\nx = 1\n'


@pytest.mark.parametrize(
    ("demand", "old", "new"),
    [
        (cells.test_no_code_cell_is_long, "", "x = 1\n" * 26),
        (cells.test_no_code_cell_is_long, "", '# %% tags=["whole"]\n' + "x = 1\n" * 61),
        (cells.test_what_is_whole_stands_behind_the_cell_that_sets_a_lesson_up, *WHOLE_LATE),
        (cells.test_every_assert_says_what_it_guards, "", "assert np.pi > 3\n"),
        (cells.test_every_number_typed_in_prose_is_listed_with_a_reason, "0.25。", "0.25 或 0.5。"),
        (cells.test_every_number_typed_in_prose_is_listed_with_a_reason, '"0.25"', '""'),
        (cells.test_no_listed_number_is_idle, '"0.25"', '"0.25 7"'),
    ],
)
def test_a_planted_fault_of_a_cell_is_noticed(demand, old, new, lesson):
    def asked(source):
        if demand is cells.test_every_number_typed_in_prose_is_listed_with_a_reason:
            for language in ("en", "zh"):
                demand(source, language)
        else:
            demand(source)

    asked(lesson(CODE, CODE + LITERALS))
    planted = LITERALS.replace(old, new) if old else f"{LITERALS}\n# %%\n{new}"
    with pytest.raises(AssertionError):
        asked(lesson(CODE, CODE + planted))
