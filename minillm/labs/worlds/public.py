"""Public data sets: not shipped, but read from a folder if somebody has them there."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from minillm.text import Example, read_examples, read_text

VARIABLE = "MINILLM_DATA"  # names the folder; else it is "data" where the command runs
ABOUT = {
    "sst2": "the Stanford Sentiment Treebank in two classes (Socher et al. 2013): label, tab, "
    "sentence in lower case",
    "tinyshakespeare": "plays of Shakespeare, 1,115,394 characters (Karpathy 2015, char-rnn)",
    "sms": "the SMS Spam Collection (Almeida et al. 2011): label, tab, message",
    "uci": "Sentiment Labelled Sentences (Kotzias et al. 2015, UCI): sentence, tab, label",
}


@dataclass(frozen=True)
class PublicFile:
    """A file of texts, known by its digest: another version would give other numbers."""

    name: str
    sha256: str


def path_of(file: PublicFile) -> Path:
    """Where the file is looked for."""
    return Path(os.environ.get(VARIABLE, "data")).absolute() / file.name


def public_files(settings: Any) -> dict[str, PublicFile]:
    """Those that a study needs, by their names in its settings."""
    values = {entry.name: getattr(settings, entry.name) for entry in fields(settings)}
    return {name: value for name, value in values.items() if isinstance(value, PublicFile)}


def missing_files(settings: Any) -> Iterator[str]:
    """For each public file in a study's settings that is not there, what it is and where wanted."""
    for file in public_files(settings).values():
        if not path_of(file).exists():
            about = ABOUT.get(re.split(r"[-.]", file.name)[0], "a public data set")
            yield (
                f"{path_of(file)} is missing: {about}; SHA-256 {file.sha256}; {VARIABLE} may name "
                "another folder"
            )
        elif digest_of(file) != file.sha256:
            yield another_version(file)


def read_public(file: PublicFile, *, columns: tuple[str, ...] | None = None) -> list[Example]:
    """The labelled texts of a public file; ``columns`` as in ``read_examples``.

    Raises:
        OSError, ValueError: as ``checked_path``.
    """
    return read_examples(checked_path(file), columns=columns)


def read_public_text(file: PublicFile) -> str:
    """The text of a public file.

    Raises:
        OSError, ValueError: as ``checked_path``.
    """
    return read_text(checked_path(file))


def checked_path(file: PublicFile) -> Path:
    """Where the file is, once it is known to be the one that is meant.

    Raises:
        OSError: it is not there, or cannot be read.
        ValueError: another file has its name.
    """
    if digest_of(file) != file.sha256:
        raise ValueError(another_version(file))
    return path_of(file)


def digest_of(file: PublicFile) -> str:
    """The digest of what is there under that name."""
    return hashlib.sha256(path_of(file).read_bytes()).hexdigest()


def another_version(file: PublicFile) -> str:
    """What is wrong with a file whose digest is another."""
    return (
        f"{path_of(file)} has SHA-256 {digest_of(file)}, measured was the file with {file.sha256}"
    )
