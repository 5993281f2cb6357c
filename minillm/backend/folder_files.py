"""Files that belong together: read and written without leaving their folder."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from minillm.backend.errors import CheckpointError


def file_in(folder: str | Path, name: str) -> Path | None:
    """The path of a file of that name in a folder, or ``None`` where there is none.

    Raises:
        CheckpointError: it is a link that leads out of the folder (see ``inside``) or to nothing.
        OSError: there is a file in the place of the folder, or a folder in that of the file.
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"{folder} is a file: the folder that it lies in is needed")
    path = folder / name
    if not os.path.lexists(path):
        return None
    try:
        inside(folder, name)
    except OSError as error:
        if not path.is_symlink():
            raise
        to = os.readlink(path)
        raise CheckpointError(f"{path}: a link that leads to nothing, {to}") from error
    return path


def inside(folder: Path, name: str) -> Path:
    """Where the file of that name really lies: in ``folder``, also by a link.

    A link that leads out of the folder is refused: a folder from somebody else could show what
    lies elsewhere on this machine.  One place outside is allowed, because everything that the
    Hugging Face hub downloads is laid out so: within one and the same ``models--OWNER--NAME``
    that holds ``snapshots`` and ``blobs``, a file is a link::

        models--OWNER--NAME/snapshots/REVISION/model.safetensors -> ../../blobs/HASH

    The folder itself may be a link.

    Raises:
        OSError: there is no such file, or it is a folder.
        CheckpointError: it lies elsewhere, or is a device or the like.
    """
    root, place = Path(os.path.realpath(folder)), Path(os.path.realpath(folder / name))
    roots = [
        root,
        *(p for p in root.parents if is_hub_cache(p) and p / "snapshots" in root.parents),
    ]
    if not any(place.is_relative_to(allowed) for allowed in roots):
        raise CheckpointError(f"{folder / name}: a link that leads out of its folder, to {place}")
    try:
        mode = os.stat(place).st_mode
    except OSError as error:
        error.filename = str(folder / name)
        raise
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(folder / name))
    if not stat.S_ISREG(mode):  # a pipe would wait for ever
        raise CheckpointError(f"{folder / name}: not an ordinary file")
    return place


def is_hub_cache(folder: Path) -> bool:
    """Whether the hub's program keeps one model in this folder."""
    holds = all((folder / part).is_dir() for part in ("snapshots", "blobs"))
    return folder.name.startswith("models--") and holds


def check_places(folder: Path, names: Iterable[str]) -> None:
    """Refuse to write where a folder stands, or through a link into another folder.

    Raises:
        IsADirectoryError: naming what is a folder.
        CheckpointError: naming the link.
    """
    root = os.path.realpath(folder)
    for name in names:
        place = Path(os.path.realpath(folder / name))
        if not place.is_relative_to(root):
            raise CheckpointError(
                f"{folder / name}: a link that leads out of its folder, to {place}"
            )
        if place.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(folder / name))
