"""The command line as a user has it: arguments in, exit code and two streams of text out."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from tests.tasks.small import EXAMPLES

ROOT = Path(__file__).parents[2]
# buffered output, as in anybody's shell
ENVIRONMENT = {n: v for n, v in os.environ.items() if n != "PYTHONUNBUFFERED"}
ENVIRONMENT["PYTHONPATH"] = str(ROOT)
TINY = [
    *("--width", "16", "--n-heads", "2", "--n-layers", "1", "--max-length", "12"),
    *("--batch-size", "8", "--pretrain-epochs", "1", "--finetune-epochs", "1"),
]
# the command line, with a checkpoint after every second update
SAVING_OFTEN = """
from minillm.__main__ import run
from minillm.tasks import classifier_training
classifier_training.SAVE_EVERY = 2
run()
"""


class Result(NamedTuple):
    """How a command ended and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def message(self):
        """The one line on stderr."""
        assert "Traceback" not in self.err
        lines = [line for line in self.err.split("\n") if line.strip()]
        assert len(lines) == 1, self.err
        return lines[0]


def write_examples(path, examples=EXAMPLES, *, separator="\t", end="\n", encoding="utf-8"):
    """A labelled file; gives its path."""
    text = "".join(f"{label}{separator}{text}{end}" for text, label in examples)
    path.write_bytes(text.encode(encoding))
    return path


def listing(folder):
    """Names of all files in a folder, hidden ones included."""
    return sorted(path.name for path in folder.iterdir())


def start(*arguments, program=("-m", "minillm"), **options):
    """The command line as a process of its own."""
    return subprocess.Popen(
        [sys.executable, *program, *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **{"env": ENVIRONMENT, **options},
    )


def finish(process):
    """Wait for a process."""
    out, err = (stream.decode("utf-8") for stream in process.communicate())
    return Result(process.returncode, out, err)


def wait_for_updates(process, record, count):
    """Until a process has recorded ``count`` updates; it must not end before."""
    while not record.exists() or record.read_bytes().count(b"\n") <= count:
        assert process.poll() is None, process.communicate()
        time.sleep(0.001)
