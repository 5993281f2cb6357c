"""The folder of a run: whether it may be written, what an earlier run left, a model in it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, Self, TypeVar

from minillm.backend.files import require_folder
from minillm.tasks.published import is_published
from minillm.training import read_record

MODEL = "model.safetensors"
RECORD = "record.jsonl"
BESIDE = (
    *("bag_of_words.safetensors", "finetune.png", "forgetting.json", "loss.png"),
    *("instruct.png", "prefer.png", "rewards.json", "translation.png", "dictionary.json"),
    *("names.json", "scores.json", "entities.png"),
)


def refuse_overwriting(arguments: argparse.Namespace) -> None:
    """Stop before an earlier run would be lost, or before work that could not be kept.

    Raises:
        OSError: ``--out`` is not a folder, or may not be written.
        ValueError: ``--out`` holds a run, and neither --resume nor --overwrite was given; or a
            file that a run would write over and no run has written; it is a published folder.
    """
    require_folder(arguments.out)
    if is_published(arguments.out):
        raise ValueError(f"--out {arguments.out} is a published model: give another folder")
    found = earlier_run(arguments.out)
    refuse_foreign_record(arguments.out / RECORD)
    if found and not (arguments.resume or arguments.overwrite):
        raise ValueError(
            f"--out {arguments.out} holds an earlier run ({found[0].name}): give --resume, "
            "--overwrite, or another --out"
        )


def refuse_own_folder(arguments: argparse.Namespace) -> None:
    """Refuse to write the run over the model that it begins with.

    Raises:
        ValueError: see above.
    """
    model = Path(arguments.model)
    folder = model if model.is_dir() else model.parent
    if model.exists() and folder.resolve() == arguments.out.resolve() and not arguments.resume:
        raise ValueError(f"--out {arguments.out} is where MODEL stands: give another folder")


def refuse_foreign_record(path: Path) -> None:
    """Refuse to write a record over a file that is none.

    Raises:
        ValueError: see above.
    """
    try:
        if path.exists():
            read_record(path)
    except ValueError as error:
        if path.stat().st_size:
            raise ValueError(
                f"{path} would be written over, and is no record of a run ({error}): give another "
                "--out"
            ) from error


def remove_earlier_run(arguments: argparse.Namespace) -> None:
    """With --overwrite, the weights of the run that was there go, and what was made of them."""
    if arguments.overwrite and not arguments.resume:
        for path in [*earlier_run(arguments.out), *(arguments.out / name for name in BESIDE)]:
            path.unlink(missing_ok=True)


def earlier_run(out: Path) -> list[Path]:
    """The weights that a run left in ``out``.

    Raises:
        NotADirectoryError: ``out`` exists and is not a folder.
    """
    names = {"checkpoint.safetensors", MODEL}
    return sorted(p for p in out.iterdir() if p.name in names) if out.exists() else []


class Loads(Protocol):
    """What is in a model file: a language model, a text classifier, a tagger."""

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """What its ``save`` wrote."""


L = TypeVar("L", bound=Loads)


def opened(path: Path, kind: type[L], published: Callable[[Path], L]) -> L:
    """The model in a file, in a run's folder, or in a published folder.

    Raises:
        OSError, ValueError: as ``model_file``, ``load`` and ``published``.
    """
    return published(path) if is_published(path) else kind.load(model_file(path))


def model_file(path: Path) -> Path:
    """The model of a run's folder, or the file that was named itself.

    Raises:
        ValueError: the run in the folder is not finished, or there is none.
    """
    if not path.is_dir():
        return path
    if not (path / MODEL).exists():
        if (path / RECORD).exists():
            begun = (path / "checkpoint.safetensors").exists()
            told = "--resume goes on with it" if begun else "it has no checkpoint, begin it again"
            raise ValueError(f"{path}: this run is not finished: {told}")
        raise ValueError(f"{path}: there is no {MODEL} in this folder")
    return path / MODEL
