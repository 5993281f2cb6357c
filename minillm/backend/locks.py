"""One process at a time writes into a folder: a lock that the system frees with the process."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import sys
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK = ".lock"
REFUSED = (BlockingIOError, PermissionError)  # what systems say of a lock that another has

if sys.platform == "win32":
    import msvcrt

    def lock_now(descriptor: int) -> None:
        """Lock a byte far behind the text, which others can then read."""
        os.lseek(descriptor, 1 << 20, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def lock_now(descriptor: int) -> None:
        """Lock the open file without waiting."""
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class FolderLock:
    """What a process has as long as it writes into a folder; see ``hold``.

    The file ``.lock`` names the process.  It is removed with the last reference, or at the
    process's end; a process that is killed leaves the file, and the system frees the lock.
    """

    def __init__(self, folder: Path):
        new = not folder.exists()
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = locked(folder)
        self.release = weakref.finalize(self, free, folder, descriptor, os.getpid(), new)


held: weakref.WeakValueDictionary[str, FolderLock] = weakref.WeakValueDictionary()


def hold(folder: Path) -> FolderLock:
    """The lock of this process on ``folder``, which is made if it is missing.

    It is held for as long as somebody refers to it; within one process all share it.  On a file
    system that has no locks, nothing is locked.

    Raises:
        BlockingIOError: another process writes there; names the folder and that process.
        OSError: no file can be made there.
    """
    place = os.path.realpath(folder)
    lock = held.get(place)
    if lock is None or not lock.release.alive:
        lock = held[place] = FolderLock(folder)
    return lock


@contextmanager
def freed_after() -> Iterator[None]:
    """Behind the block, locks that were taken in it are free, also where an error keeps them."""
    before = [*held.values()]
    try:
        yield
    finally:
        for lock in [*held.values()]:
            if lock not in before:
                lock.release()


def locked(folder: Path) -> int:
    """An open file that has the lock, and says whose it is.

    Raises:
        BlockingIOError, OSError: as ``hold``.
    """
    path = folder / LOCK
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            lock_now(descriptor)
        except REFUSED as error:
            told = writer_of(descriptor)
            os.close(descriptor)
            raise BlockingIOError(
                f"{folder}: another process{told} writes here: wait for its end, or give another "
                "folder"
            ) from error
        except OSError:  # a file system that has no locks
            return descriptor
        if is_at(path, descriptor):
            break
        os.close(descriptor)  # the one who had it has removed the file meanwhile
    with contextlib.suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, f"pid {os.getpid()} on {platform.node()}".encode())
    return descriptor


def is_at(path: Path, descriptor: int) -> bool:
    """Whether the open file is the one that stands at ``path``."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def writer_of(descriptor: int) -> str:
    """Which process a lock file names, between commas; nothing where it cannot be read."""
    with contextlib.suppress(OSError):
        os.lseek(descriptor, 0, os.SEEK_SET)
        told = os.read(descriptor, 200).decode(errors="replace")
        if re.fullmatch(r"pid \d+ on .*", told):
            return f", {told},"
    return ""


def free(folder: Path, descriptor: int, process: int, new: bool) -> None:
    """Remove the file, and a ``new`` folder that is empty still, then free the lock.

    A process that was forked has a copy of the open file: it closes that alone.
    """
    with contextlib.suppress(OSError):
        if os.getpid() == process:
            (folder / LOCK).unlink()  # while it is locked: nobody else has this file
            if new:
                folder.rmdir()
    with contextlib.suppress(OSError):
        os.close(descriptor)
    if sys.platform == "win32":  # where an open file cannot be removed
        with contextlib.suppress(OSError):
            (folder / LOCK).unlink()
