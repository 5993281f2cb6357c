"""Which files of a folder hold published weights: one, or the shards that an index names."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from minillm.backend.errors import CheckpointError
from minillm.backend.folder_files import inside
from minillm.backend.weight_headers import LARGEST, parse_object, shown

SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"
PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
NO_WEIGHTS = frozenset({"training_args.bin", "optimizer.pt", "scheduler.pt"})  # also pickled


class Shard(NamedTuple):
    """One file of a set; without an index, what it holds and its checksum are not told."""

    name: str
    place: Path
    tensors: frozenset[str] | None = None
    sha256: str | None = None


def find_shards(folder: Path) -> list[Shard]:
    """The files with the weights of ``folder``: ``model.safetensors`` alone, wherever there is one.

    Otherwise those that ``model.safetensors.index.json`` names.  With both, ``transformers``
    takes the single file too.

    Raises:
        OSError: the folder is missing, is a file, has no weights, or lacks a file of its index.
        CheckpointError: it holds pickled weights only, a link out of it, or a damaged index.
    """
    names = sorted(os.listdir(folder))  # its errors name the folder
    if SINGLE in names:
        return [Shard(SINGLE, inside(folder, SINGLE))]
    if INDEX in names:
        return list(indexed(folder))
    pickled = [n for n in names if n.endswith(PICKLED) and n not in NO_WEIGHTS]
    if pickled:
        raise CheckpointError(
            f"{folder}: {shown(pickled[0])} is a pickle, and a pickle can run code when it is "
            f"read; convert it to safetensors where you trust it, and put {SINGLE} here"
        )
    others = [shown(n) for n in names if n.endswith(".safetensors")]
    hint = f"; {', '.join(others[:5])} would have to be named so" if others else ""
    raise FileNotFoundError(errno.ENOENT, f"neither {SINGLE} nor {INDEX} in{hint}", str(folder))


def indexed(folder: Path) -> Iterator[Shard]:
    """The shards of an index, each with the tensors that it must hold and no other."""
    path = folder / INDEX
    place = inside(folder, INDEX)
    if place.stat().st_size > LARGEST:
        raise CheckpointError(f"{path}: an index of more than {LARGEST} bytes")
    index = parse_object(place.read_bytes().strip(), f"{path}: the index")
    weight_map = index.get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise CheckpointError(f"{path}: damaged, it has no weight_map of tensors and files")
    tensors: dict[str, set[str]] = {}
    for tensor, name in weight_map.items():
        if not is_shard_name(name):
            raise CheckpointError(
                f"{path}: {shown(tensor)} should be in {shown(str(name))}, "
                "which is not the name of a .safetensors file in this folder"
            )
        tensors.setdefault(name, set()).add(tensor)
    checksums = checksums_in(index)
    for name, held in sorted(tensors.items()):
        try:
            found = inside(folder, name)
        except FileNotFoundError as error:
            error.strerror = f"{INDEX} gives it {shown(min(held))}, and there is no such file"
            raise
        yield Shard(name, found, frozenset(held), checksums.get(name))


def is_shard_name(name: Any) -> bool:
    """Whether it is a plain file name on every system, without a way to other folders."""
    if not isinstance(name, str) or not name.endswith(".safetensors"):
        return False
    return not any(sign in "/\\:" or sign < " " for sign in name)


def checksums_in(index: dict[str, Any]) -> dict[str, str]:
    """The SHA-256 of each shard, where ``write_weights`` wrote the index."""
    metadata = index.get("metadata")
    found = metadata.get("sha256") if isinstance(metadata, dict) else None
    return found if isinstance(found, dict) else {}
