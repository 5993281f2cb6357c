"""Where the course lies, how its content is read and what is made of it is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from minillm.backend import write_atomically
from minillm.backend.clone import PROJECT

LESSONS = PROJECT / "lessons"
CONTENT = Path(__file__).with_name("content")
ASSETS = Path(__file__).parents[1] / "assets"  # trained models, with the package
FOLDERS = {"en": Path(), "zh": Path("zh")}  # of each language inside the folder of the lessons


def content(name: str) -> Any:
    """What ``content/NAME.json`` holds."""
    return json.loads((CONTENT / f"{name}.json").read_text(encoding="utf-8"))


def read(path: Path) -> str | None:
    """The text of a file, with its line ends as they are, or None where there is no file.

    Bytes that are not UTF-8 are shown by their numbers: a damaged file is out of date, no more.
    """
    return path.read_bytes().decode("utf-8", "backslashreplace") if path.is_file() else None


def write(path: Path, text: str) -> None:
    """Write ``text`` with line feeds, in a folder that is made where it is missing."""
    write_atomically(path, text.encode())
