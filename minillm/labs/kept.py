"""What is measured is kept at once, so that a run that was interrupted measures nothing twice."""

from __future__ import annotations

import hashlib
import inspect
import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import minillm
from minillm.backend import kernels_in_force, write_atomically
from minillm.labs.compare import Cell
from minillm.labs.stored import rounded
from minillm.labs.study import Study


@contextmanager
def cells(folder: Path, name: str, *, keep: bool = False) -> Iterator[Path]:
    """The folder ``NAME.cells`` for what is measured on the way.

    It goes at the end, unless it is to be kept; after an error it stays, if anything is in it.
    """
    place = folder / f"{name}.cells"
    try:
        yield place
    except BaseException:
        with suppress(OSError):
            place.rmdir()
        raise
    if not keep:
        shutil.rmtree(place, ignore_errors=True)


def made_by(name: str, settings: Any, *functions: Callable[..., Any]) -> str:
    """What numbers depend on: settings, the texts of these functions' files, version, kernels."""
    texts = [source(function) for function in functions]
    parts = [name, asdict(settings), texts, minillm.__version__, kernels_in_force()]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def source(function: Callable[..., Any]) -> str:
    """The text of the file of a function, or its name where there is none."""
    if hasattr(function, "text"):  # a remedy of one's own knows it
        return str(function.text)
    function = getattr(function, "func", function)  # of a partial one
    try:
        return Path(inspect.getsourcefile(function) or "").read_text(encoding="utf-8")
    except (OSError, TypeError):
        return repr(getattr(function, "__qualname__", type(function)))


def kept(path: Path, maker: str) -> Cell | None:
    """What is kept in a file, if the same settings and functions made it and it is whole."""
    try:
        stored: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if stored["made_by"] != maker:
            return None
        return Cell(stored["numbers"], stored["seconds"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None  # not there, or damaged: it is measured again


def keep_cell(path: Path, maker: str, one: Cell, where: str) -> Cell:
    """Write what was measured; the same, as it is read again."""
    numbers = {key: rounded(where, key, value) for key, value in one.numbers.items()}
    seconds = round(one.seconds, 3)
    stored = {"made_by": maker, "numbers": numbers, "seconds": seconds}
    write_atomically(path, json.dumps(stored).encode())
    return Cell(numbers, seconds)


def seed_measured_or_kept(study: Study, folder: Path, settings: Any, seed: int) -> dict[str, Any]:
    """The numbers of a seed of a study; what is measured here is kept at once."""
    path, maker = folder / f"{seed}.json", made_by(study.name, settings, study.measure)
    one = kept(path, maker)
    if one is None:
        start = time.process_time()
        numbers = dict(study.measure(settings, seed))
        found = Cell(numbers, time.process_time() - start)
        one = keep_cell(path, maker, found, f"study {study.name}")
    return one.numbers
