"""Which files of a folder hold published weights: one, or the shards that an index names."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from minillm.backend.errors import CheckpointError
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


def inside(folder: Path, name: str) -> Path:
    """Where the file of that name really lies: in ``folder``, also by a link.

    A link that leads out of the folder is refused: a folder from somebody else could show what
    lies elsewhere on this machine.  One place outside is allowed, because everything that the
    Hugging Face hub downloads is laid out so: within one and the same ``models--OWNER--NAME``
    that holds ``snapshots`` and ``blobs``, a file is a link::

        models--OWNER--NAME/snapshots/REVISION/model.safetensors -> ../../blobs/HASH

    The folder itself may be a link.

    Raises:
        OSError: there is no such file, or it is a folder.
        CheckpointError: it lies elsewhere, or is a device or the like.
    """
    root, place = Path(os.path.realpath(folder)), Path(os.path.realpath(folder / name))
    roots = [
        root,
        *(p for p in root.parents if is_hub_cache(p) and p / "snapshots" in root.parents),
    ]
    if not any(place.is_relative_to(allowed) for allowed in roots):
        raise CheckpointError(f"{folder / name}: a link that leads out of its folder, to {place}")
    try:
        mode = os.stat(place).st_mode
    except OSError as error:
        error.filename = str(folder / name)
        raise
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(folder / name))
    if not stat.S_ISREG(mode):  # a pipe would wait for ever
        raise CheckpointError(f"{folder / name}: not an ordinary file")
    return place


def is_hub_cache(folder: Path) -> bool:
    """Whether the hub's program keeps one model in this folder."""
    holds = all((folder / part).is_dir() for part in ("snapshots", "blobs"))
    return folder.name.startswith("models--") and holds


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
