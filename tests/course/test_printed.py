"""Two notebooks show the same: words equal, numbers within 1 %, what differs is named."""

import pytest

from minillm.course.printed import differences, same


def notebook(text, tags=(), name="stdout"):
    cell = {"cell_type": "code", "id": "only", "execution_count": 3, "metadata": {"tags": [*tags]}}
    outputs = [{"output_type": "stream", "name": name, "text": text}]
    return {"cells": [{"cell_type": "markdown", "id": "prose"}, {**cell, "outputs": outputs}]}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("loss 1.000", "loss 1.009"),
        ("loss   1.0", "loss 1.0 "),  # a column gets wider
        ("error 3e-10", "error -7.2e-9"),
        ("12,345 words", "12,346 words"),
        ("−0.250", "-0.251"),
        ("nan, inf", "nan, inf"),
    ],
)
def test_lines_that_are_the_same(old, new):
    assert same(old, new) and same(new, old)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("loss 1.00", "loss 1.02"),
        ("loss 1.0", "gain 1.0"),
        ("1 2", "1 2 3"),
        ("12 3", "1 23"),
        ("error 3e-10", "error 3e-5"),
        ("0.5", "-0.5"),
        ("1.0", "nan"),
        ("12,345 words", "13,345 words"),
    ],
)
def test_lines_that_are_not(old, new):
    assert not same(old, new) and not same(new, old)


def test_the_cell_and_both_lines_are_named():
    found = differences(notebook("a 1\nb 2\n"), notebook("a 1\nb 3\n"))
    assert found == ["cell [3]: committed 'b 2', now 'b 3'"]


def test_a_missing_line_and_a_missing_cell_are_named():
    (line,) = differences(notebook("a 1\nb 2\n"), notebook("a 1\n"))
    assert line == "cell [3]: committed 'b 2', now ''"
    (cell,) = differences(notebook("a"), {"cells": []})
    assert cell == "cell [3] is not in the other notebook"


@pytest.mark.parametrize(
    "tag", ["timing", "machine", "answer", "exercise", "solution", "exercise-check"]
)
def test_what_may_differ_is_left_out(tag):
    assert differences(notebook("1", [tag]), notebook("2", [tag])) == []


def test_pieces_of_a_stream_are_one_text_and_versions_may_differ():
    whole = notebook("minillm 0.1.0, NumPy 2.4.6\na\nb\n")
    pieces = notebook("minillm 0.2.0, NumPy 2.0.0\na\n")
    last = {"output_type": "execute_result", "data": {"text/plain": ["b\n"]}}
    pieces["cells"][1]["outputs"].append(last)
    assert differences(whole, pieces) == []


def test_a_picture_is_not_compared():
    drawn = notebook("a")
    data = {"image/png": "iVBO", "text/plain": "<Figure size 800x320 with 1 Axes>"}
    drawn["cells"][1]["outputs"].append({"output_type": "display_data", "data": data})
    assert differences(drawn, notebook("a")) == []
