"""What a number was made with, beside its settings: versions, kernels, processor, commit."""

from __future__ import annotations

import functools
import platform
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

import minillm
from minillm.backend.clone import PROJECT
from minillm.backend.kernel_switch import kernels_in_force
from minillm.backend.machine import processor


def surroundings() -> dict[str, Any]:
    """Versions, kernels in force and processor; in a git checkout also the state of its files.

    Guide: 7.2.2 (G57).
    """
    return {**of_the_process(), "kernels": kernels_in_force()}


@functools.cache
def of_the_process() -> dict[str, Any]:
    """Versions and processor; in a git checkout also the commit, and whether files were changed.

    Looked up once in a process: what was imported does not change when a file does.
    """
    versions = {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "minillm": minillm.__version__,
    }
    state = git_state(PROJECT)
    return {"versions": versions, "processor": processor()} | ({"git": state} if state else {})


def git_state(folder: Path) -> dict[str, Any] | None:
    """The commit of a checkout and whether tracked files differ from it; ``None`` elsewhere.

    A folder somewhere inside another project's checkout, such as an installed package, has none.
    """
    top = answer_of_git(folder, "rev-parse", "--show-toplevel")
    if top is None or Path(top).resolve() != folder.resolve():
        return None
    commit = answer_of_git(folder, "rev-parse", "HEAD")
    changed = answer_of_git(folder, "status", "--porcelain", "--untracked-files=no")
    return None if commit is None or changed is None else {"commit": commit, "dirty": changed != ""}


def answer_of_git(folder: Path, *words: str) -> str | None:
    """What git prints, without blanks at both ends; ``None`` where it fails or is not installed."""
    command = ["git", "-C", str(folder), *words]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
