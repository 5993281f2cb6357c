"""Runs the cells of a notebook in IPython's shell: what a kernel does, without starting one.

``python -m tests.course.shell_run NOTEBOOK FIGURES`` leaves what the cells print in the notebook,
and ends with an error where a cell raises or writes to stderr.  A kernel and its client take
several seconds to begin; that lessons run in one is tested with the shortest, and all by the
slow run.
"""

import json
import os
import sys
from pathlib import Path

from IPython.core.displayhook import DisplayHook
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from minillm.course.execute import FIRST


class Plain(DisplayHook):
    """Prints the value of a cell's last line as a notebook shows it: without ``Out[1]:``."""

    def write_output_prompt(self):
        pass

    def write_format_data(self, format_dict, md_dict=None):
        print(format_dict["text/plain"])


def run_in_shell(shell, source):
    """What a cell printed and showed, as a notebook keeps it.

    Raises:
        RuntimeError: the cell raised, or wrote to stderr.
    """
    with capture_output() as caught:
        result = shell.run_cell(source)
    error = result.error_before_exec or result.error_in_exec
    if error is not None or caught.stderr:
        raise RuntimeError(f"a cell failed:\n{source}\n{error!r}\n{caught.stderr}") from error
    shown = [{"output_type": "display_data", "data": output.data} for output in caught.outputs]
    printed = {"output_type": "stream", "name": "stdout", "text": caught.stdout}
    return [printed, *shown] if caught.stdout else shown


def run_notebook(path):
    """The notebook at ``path`` with what its cells show today; the file is written anew."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    shell = InteractiveShell.instance(displayhook_class=Plain)
    run_in_shell(shell, FIRST)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = run_in_shell(shell, "".join(cell["source"]))
    path.write_text(json.dumps(notebook, default=str), encoding="utf-8")


if __name__ == "__main__":
    os.environ["MINILLM_FIGURES"] = str(Path(sys.argv[2]).resolve())
    run_notebook(Path(sys.argv[1]))
