"""The folder of a run: whether it may be written, what an earlier run left, a model in it."""

from __future__ import annotations

import argparse
from pathlib import Path

from minillm.backend.files import require_folder

MODEL = "model.safetensors"


def refuse_overwriting(arguments: argparse.Namespace) -> None:
    """Stop before an earlier run would be lost, or before work that could not be kept.

    Raises:
        OSError: ``--out`` is not a folder, or may not be written.
        ValueError: ``--out`` holds a run, and neither --resume nor --overwrite was given.
    """
    require_folder(arguments.out)
    found = earlier_run(arguments.out)
    if found and not (arguments.resume or arguments.overwrite):
        raise ValueError(
            f"--out {arguments.out} holds an earlier run ({found[0].name}): give --resume, "
            "--overwrite, or another --out"
        )


def remove_earlier_run(arguments: argparse.Namespace) -> None:
    """With --overwrite, the weights of the run that was there go."""
    if arguments.overwrite and not arguments.resume:
        for path in earlier_run(arguments.out):
            path.unlink()


def earlier_run(out: Path) -> list[Path]:
    """The weights that a run left in ``out``.

    Raises:
        NotADirectoryError: ``out`` exists and is not a folder.
    """
    names = {"checkpoint.safetensors", MODEL}
    return sorted(p for p in out.iterdir() if p.name in names) if out.exists() else []


def model_file(path: Path) -> Path:
    """The model of a run's folder, or the file that was named itself."""
    return path / MODEL if path.is_dir() else path
