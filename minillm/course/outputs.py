"""What the committed notebooks printed and drew, kept as long as their code is what it was.

``course outputs`` executes the student's notebooks and stores the outputs in them; ``course build``
carries them over when only prose changes.  ``outputs_of`` in a notebook's head is the SHA-256 of
the code cells that were executed.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from minillm.course.execute import LessonError, execute
from minillm.course.notebooks import notebooks
from minillm.course.places import FOLDERS, LESSONS, read, write

LARGEST = 40_000  # bytes of a picture
COLOURS = (128, 64, 32, 16)
PRIVATE = re.compile(  # what only one machine or one day prints
    r"0x[0-9a-f]{6,}|/(?:home|tmp|Users|work|root)/|[A-Z]:\\|Warning\b|20\d\d-\d\d"
)


def with_outputs(text: str, committed: str | None) -> str:
    """The notebook ``text`` with the outputs that ``committed`` has for the same cells."""
    try:
        before = json.loads(committed or "")
        there = {cell.get("id"): cell for cell in before["cells"] if cell["cell_type"] == "code"}
        of = before["metadata"]["minillm"].get("outputs_of")
    except (ValueError, KeyError, TypeError, AttributeError):  # no notebook that was built here
        return text
    notebook = json.loads(text)
    if of:
        notebook["metadata"]["minillm"]["outputs_of"] = of
    for cell in code_cells(notebook):
        old = there.get(cell["id"])
        if old and old["source"] == cell["source"]:
            cell["outputs"], cell["execution_count"] = old["outputs"], old["execution_count"]
    return as_text(notebook)


def code_cells(notebook: Any) -> list[Any]:
    """The code cells of a notebook."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def as_text(notebook: Any) -> str:
    """A notebook the way it is written: one space of indent, keys in order."""
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def code_of(notebook: Any) -> str:
    """SHA-256 of the code cells of a notebook, as ``outputs_of`` names them."""
    code = json.dumps(["".join(cell["source"]) for cell in code_cells(notebook)])
    return hashlib.sha256(code.encode()).hexdigest()


def is_executed(text: str) -> bool:
    """Whether the outputs of a notebook are those of its code."""
    notebook = json.loads(text)
    return bool(notebook["metadata"]["minillm"].get("outputs_of") == code_of(notebook))


def outdated(lessons: Path = LESSONS) -> list[Path]:
    """The notebooks, as they were built last, whose outputs are not those of their code."""
    sources = sorted((lessons / "src").glob("*.py"))
    paths = [lessons / folder / f"{s.stem}.ipynb" for s in sources for folder in FOLDERS.values()]
    texts = {path: read(path) for path in paths}
    return [path for path, text in texts.items() if not (text and is_executed(text))]


def make(names: Sequence[str] = (), lessons: Path = LESSONS) -> Iterator[Path]:
    """Execute what is outdated, and the lessons that are named (``05``); each path when written.

    Raises:
        ValueError: a name is that of no lesson, or a notebook prints what only this machine prints.
        LessonError: a notebook does not run.
    """
    pairs = dict(notebooks(lessons, "student"))
    known = {path.stem.partition("_")[0] for path in pairs}
    if unknown := sorted(set(names) - known):
        raise ValueError(f"no lesson {', '.join(unknown)}; there are {', '.join(sorted(known))}")
    for path, text in pairs.items():
        named = path.stem.partition("_")[0] in names
        if named or not is_executed(with_outputs(text, read(path))):
            write(path, executed(text, path.name))
            yield path


def executed(text: str, name: str) -> str:
    """The notebook ``text`` with the outputs of a run of its own.

    Raises:
        LessonError: it does not run, or prints what only this machine prints.
    """
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / name
        write(place, text)
        ran = execute(place, Path(folder))
    notebook = json.loads(text)
    pairs = zip(code_cells(notebook), code_cells(ran), strict=True)
    for number, (cell, finished) in enumerate(pairs, start=1):
        cell["execution_count"] = number
        cell["outputs"] = [in_file(one, number, name) for one in joined(finished["outputs"])]
    notebook["metadata"]["minillm"]["outputs_of"] = code_of(notebook)
    return as_text(notebook)


def joined(outputs: list[Any]) -> list[Any]:
    """Outputs with neighbouring pieces of one stream in one piece."""
    found: list[Any] = []
    for output in outputs:
        stream = output.get("name")
        if found and stream and stream == found[-1].get("name"):
            found[-1]["text"] += output["text"]
        else:
            found.append(dict(output))
    return found


def in_file(output: Any, number: int, name: str) -> Any:
    """An output the way a notebook holds it, its picture small enough.

    Raises:
        LessonError: it shows a path, an address, a date or a warning.
    """
    shown = output.get("text", "") + output.get("data", {}).get("text/plain", "")
    if private := PRIVATE.search(shown):
        raise LessonError(f"{name}, cell [{number}]: {private[0]!r} differs by machine or by day")
    if "execution_count" in output:
        output["execution_count"] = number
    if "text" in output:
        output["text"] = output["text"].splitlines(keepends=True)
    if "data" in output:
        output["data"] = {kind: small(kind, data) for kind, data in output["data"].items()}
    return output


def small(kind: str, data: str) -> Any:
    """Data of one kind; a PNG gets as many colours as ``LARGEST`` allows.

    Raises:
        LessonError: it is larger with the fewest.
    """
    if kind != "image/png":
        return data.splitlines(keepends=True)
    from PIL.Image import open as read_picture

    picture = read_picture(io.BytesIO(base64.b64decode(data))).convert("RGB")
    for colours in COLOURS:
        file = io.BytesIO()
        picture.quantize(colours).save(file, "PNG", optimize=True)
        if file.tell() <= LARGEST:
            return base64.b64encode(file.getvalue()).decode() + "\n"
    raise LessonError(f"a figure of {picture.size} takes more than {LARGEST} bytes")
