"""What was handed in: files found in folders, and whose they are."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path, PurePath

from minillm.course.marking.marks import Mark

SIDE = {".ipynb_checkpoints", "__MACOSX"}  # folders that editors and archives put beside work


def notebooks_in(paths: list[Path]) -> dict[Path, str]:
    """The notebooks among ``paths`` and in the folders among them; how a row names each.

    That is the path inside the folder, or the name of a file that was given itself, and the whole
    path where two would be named alike.

    Raises:
        FileNotFoundError: a path does not exist, or a folder has no notebook.
    """
    found: dict[Path, str] = {}
    for path in paths:
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        inside = [p for p in inside if p == path or is_handed_in(p.relative_to(path))]
        if not inside or not path.exists():
            what = "holds no notebook" if path.is_dir() else "does not exist"
            raise FileNotFoundError(f"{path} {what}")
        start = path if path.is_dir() else path.parent
        found |= {place: place.relative_to(start).as_posix() for place in inside}
    alike = Counter(found.values())
    return {p: name if alike[name] == 1 else p.as_posix() for p, name in found.items()}


def is_handed_in(place: Path) -> bool:
    """Whether a path inside a folder is somebody's notebook: not hidden, and no editor's copy."""
    hidden = place.name.startswith(".") or SIDE & set(place.parts)
    return place.suffix.lower() == ".ipynb" and not hidden


def students(marks: list[Mark]) -> dict[str, str]:
    """Whose each file is.

    The folder that it lies in, unless that holds two notebooks of one lesson: then it is no
    student's, and the name of the file tells.  Names that would be two students' are whole paths.
    """
    lessons = {entry.file: entry.lesson for entry in marks}
    crowds = Counter((os.path.dirname(file), lesson) for file, lesson in lessons.items())
    crowded = {folder for (folder, _), n in crowds.items() if n > 1} | {""}
    names = {}
    for file in lessons:
        folder, path = os.path.dirname(file), PurePath(file)
        names[file] = path.stem if folder in crowded else folder
    twice = Counter((name, lessons[file]) for file, name in names.items())
    return {
        file: name if twice[name, lessons[file]] == 1 else str(PurePath(file).with_suffix(""))
        for file, name in names.items()
    }
