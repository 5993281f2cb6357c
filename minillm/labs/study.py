"""An experiment: a question, settings, and how to measure the numbers of one seed.

``python -m minillm labs run NAME`` measures and writes ``figures/studies/NAME.json``; a lesson
measures one seed live and draws the others from that file.
"""

from __future__ import annotations

import difflib
import functools
import importlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Study:
    """A question, all settings, and how to measure the numbers of one seed.

    ``measure(settings, seed)`` gives named numbers, or arrays that have the same shape for every
    seed.  It draws everything random from ``seed`` and takes from ``settings`` whatever else
    shapes a number, so that the settings in the file are those that ran.  On another processor
    the last bits of a training in float32 differ, and by its end more than those: ``tolerance``
    says how much of a number may.

    Raises:
        TypeError: the settings are not an instance of a frozen dataclass.
    """

    name: str
    question: str
    settings: Any
    measure: Callable[[Any, int], Mapping[str, Any]]
    seeds: Sequence[int]
    tolerance: float = 0.02

    def __post_init__(self) -> None:
        described = getattr(self.settings, "__dataclass_params__", None)
        if described is None or not described.frozen or isinstance(self.settings, type):
            raise TypeError(
                f"study {self.name}: settings must be an instance of a frozen dataclass, "
                f"got {self.settings!r:.60}"
            )


def study_modules(folder: Path = FOLDER) -> dict[str, str]:
    """The name of every study and its module: each file under ``folder`` that has a ``STUDY``.

    A study is named like its file.  Nothing is imported.

    Raises:
        ValueError: two studies have the same name.
    """
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*.py")):
        if not has_study(path, path.stat().st_mtime_ns):
            continue
        module = ".".join(["minillm.labs", *path.relative_to(folder).with_suffix("").parts])
        if path.stem in found:
            raise ValueError(f"two studies are named {path.stem}: {found[path.stem]} and {module}")
        found[path.stem] = module
    return dict(sorted(found.items()))


@functools.cache
def has_study(path: Path, changed: int) -> bool:
    """Whether the file, as it was at the time ``changed``, has a ``STUDY``: read once."""
    return bool(re.search(r"^STUDY = ", path.read_text(encoding="utf-8"), re.MULTILINE))


def find_study(name: str) -> Study:
    """The study of that name.

    Raises:
        ValueError: no study has it; the message lists the names there are.
    """
    modules = study_modules()
    if name not in modules:
        near = difflib.get_close_matches(name, modules, n=1)
        meant = f" (did you mean {near[0]!r}?)" if near else ""
        raise ValueError(f"no study {name!r}{meant}; there are {', '.join(modules)}")
    found: Study = importlib.import_module(modules[name]).STUDY
    return found
