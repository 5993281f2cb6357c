"""A folder of several files that is written whole: afterwards it is the old one or the new one."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from minillm.backend.files import is_abandoned, machine, require_folder


@contextmanager
def whole_folder(
    path: str | Path, *, replaced: Callable[[str], bool] | None = None
) -> Iterator[Path]:
    """A new folder to write into, which stands at ``path`` once all that is done inside succeeds.

    It begins empty, beside ``path``.  A folder that stands there must be empty, or hold nothing
    but files whose names are ``replaced``: these go with it, and any other would be lost.
    After an error, or Ctrl-C, ``path`` is as it was and nothing is left behind; what a process
    left that was killed on the way is removed by the next one (see ``is_abandoned``).

    Raises:
        ValueError: there is a file that would be lost.
        OSError: ``path`` is a file, or no folder can be made or moved there.
    """
    place = Path(os.path.realpath(path))
    require_folder(place)
    lost = [name for name in names_in(place) if replaced is None or not replaced(name)]
    if lost:
        raise ValueError(f"{path} holds {lost[0]}, which would be lost: give another folder")
    own = f"{place.name}.{machine()}.{os.getpid()}.{secrets.token_hex(6)}"
    new, old = (place.with_name(f".{own}.{end}") for end in ("new", "old"))
    remove_abandoned_folders(place)
    try:
        new.mkdir(parents=True)
        yield new
        exchange(place, new, old)
    finally:
        shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def exchange(place: Path, new: Path, old: Path) -> None:
    """Move ``place`` to ``old``, where there is one, and ``new`` to ``place``; or neither."""
    if not place.exists():
        os.rename(new, place)
        return
    os.rename(place, old)
    try:
        os.rename(new, place)
    except BaseException:
        os.rename(old, place)
        raise


def remove_abandoned_folders(place: Path) -> None:
    """Remove what others that wrote ``place`` left beside it, once they are gone.

    An old folder stays where ``place`` is missing: it is the only one.
    """
    ours = re.compile(rf"\.{re.escape(place.name)}\.([0-9a-f]+)\.(\d+)\.[0-9a-f]+\.(new|old)")
    for name in names_in(place.parent):
        match = ours.fullmatch(name)
        if match and (match[3] == "new" or place.exists()):
            left = place.with_name(name)
            if is_abandoned(left, match[1], int(match[2])):
                shutil.rmtree(left, ignore_errors=True)


def names_in(folder: Path) -> list[str]:
    """The names of what is in a folder, sorted; none where there is no folder."""
    return sorted(os.listdir(folder)) if folder.exists() else []
