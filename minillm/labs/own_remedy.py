"""A remedy of one's own: a Python file with a function that takes its place in the table of a lab.

The file is run in the process of the command, and may do whatever a program may: run none that you
would not start yourself.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minillm.labs.compare import Lab


class RemedyError(ValueError):
    """Something is wrong in the file of a remedy; the message names the file and the line."""


@dataclass(frozen=True)
class OwnRemedy:
    """The function of a file, the ``text`` of that file, and the ``model`` that it has to give."""

    path: Path
    text: str
    function: Callable[[Any], Any]
    model: type

    def __call__(self, case: Any) -> Any:
        """The model that the function makes of a case.

        Raises:
            RemedyError: the function fails, or gives something else.
        """
        try:
            model = self.function(case)
        except Exception as error:
            raise problem(self.path, error) from error
        if not isinstance(model, self.model):
            raise RemedyError(
                f"{self.path}: remedy(case) must return a {self.model.__name__}, "
                f"got {type(model).__name__}"
            )
        return model


def with_own_remedy(lab: Lab, path: Path) -> tuple[Lab, str]:
    """The lab with the remedy of a file, and the name of that remedy: "own: " and the file's.

    Raises:
        FileNotFoundError: there is no such file.
        RemedyError: it is no Python, fails, has no function ``remedy``, or is made for another lab.
    """
    name = f"own: {path.stem}"
    return lab.with_own(name, read_remedy(path, lab)), name


def read_remedy(path: Path, lab: Lab) -> OwnRemedy:
    """Run a file and take its function ``remedy``.

    Raises:
        FileNotFoundError, RemedyError: as ``with_own_remedy``.
    """
    try:
        text = path.read_text(encoding="utf-8")
        names: dict[str, Any] = {"__name__": path.stem}
        exec(compile(text, str(path), "exec"), names)
    except FileNotFoundError as error:
        if error.filename is not None and Path(error.filename) != path:
            raise problem(path, error) from error
        raise
    except Exception as error:
        raise problem(path, error) from error
    meant = names.get("LAB")
    if meant is None:
        raise RemedyError(f'{path}: LAB is missing; LAB = "{lab.name}" says which lab it is for')
    if meant != lab.name:
        raise RemedyError(
            f"{path}: this remedy is for lab {meant!r} and does not apply to {lab.name!r}; "
            f'LAB = "{lab.name}" says that it does'
        )
    function = names.get("remedy")
    if not callable(function):
        raise RemedyError(f"{path}: a function remedy(case) is needed, got {function!r:.40}")
    return OwnRemedy(path, text, function, lab.model)


def problem(path: Path, error: Exception) -> RemedyError:
    """The error in one line: the last line of the file that was running, and what went wrong."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        line, says = error.lineno, f"{type(error).__name__}: {error.msg}"
    else:
        frames = traceback.extract_tb(error.__traceback__)
        line = next((f.lineno for f in reversed(frames) if f.filename == str(path)), None)
        says = " ".join(f"{type(error).__name__}: {error}".split())
    place = str(path) if line is None else f"{path}, line {line}"
    return RemedyError(f"{place}: {says}")
