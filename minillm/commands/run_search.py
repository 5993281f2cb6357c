"""Which runs are meant by the paths of a command line."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from minillm.commands.runs import RECORD
from minillm.training.history import History, read_history


class Found(NamedTuple):
    """The runs by name, and what is to be told of those that are left out."""

    runs: dict[str, History]
    left_out: list[str]


def find_runs(words: Sequence[str]) -> Found:
    """The runs of files, of folders and of all folders below them, and of patterns such as ``r*``.

    A run that is given twice is there once.  A record that cannot be read is left out.

    Raises:
        OSError, ValueError: nothing is there, no run is in it, or none can be read.
    """
    left_out: list[str] = []
    read: dict[Path, History] = {}
    for record in (record for word in words for record in records_of(word)):
        known = record.resolve()
        if known in read:
            left_out.append(f"{record.parent}: given twice, shown once")
            continue
        try:
            read[known] = read_history(record)
        except (OSError, ValueError) as error:
            left_out.append(f"left out: {error}")
    if not read:
        raise ValueError(left_out[0].removeprefix("left out: "))
    names = names_of([history.path for history in read.values()])
    return Found(dict(zip(names, read.values(), strict=True)), left_out)


def records_of(word: str) -> Iterator[Path]:
    """The records that one word names.

    Raises:
        FileNotFoundError: there is no such file or folder, or nothing of that pattern.
        ValueError: there is no record in the folder nor below it.
    """
    paths = [Path(word)]
    if not paths[0].exists():
        paths = [Path(path) for path in sorted(glob.glob(word, recursive=True))]
    if not paths:
        pattern = any(character in word for character in "*?[")
        told = "no file or folder has a name of that pattern" if pattern else "it does not exist"
        raise FileNotFoundError(f"{word}: {told}")
    found = [record for path in paths for record in (below(path) if path.is_dir() else [path])]
    if not found:
        raise ValueError(f"{word}: no run is there: no {RECORD} in this folder or below it")
    yield from found


def below(folder: Path) -> list[Path]:
    """The records in a folder and in all below it, in the order of their paths."""
    return sorted(folder.rglob(RECORD))


def names_of(records: Sequence[Path]) -> list[str]:
    """The paths of the runs' folders, without what all of them begin with."""
    folders = [os.path.abspath(record.parent) for record in records]
    start = os.path.dirname(folders[0]) if len({*folders}) == 1 else os.path.commonpath(folders)
    names = [
        Path(os.path.relpath(folder, start)).as_posix().replace("./", "") for folder in folders
    ]
    names = [os.path.basename(start) + "/" if name == "." else name for name in names]
    if len({*names}) < len(names):  # several records of other names in one folder
        names = [f"{name}/{record.name}" for name, record in zip(names, records, strict=True)]
    return names
