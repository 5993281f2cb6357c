"""Weights in the layout that is published: one safetensors file, or shards with their index."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from minillm.backend.array_files import FORMAT, digest, parts_of_file, storable
from minillm.backend.files import write_together
from minillm.backend.folder_files import check_places
from minillm.backend.weight_index import INDEX, SINGLE

SHARD = re.compile(r"model-\d{5,}-of-\d{5,}\.safetensors")


def write_weights(
    folder: str | Path, arrays: Mapping[str, np.ndarray], *, max_bytes: int = 5_000_000_000
) -> None:
    """Write ``arrays`` as ``transformers`` reads them: all of them or nothing.

    Up to ``max_bytes`` of data are one ``model.safetensors``; more are shards in the order of
    ``arrays``, ``model-00001-of-00002.safetensors`` and so on, with their index.  Each file has
    the metadata ``{"format": "pt"}``, which older ``transformers`` ask for, and our SHA-256.  An
    array larger than ``max_bytes`` has a shard for itself.  Equal arrays give equal files.

    Everything is on the disk before a name changes, and weights that are there stay in force
    until the last change of a name; then they are removed.  Only shards that replace shards of
    equal names cannot change all at once: should that be cut short, the folder holds some of
    each set, and ``open_weights`` refuses it by the checksums.

    Raises:
        OSError: as ``write_atomically``; it names a file or the folder.
        TypeError: an array of something other than booleans, integers or floats up to 64 bits.
        ValueError: ``max_bytes`` below 1, a name that cannot be stored; or, a ``CheckpointError``,
            a file of the folder is a link out of it.
    """
    if max_bytes < 1:
        raise ValueError(f"max_bytes must be at least 1, not {max_bytes}")
    folder = Path(folder)
    contents = {checked_name(name): storable(name, arrays[name]) for name in arrays}
    groups = split({name: array.nbytes for name, array in contents.items()}, max_bytes)
    files = {name: {n: contents[n] for n in group} for name, group in named(groups).items()}
    checksums = {name: digest(held, described()) for name, held in files.items()}
    parts: dict[str | Path, Iterator[bytes | memoryview]] = {
        folder / name: parts_of_file(held, described(sha256=checksums[name]))
        for name, held in files.items()
    }
    if len(files) > 1:
        parts[folder / INDEX] = iter([index_of(files, checksums)])
    names = {Path(path).name for path in parts}
    check_places(folder, sorted({SINGLE, INDEX} | names))
    write_together(parts)
    remove_old(folder, names)


def described(**more: str) -> dict[str, str]:
    """The metadata of every file, and ``more``."""
    return {"format": "pt", "minillm_format": str(FORMAT), **more}


def checked_name(name: str) -> str:
    """``name``, which can be stored.

    Raises:
        ValueError: it is kept for the format, or is no text.
    """
    if name == "__metadata__":
        raise ValueError("__metadata__ is a name that the file format keeps for itself")
    name.encode()  # UnicodeEncodeError, a ValueError, shows the name
    return name


def split(sizes: Mapping[str, int], max_bytes: int) -> list[list[str]]:
    """Groups of names of at most ``max_bytes`` each, filled in order as ``transformers`` does."""
    groups: list[list[str]] = []
    current: list[str] = []
    room = max_bytes
    for name, size in sizes.items():
        if size > max_bytes:
            groups.append([name])
            continue
        if size > room:
            groups.append(current)
            current, room = [], max_bytes
        current.append(name)
        room -= size
    return [*groups, current] if current or not groups else groups


def named(groups: list[list[str]]) -> dict[str, list[str]]:
    """The groups by the names of their files."""
    count = len(groups)
    if count == 1:
        return {SINGLE: groups[0]}
    return {f"model-{i:05d}-of-{count:05d}.safetensors": g for i, g in enumerate(groups, 1)}


def index_of(files: Mapping[str, Mapping[str, np.ndarray]], checksums: Mapping[str, str]) -> bytes:
    """The index: which tensor lies in which file, and the checksums of the set."""
    total = sum(array.nbytes for held in files.values() for array in held.values())
    weight_map = {name: file for file, held in files.items() for name in held}
    index = {"metadata": {"total_size": total, "sha256": checksums}, "weight_map": weight_map}
    return json.dumps(index, indent=2, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def remove_old(folder: Path, new: set[str]) -> None:
    """Remove what an earlier set of weights left; what would be read instead goes first."""
    old = [name for name in sorted(os.listdir(folder)) if SHARD.fullmatch(name)]
    for name in [SINGLE, INDEX, *old]:
        if name not in new:
            (folder / name).unlink(missing_ok=True)
