"""Notebooks as students hand them in, and their marks."""

import nbformat

from minillm.course.marking.fence import private_folder, why_no_fence
from minillm.course.marking.worker import Settings, mark

IMPORTS = "import numpy as np\nfrom minillm.course import check"
SOFTMAX = """
def stable_softmax(scores):
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
"""
OVERFLOWS = """
def stable_softmax(scores):
    return np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)
"""
FOREVER = """
def attention_backward(q, k, v, g):
    open("begun", "w").close()
    while True:
        pass
"""
CHECKED = 'check("05.1", stable_softmax)'


def write(path, *cells, lesson=5, budget=15):
    """A student's notebook of these code cells, as if it had been run before."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell, execution_count=7) for cell in cells],
        metadata={"minillm": {"lesson": lesson, "budget_s": budget}},
    )
    output = nbformat.v4.new_output("stream", name="stdout", text="05.1  ✓\n05.2  ✓\n05.3  ✓\n")
    for cell in notebook.cells:
        cell.outputs = [output]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(nbformat.writes(notebook), encoding="utf-8")
    return path


def marked(path, limit=None, **more):
    """The marks of a notebook, behind the fence where there is one."""
    with private_folder() as folder:
        return mark(path, folder, Settings(limit, fenced=not why_no_fence(), **more))


def results(marks):
    return [(entry.exercise, entry.result) for entry in marks]


def messages(marks):
    return {entry.exercise: entry.message for entry in marks}
