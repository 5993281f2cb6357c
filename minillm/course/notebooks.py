"""From one source with two languages to notebooks.

``lessons/src/NN_slug.py`` (jupytext's py:percent) holds the prose twice (``lang="en"`` and
``lang="zh"``) around one set of code cells, with every exercise beside its solution.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from minillm.course.numbers import filled, named, stated_numbers
from minillm.course.places import FOLDERS, LESSONS, content, write

LEFT_OUT = {"student": "solution", "teacher": "exercise"}  # cells with this tag
EXERCISES = content("pages")["exercises"]  # what stands above the exercises of every lesson
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def without_source(lessons: Path = LESSONS) -> list[Path]:
    """Notebooks that no source gives."""
    sources = {source.stem for source in (lessons / "src").glob("*.py")}
    there = (path for folder in FOLDERS.values() for path in (lessons / folder).glob("*.ipynb"))
    return sorted(path for path in there if path.stem not in sources)


def build_solutions(folder: Path, lessons: Path = LESSONS) -> list[Path]:
    """Write the teacher's notebooks into ``folder`` and its ``zh``; all of them."""
    written = []
    for path, text in notebooks(lessons, "teacher"):
        written.append(folder / path.relative_to(lessons))
        write(written[-1], text)
    return written


def notebooks(lessons: Path, edition: str) -> Iterator[tuple[Path, str]]:
    """Path and text of every notebook of an edition.

    Raises:
        FileNotFoundError: there is no source, and so no knowing which notebooks belong there.
    """
    sources = sorted((lessons / "src").glob("*.py"))
    if not sources:
        raise FileNotFoundError(f"{lessons / 'src'} holds no source of a lesson")
    for source in sources:
        for language, folder in FOLDERS.items():
            path = lessons / folder / f"{source.stem}.ipynb"
            yield path, as_notebook(source, language, edition)


def as_notebook(source: Path, language: str, edition: str) -> str:
    """The notebook of one source: JSON without outputs, the same in every run.

    Raises:
        ValueError: a cell of prose does not say its language, or names a number that nothing makes.
    """
    import jupytext
    import nbformat

    read_in = jupytext.read(source, fmt="py:percent")
    names = numbers_of(read_in.cells, language)
    cells, met = [], Counter[str]()
    for cell in read_in.cells:
        if not belongs(cell, source, language, edition):
            continue
        tags = cell.metadata.get("tags", [])
        text = in_words(cell, source, names, language)
        new = nbformat.v4.new_markdown_cell if cell.cell_type == "markdown" else code_cell
        met[text] += 1
        key = f"{text}\n{met[text]}"  # an edit elsewhere leaves the id alone
        name = hashlib.sha256(key.encode("utf-8")).hexdigest()[:12]
        metadata = {"tags": tags} if tags else {}
        cells.append(new(source=text, id=name, metadata=metadata))
    metadata = {
        "kernelspec": KERNEL,
        "language_info": {"name": "python"},
        "minillm": {**read_in.metadata.get("minillm", {}), "language": language},
    }
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=metadata, nbformat_minor=5)
    nbformat.validate(notebook)
    return str(nbformat.writes(notebook)).rstrip("\n") + "\n"


def belongs(cell: Any, source: Path, language: str, edition: str) -> bool:
    """Whether a cell is part of this language's notebook of this edition.

    Prose may be tagged ``solution`` as well: the answer to a question that no code answers.

    Raises:
        ValueError: it is prose, and of neither language.
    """
    if cell.cell_type == "markdown":
        if cell.metadata.get("lang") not in FOLDERS:
            raise ValueError(f'{source}: this cell needs lang="en" or "zh": {cell.source[:60]!r}')
        if cell.metadata["lang"] != language:
            return False
    return not {LEFT_OUT[edition], "numbers"} & set(cell.metadata.get("tags", []))


def numbers_of(cells: list[Any], language: str) -> dict[str, Any]:
    """The numbers that the prose of a lesson may name, and ``course.exercises``: how they work."""
    code = [cell for cell in cells if cell.cell_type == "code"]
    naming = [c.source for c in code if "numbers" in c.metadata.get("tags", [])]
    numbers = named("\n".join(naming), stated_numbers(c.source for c in code), language)
    return {**numbers, "course": {"exercises": EXERCISES[language]}}


def in_words(cell: Any, source: Path, names: dict[str, Any], language: str) -> str:
    """The text of a cell in one edition: numbers filled in, the language named.

    Raises:
        ValueError: a number that nothing makes, or a cell tagged ``language`` without ``"en"``.
    """
    if cell.cell_type == "markdown":
        return filled(cell.source, names, f"{source}, {cell.metadata['lang']}")
    if "language" not in cell.metadata.get("tags", []):
        return str(cell.source)
    if 'LANGUAGE = "en"' not in cell.source:
        raise ValueError(f'{source}: a cell tagged language needs the line LANGUAGE = "en"')
    return str(cell.source).replace('LANGUAGE = "en"', f'LANGUAGE = "{language}"')


def code_cell(**parts: Any) -> Any:
    """A code cell that was never run."""
    import nbformat

    return nbformat.v4.new_code_cell(**parts, execution_count=None, outputs=[])
