"""Files that belong together: read without leaving their folder, written all or none."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path

from minillm.backend.files import write_atomically


def file_in(folder: str | Path, name: str) -> Path | None:
    """The path of a file of that name in a folder, or ``None`` where there is none.

    The folder itself may be a link.  A file in it may be one if it leads to a file inside the
    folder, or inside the cache of the Hugging Face hub that the folder lies in, where every file
    of a ``snapshots/REVISION`` is a link into ``blobs`` beside ``snapshots``.

    Raises:
        ValueError: the file is a link that leads to nothing, or to any other place.
        NotADirectoryError: there is a file in the place of the folder.
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"{folder} is a file: the folder that it lies in is needed")
    path = folder / name
    if not path.is_symlink():
        return path if path.exists() else None
    inside, target = (Path(os.path.realpath(place)) for place in (folder, path))
    allowed = [inside]
    if inside.parent.name == "snapshots":
        allowed.append(inside.parent.parent / "blobs")
    if not any(target.is_relative_to(place) for place in allowed):
        raise ValueError(f"{path}: a link that leads out of its folder, to {target}")
    if not target.exists():
        raise ValueError(f"{path}: a link that leads to nothing, {target}")
    return path


def write_together(
    folder: str | Path, files: Mapping[str, bytes], *, without: Collection[str] = ()
) -> None:
    """Put files into a folder, all of them or none, and then remove those named in ``without``.

    All are written beside the old ones before the first of these is replaced.  A link is
    replaced too, and what it leads to stays as it is.

    Raises:
        OSError: the disk is full, the folder is not writable, a folder stands in the place of a
            file; the old files are untouched.
    """
    folder = Path(folder)
    for name in (*files, *without):
        if (folder / name).is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(folder / name))
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".") as aside:
        for name, data in files.items():
            write_atomically(Path(aside) / name, data)
        for name in files:
            os.replace(Path(aside) / name, folder / name)
        for name in without:
            (folder / name).unlink(missing_ok=True)
