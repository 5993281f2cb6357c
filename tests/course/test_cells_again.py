"""A reader runs cells again, in any order: each still works, and no tick is lost."""

import json
import random
import re

import pytest

from minillm.course.execute import execute, printed
from minillm.course.notebooks import as_notebook
from tests.course.test_lessons import SOURCES, exercises_of

SEED = 7


def with_every_cell_again(source, seed=SEED):
    """The teacher's notebook, and behind it all of its code cells once more, in random order."""
    notebook = json.loads(as_notebook(source, "en", "teacher"))
    again = [dict(cell) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    random.Random(seed).shuffle(again)
    for number, cell in enumerate(again):
        cell["id"] = f"again-{number}"
    notebook["cells"] += again
    notebook["metadata"]["minillm"]["budget_s"] *= 2
    return json.dumps(notebook)


@pytest.mark.slow
@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_every_cell_runs_again_in_the_finished_kernel(source, tmp_path):
    path = tmp_path / f"{source.stem}.ipynb"
    path.write_text(with_every_cell_again(source), encoding="utf-8")
    output = printed(execute(path, tmp_path), "stdout")
    ticks = re.findall(r"^([\w.]+)  ✓", output, flags=re.MULTILINE)
    exercises = exercises_of(source)
    assert ticks[: len(exercises)] == exercises
    assert sorted(ticks) == sorted(exercises * 2)
