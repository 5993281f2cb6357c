"""What was handed in: files found in folders, whose they are, and who handed in nothing."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path, PurePath

from minillm.course.judge.words import Both
from minillm.course.marking.marks import Mark

SIDE = {".ipynb_checkpoints", "__MACOSX"}  # folders that editors and archives put beside work
NOTEBOOK = ".ipynb"
SHOWN = 3  # names of what a folder holds instead


def handed_in(paths: list[Path]) -> dict[Path, str]:
    """The notebooks among ``paths`` and in the folders among them; how a row names each.

    That is the path inside the folder, or the name of a file that was given itself, and the whole
    path where two would be named alike.  With them come the folders of those who handed in none.

    Raises:
        FileNotFoundError: a path does not exist, or a folder has no notebook.
        ValueError: a file that was given itself is no notebook by its name.
    """
    found: dict[Path, str] = {}
    for path in paths:
        if not path.exists():
            raise FileNotFoundError(f"{path} does not exist")
        if not path.is_dir() and path.suffix.lower() != NOTEBOOK:
            raise ValueError(
                f"{path} is no notebook: give files that end in {NOTEBOOK}, or folders"
            )
        inside = in_folder(path) if path.is_dir() else [path]
        if not inside:
            raise FileNotFoundError(f"{path} holds no notebook ({NOTEBOOK})")
        start = path if path.is_dir() else path.parent
        found |= {place: place.relative_to(start).as_posix() for place in inside}
    alike = Counter(found.values())
    names = {p: name if alike[name] == 1 else p.as_posix() for p, name in found.items()}
    return {p: f"{name}/" if p.is_dir() else name for p, name in names.items()}


def in_folder(path: Path) -> list[Path]:
    """The notebooks in a folder, and the folders that hold none beside such as hold some.

    Where one student's folder lies, so do the others'; but what lies beside a notebook itself,
    such as its pictures, is nobody's.
    """
    work = [p for p in path.rglob("*") if is_work(p.relative_to(path))]
    notebooks = [p for p in work if p.suffix.lower() == NOTEBOOK and not p.is_dir()]
    holding = {folder for p in notebooks for folder in p.parents if path in folder.parents}
    beside = {folder.parent for folder in holding}
    folders = {p for p in work if p.is_dir() and p.parent in beside} - holding
    return sorted({*notebooks, *folders})


def is_work(place: Path) -> bool:
    """Whether a path inside a folder is neither hidden nor put there by an editor or archive."""
    return not (place.name.startswith(".") or SIDE & set(place.parts))


def no_notebook(folder: Path) -> Both:
    """That a folder holds no notebook, and the first names of what it holds instead."""
    try:
        work = sorted(p for p in folder.iterdir() if is_work(p.relative_to(folder)))
        names = [f"{p.name}/" if p.is_dir() else p.name for p in work]
    except OSError as error:
        return Both(f"the folder cannot be read: {error.strerror}", "文件夹无法读取")
    if not names:
        return Both("the folder is empty", "文件夹是空的")
    listed = ", ".join([*names[:SHOWN], "..."] if len(names) > SHOWN else names)
    return Both(
        f"no notebook ({NOTEBOOK}) in the folder, but {listed}",
        f"文件夹里没有笔记本，只有 {listed}",
    )


def students(marks: list[Mark]) -> dict[str, str]:
    """Whose each file is.

    The folder that it lies in, unless that holds two notebooks of one lesson: then the name of
    the file belongs to it, for the folder may be a class, a group or one student's two attempts.
    """
    lessons = {entry.file: entry.lesson for entry in marks}
    crowds = Counter((os.path.dirname(file), lesson) for file, lesson in lessons.items())
    crowded = {folder for (folder, _), n in crowds.items() if n > 1} | {""}
    return {
        file: str(PurePath(file).with_suffix("")) if folder in crowded else folder
        for file, folder in ((file, os.path.dirname(file)) for file in lessons)
    }
