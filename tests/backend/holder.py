"""Another process that holds the lock of a folder."""

import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

HOLDING = (
    "import sys; from pathlib import Path; from minillm.backend.locks import hold\n"
    "lock = hold(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
)


@contextmanager
def another(folder):
    """A process that holds the folder within the block, and is killed where that has not ended."""
    command = [sys.executable, "-c", HOLDING, str(folder)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=Path(__file__).parents[2], **pipes) as process:
        try:
            process.told = process.stdout.readline()
            yield process
        finally:
            process.kill()
