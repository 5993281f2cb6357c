"""Everything that is made from the lessons' sources, the content and the tests' markers.

Notebooks, errata, the way from the guide to the code, glossary, reading list, the tables of README
and syllabus, the diagram.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from minillm.course import diagram, errata, guide_page, pages, parts
from minillm.course.notebooks import notebooks, without_source
from minillm.course.outputs import with_outputs
from minillm.course.places import PROJECT, read, write


def generated(project: Path = PROJECT) -> Iterator[tuple[Path, str]]:
    """Path and text of every generated file."""
    for path, text in notebooks(project / "lessons", "student"):
        yield path, with_outputs(text, read(path))
    yield from errata.pages(project)
    yield from guide_page.pages(project)
    yield from pages.pages(project)
    yield from parts.pages(project)
    yield project / "figures" / "phases.svg", diagram.phases()


def build(project: Path = PROJECT) -> list[Path]:
    """Write what is not as it should be, once all of it is made; which files changed.

    A notebook without a source is left alone: it may be somebody's copy.
    """
    texts = dict(generated(project))
    changed = [path for path, text in texts.items() if read(path) != text]
    for path in changed:
        write(path, texts[path])
    return changed


def out_of_date(project: Path = PROJECT) -> list[Path]:
    """Files that are missing, not what they are made from, or notebooks without a source."""
    wrong = [path for path, text in generated(project) if not is_current(path, text)]
    return sorted([*wrong, *without_source(project / "lessons")])


def is_current(path: Path, text: str) -> bool:
    """Whether a file holds ``text``; of a drawing only the words count."""
    there = read(path)
    return there == text or (
        there is not None and path.suffix == ".svg" and diagram.same_words(there, text)
    )
