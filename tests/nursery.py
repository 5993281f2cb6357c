"""Runs pytest many times, each in a fork of this process, which has imported what all of them need.

For each line of its input, a JSON object with a folder, arguments and a file for the output, it
prints the exit status.  Nothing of the project is imported before the fork.
"""

import json
import os
import signal
import sys

import hypothesis.strategies
import numpy as np
import pytest
import safetensors.numpy
import threadpoolctl
import tqdm

LIMIT = 600  # seconds of one run
NEEDED = (hypothesis.strategies, np, safetensors.numpy, threadpoolctl, tqdm)


def run(order):
    """What becomes of the fork: never returns."""
    output = os.open(order["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    signal.alarm(LIMIT)
    os.chdir(order["folder"])
    sys.path.insert(0, order["folder"])
    os.environ["PYTHONPATH"] = order["folder"]  # of what the tests start
    os.environ["MINILLM_HYPOTHESIS"] = "unshrunk"  # any example of a mistake will do
    status = pytest.main(order["arguments"])
    sys.stdout.flush()
    os._exit(int(status))


def main():
    """Read orders until there are no more."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            run(json.loads(line))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
