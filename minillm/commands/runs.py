"""The folder of a run: whether it may be written, what an earlier run left, a model in it."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol, Self, TypeVar

from minillm.backend import CheckpointError
from minillm.backend.files import require_file, require_folder
from minillm.commands.one_writer import hold_out
from minillm.tasks.published import is_published
from minillm.training import Run, read_record
from minillm.training.history import read_history
from minillm.training.ranks.agreement import RanksError
from minillm.training.watching import WatchLimits

MODEL = "model.safetensors"
RECORD = "record.jsonl"
BESIDE = (
    *("bag_of_words.safetensors", "finetune.png", "forgetting.json", "loss.png"),
    *("instruct.png", "prefer.png", "rewards.json", "translation.png", "dictionary.json"),
    *("names.json", "scores.json", "entities.png"),
)
SETTING = re.compile(
    r"\b(max_length|min_count|patience)(?= =| must| needs)|^size(?= must)|"
    r"^batch_size(?= \d+ is less)"
)


def refuse_overwriting(arguments: argparse.Namespace) -> None:
    """Stop before an earlier run would be lost, or before work that could not be kept.

    Raises:
        OSError: ``--out`` is not a folder, may not be written, or is written by another process.
        ValueError: ``--out`` holds a run, and neither --resume nor --overwrite was given; or a
            file that a run would write over and no run has written; it is a published folder.
    """
    require_out(arguments.out)
    if is_published(arguments.out):
        raise ValueError(f"--out {arguments.out} is a published model: give another folder")
    hold_out(arguments)
    found = earlier_run(arguments.out)
    refuse_foreign_record(arguments.out / RECORD)
    if found and not (arguments.resume or arguments.overwrite):
        raise ValueError(
            f"--out {arguments.out} holds an earlier run ({found[0].name}): give --resume, "
            "--overwrite, or another --out"
        )


def require_out(out: Path) -> None:
    """Refuse a folder of --out that cannot be made or written, before any work.

    Raises:
        OSError: as ``require_folder``, with the option.
    """
    try:
        require_folder(out)
    except OSError as error:
        error.filename = f"--out {error.filename}"
        raise


def require_files(arguments: argparse.Namespace, *names: str) -> None:
    """Refuse files that the options ``names`` ask for and that cannot be written, before any work.

    Raises:
        OSError: as ``require_file``, with the option.
        ValueError: --json is a file that is no JSON, and would be lost.
    """
    for name in names:
        path = getattr(arguments, name)
        try:
            if path is not None:
                require_file(path)
        except OSError as error:
            error.filename = f"--{name} {error.filename}"
            raise
        if name == "json" and path is not None and not may_be_json(path):
            raise ValueError(f"--json {path} is there and no JSON: give another file")


def may_be_json(path: Path) -> bool:
    """Whether a file is missing, empty, or an earlier result."""
    try:
        return not path.exists() or not (text := path.read_bytes()) or bool(json.loads(text))
    except ValueError:
        return False


def refuse_replacing(out: Path, names: Iterable[str], *, overwrite: bool) -> None:
    """Stop before files in ``out`` would be lost, or before work that could not be kept there.

    Raises:
        OSError: as ``require_out``.
        ValueError: one of the files is there, and --overwrite was not given.
    """
    require_out(out)
    there = [name for name in names if (out / name).exists()]
    if there and not overwrite:
        raise ValueError(f"--out {out} has a {there[0]}: give --overwrite, or another folder")


@contextmanager
def naming_options(**files: Path | None) -> Iterator[None]:
    """Say which options are meant, and whose content is not what it was, by its name in the facts.

    Raises:
        CheckpointError, RanksError: as whatever is done inside, with the names of ``files``.
        ValueError: as whatever is done inside, with options for settings.
    """
    try:
        yield
    except (CheckpointError, RanksError) as error:
        text = str(error)
        for name, path in files.items():
            told = f"held out from {files['data']}" if path is None else path
            text = text.replace(f"\n  {name}: has another", f"\n  {name} ({told}): has another")
        raise type(error)(text) from error
    except ValueError as error:
        raise ValueError(SETTING.sub(option_of, str(error))) from error


def option_of(setting: re.Match[str]) -> str:
    """The option that stands for a setting; sizes are those of a tokeniser's vocabulary."""
    name = setting[0]
    return "--tokenizer: size" if name == "size" else f"--{name.replace('_', '-')}"


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


def replace_earlier_run(arguments: argparse.Namespace, run: Run) -> None:
    """With --overwrite, the weights of the run that was there go, and what was made of them.

    They go when the first update of ``run`` is done: what fails or is stopped before has cost
    nothing, and from then on there is a checkpoint to go on from.
    """
    if arguments.overwrite:
        run.replaced = [arguments.out / name for name in (MODEL, *BESIDE)]


def watch_over(arguments: argparse.Namespace, run: Run) -> None:
    """With --watch, a fault ends the run by the name of what began it.

    Raises:
        ValueError: several threads share the batches, of which a watch would see one.
    """
    if arguments.watch and arguments.threads > 1:
        raise ValueError("--watch sees the work of one thread: leave out --threads")
    run.watch = WatchLimits() if arguments.watch else None


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
        ValueError: the run in the folder is not finished, a fault has ended it, or there is none.
    """
    if not path.is_dir():
        return path
    if not (path / MODEL).exists():
        if (path / RECORD).exists():
            raise ValueError(f"{path}: {why_unfinished(path)}")
        raise ValueError(f"{path}: there is no {MODEL} in this folder")
    return path / MODEL


def why_unfinished(folder: Path) -> str:
    """What became of a run that has left no model, and what can be done."""
    fault = None
    with suppress(ValueError):  # the record itself is damaged
        fault = read_history(folder).fault
    if fault is not None:
        return (
            f"a fault has ended this run: {fault.rstrip('.')}. --resume would do the same and "
            "meet it again: begin it again with --overwrite, and change the setting or the data "
            "that it names"
        )
    begun = (folder / "checkpoint.safetensors").exists()
    told = "--resume goes on with it" if begun else "it has no checkpoint, begin it again"
    return f"this run is not finished: {told}"
