"""A study that is measured in no time, and how to take a study for one that can be found."""

import os
import signal
import time
from dataclasses import dataclass

from minillm.backend import kernels_in_force, stream
from minillm.backend.kernel_switch import LEVELS
from minillm.labs.study import Study


@dataclass(frozen=True)
class Settings:
    steps: int = 7
    fail_at: int = -1
    interrupted: bool = False
    idle: bool = False  # nothing reads it


def measure(settings, seed):
    if seed == settings.fail_at:
        raise ArithmeticError(f"seed {seed} cannot be measured")
    if settings.interrupted:  # a worker presses Ctrl-C for its parent, once; all go on
        if seed == 0:
            os.kill(os.getppid(), signal.SIGINT)
        time.sleep(600)
    drawn = stream(seed, "planted").standard_normal(settings.steps)
    level = LEVELS.index(kernels_in_force())
    return {"score": seed / 3, "curve": [seed, seed + 0.5], "drawn": drawn, "level": level}


STUDY = Study("planted_study", "Does it work?", Settings(), measure, [0, 1, 2])
