"""One switch for all kernels: the rule that a student reads, or a faster form of it.

A rule that has kernels keeps them in a table ``{library: kernel}``, as ``op.kernels`` does.  Who
writes kernels offers them under a level; the switch puts into the tables those of the level in
force, and takes the others out.

* ``off``       the rules alone
* ``numpy``     kernels in NumPy, the default
* ``compiled``  those, and kernels that numba compiles (``.venv/bin/pip install -e ".[fast]"``)
* ``device``    those in NumPy, and kernels in CUDA C for arrays of CuPy

The last need ``.venv/bin/pip install -e ".[cuda12x]"``.  They were run on a processor and compiled
for devices, but have not yet run on one: so only this level, asked for by name, puts them in force.

The variable ``MINILLM_KERNELS`` says which level a process begins with.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

HOST_LEVELS = ("off", "numpy", "compiled")
LEVELS = (*HOST_LEVELS, "device")
OFFERED: dict[
    str, tuple[str, ...]
] = {  # whose kernels a level has, the later ones in the places of the earlier
    "off": (),
    "numpy": ("numpy",),
    "compiled": ("numpy", "compiled"),
    "device": ("numpy", "device"),
}

Table = dict[ModuleType, Callable]
Kernels = Iterable[tuple[Table, ModuleType, Callable]]

offers: dict[str, list[Callable[[], Kernels]]] = {level: [] for level in LEVELS[1:]}
placed: list[tuple[Table, ModuleType]] = []


def checked_level(level: object, source: str = "use_kernels") -> str:
    """``level``, once it is known to be one.

    Raises:
        ValueError: it is not.
    """
    if level not in LEVELS:
        raise ValueError(f"{source}: kernels are {', '.join(LEVELS)}, got {level!r}")
    return str(level)


@contextmanager
def told_by_commands() -> Iterator[None]:
    """A command that the level keeps from beginning says why in one line, and ends with code 2.

    This happens while the package is imported; a script that imports it gets the error, and so
    does whoever watches the errors of this process.
    """
    try:
        yield
    except (ValueError, ImportError) as error:
        command = sys.argv[:1] == ["-m"] or Path(*sys.argv[:1]).stem == "minillm"
        if not command or sys.excepthook is not sys.__excepthook__:
            raise
        print(f"minillm: {error}", file=sys.stderr)
        raise SystemExit(2) from error


with told_by_commands():
    level_in_force = checked_level(
        os.environ.get("MINILLM_KERNELS", "").strip().lower() or "numpy", "MINILLM_KERNELS"
    )


def offer(level: str, kernels: Callable[[], Kernels]) -> None:
    """Kernels of a level, as a function that gives ``(table, library, kernel)`` for each.

    It is called when the level comes into force, so that what it needs is not imported before.
    """
    offers[level].append(kernels)
    if level in OFFERED[level_in_force]:
        with told_by_commands():
            place(kernels())


def place(kernels: Kernels) -> None:
    """Put kernels into their tables; a later one takes the place of an earlier one."""
    for table, library, kernel in kernels:
        table[library] = kernel
        placed.append((table, library))


def use_kernels(level: str) -> str:
    """Put the kernels of ``level`` in force, in the whole process; the level before.

    Raises:
        ValueError: there is no such level.
        ImportError: ``compiled`` without numba, ``device`` without CuPy; nothing was changed.
    """
    global level_in_force
    before = level_in_force
    wanted = OFFERED[checked_level(level)]
    found = [list(kernels()) for each in wanted for kernels in offers[each]]
    for table, library in placed:
        table.pop(library, None)
    placed.clear()
    for kernels in found:
        place(kernels)
    level_in_force = level
    return before


@contextmanager
def kernels(level: str) -> Iterator[None]:
    """``with kernels("off"):`` another level within a block, for the whole process.

    Raises:
        ValueError, ImportError: as ``use_kernels``.
    """
    before = use_kernels(level)
    try:
        yield
    finally:
        use_kernels(before)


def levels_here() -> list[str]:
    """The levels that this interpreter can have in force for NumPy's arrays."""
    return [*HOST_LEVELS] if importlib.util.find_spec("numba") else [*HOST_LEVELS[:-1]]


def kernels_in_force() -> str:
    """The level in force: ``off``, ``numpy``, ``compiled`` or ``device``."""
    return level_in_force
