"""The one way to replace a file: afterwards it is the old one or the new one, nothing between."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import platform
import re
import secrets
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

ABANDONED_AFTER = 3600.0  # seconds without a change; no file takes so long to write


def write_atomically(path: str | Path, data: bytes) -> None:
    """Put ``data`` into the file at ``path``, whole or not at all.

    The bytes go into a temporary file beside it, from there to the disk, and then the temporary
    is renamed: whoever reads ``path`` finds the old file or the new one, also when the process
    is killed on the way.  Missing folders are made.  A link stays; what it leads to is replaced.

    A process that is killed cannot tidy up after itself.  What earlier ones left of *this* file
    is removed first (see ``is_abandoned``).

    Raises:
        OSError: the disk is full or the folder is not writable; it names ``path``, or the folder
            that cannot be made.  The old file is untouched and nothing is left behind.
    """
    write_together({path: [data]})


def write_together(contents: Mapping[str | Path, Iterable[bytes | memoryview]]) -> None:
    """As ``write_atomically``, for files of one set: each is given as the parts of its bytes.

    All are on the disk before the first is renamed, so that a full disk changes none.  They are
    renamed in the order given: the last one, such as an index of the others, can say that the
    set is complete.

    Raises:
        OSError: as ``write_atomically``; it names the file that could not be written.
    """
    places = {path: Path(os.path.realpath(path)) for path in contents}
    writer = f"{machine()}.{os.getpid()}.{secrets.token_hex(6)}"
    temporary = {p: place.with_name(f".{place.name}.{writer}.tmp") for p, place in places.items()}
    for place in places.values():
        place.parent.mkdir(parents=True, exist_ok=True)  # its errors name the folder
    path: str | Path = ""
    try:
        for path, parts in contents.items():
            remove_abandoned(places[path])
            write_to_disk(temporary[path], parts)
        for path, place in places.items():
            os.replace(temporary[path], place)
        for folder in {place.parent: None for place in places.values()}:
            flush_folder(folder)
    except BaseException as error:
        for left in temporary.values():
            with contextlib.suppress(OSError):
                left.unlink(missing_ok=True)
        if isinstance(error, OSError):  # the reader knows nothing of a temporary
            error.filename = str(path)
            del error.filename2  # None would be written out
        raise


def write_to_disk(new: Path, parts: Iterable[bytes | memoryview]) -> None:
    """Make a file of ``parts``; afterwards it is on the disk, not only in the system's memory."""
    with open(new, "xb") as file:
        for part in parts:
            file.write(part)
        file.flush()
        os.fsync(file.fileno())


def machine() -> str:
    """Eight letters for this computer.

    Containers may have their computer's name, but count processes by themselves: each counts as
    a computer of its own.
    """
    try:
        counting = os.readlink("/proc/self/ns/pid")
    except OSError:  # not Linux
        counting = ""
    return hashlib.sha256(f"{platform.node()} {counting}".encode()).hexdigest()[:8]


def remove_abandoned(place: Path) -> None:
    """Remove the temporary files of ``place``, and of no other file, whose writers are gone."""
    ours = re.compile(rf"\.{re.escape(place.name)}\.([0-9a-f]+)\.(\d+)\.[0-9a-f]+\.tmp")
    for name in os.listdir(place.parent):
        match = ours.fullmatch(name)
        if match and is_abandoned(place.with_name(name), match[1], int(match[2])):
            with contextlib.suppress(OSError):  # somebody else was faster, or it is not ours
                place.with_name(name).unlink()


def is_abandoned(temporary: Path, computer: str, process: int) -> bool:
    """Whether nobody writes this file any more.

    Either it was written on this computer, by a process that does not run; or it has not
    changed for an hour.  A process that writes into a shared folder from another
    computer, or whose number cannot be asked for (on Windows), has that hour.  So a file is never
    taken away from a process that is writing it.
    """
    if computer == machine() and os.name == "posix" and not runs(process):
        return True
    try:
        return time.time() - temporary.stat().st_mtime > ABANDONED_AFTER
    except OSError:  # it has been renamed or removed meanwhile
        return False


def runs(process: int) -> bool:
    """Whether a process of that number runs on this computer, whoever started it."""
    try:
        os.kill(process, 0)  # signal 0 is never sent, only checked
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def flush_folder(folder: Path) -> None:
    """Make a rename in ``folder`` survive a power cut, where the system can do that."""
    if not hasattr(os, "O_DIRECTORY"):  # Windows cannot open folders
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def require_file(path: Path) -> None:
    """Refuse a file that cannot be written: before work whose results are to lie there.

    Raises:
        IsADirectoryError: a folder has that name.
        OSError: as ``require_folder``, of the folder that it is to lie in.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    require_folder(path.parent)


def require_folder(path: Path) -> None:
    """Refuse a folder that cannot be made or written: before work whose results are to lie there.

    Raises:
        NotADirectoryError: naming the file that stands in the way.
        OSError: naming the folder in which no file can be made, ``path`` or one above it.
    """
    there = next(place for place in (path, *path.absolute().parents) if place.exists())
    if not there.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(there))
    try:
        with tempfile.TemporaryFile(dir=there):  # what may be written does not tell: see /proc
            pass
    except OSError as error:
        code = errno.EACCES if error.errno == errno.ENOENT else error.errno or errno.EACCES
        raise OSError(code, os.strerror(code), str(there)) from error
