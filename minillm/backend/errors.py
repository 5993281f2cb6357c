"""The two errors that are not already Python's, and a name for those of the system."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class CheckpointError(ValueError):
    """A checkpoint cannot be used: damaged, of another format, or not fitting the model."""


class DeviceError(RuntimeError):
    """The requested device is not available; the message says why and what to install."""


@contextmanager
def naming(path: str | Path) -> Iterator[None]:
    """Write ``path`` into an ``OSError`` that names no file, such as that of a full disk."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise
