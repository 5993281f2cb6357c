"""Files of named arrays that are whole or not there at all."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from minillm.backend import CheckpointError, naming

FORMAT = 1
RESERVED = frozenset({"minillm_format", "sha256"})  # metadata that save_arrays adds


def save_arrays(
    path: str | Path, arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str]
) -> None:
    """Write ``arrays`` and ``metadata`` as one safetensors file, atomically.

    The file is written under a temporary name, flushed to the disk and then renamed: whoever
    reads ``path`` finds the old file or the new one, also when the process is killed on the way.
    A SHA-256 of all contents goes into the metadata, so that a flipped bit is noticed.
    Equal contents give equal files.

    Raises:
        OSError: the disk is full or the folder is not writable; the old file is untouched and
            nothing is left behind.
        TypeError: an array of something else than booleans, integers or floats up to 64 bits.
        ValueError: a name that the format keeps for itself.
    """
    from safetensors.numpy import save

    path = Path(path)
    taken = RESERVED & metadata.keys() | {"__metadata__"} & arrays.keys()
    if taken:
        raise ValueError(f"{path}: names kept for the file format: {', '.join(sorted(taken))}")
    contents = {name: storable(name, array) for name, array in arrays.items()}
    described = {**metadata, "minillm_format": str(FORMAT)}
    described["sha256"] = digest(contents, described)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")  # nobody else's
    try:
        with naming(path), open(temporary, "xb") as file:
            file.write(with_sorted_header(save(contents, metadata=described)))
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    flush_folder(path.parent)


def with_sorted_header(file: bytes) -> bytes:
    """The same safetensors file with its header in alphabetical order.

        eight bytes: length of the header | header, JSON padded with blanks | data

    The library writes metadata in an order that changes from call to call.
    """
    length = int.from_bytes(file[:8], "little")
    names = json.loads(file[8 : 8 + length])
    header = json.dumps(names, ensure_ascii=False, sort_keys=True).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + file[8 + length :]


def storable(name: str, array: np.ndarray) -> np.ndarray:
    """``array`` in C order and in this machine's byte order, as safetensors wants it.

    Raises:
        TypeError: its dtype cannot be stored.
    """
    dtype = np.asarray(array).dtype
    if dtype.kind not in "biuf" or dtype.itemsize > 8:
        raise TypeError(f"{name}: {dtype} cannot be saved, only booleans, integers and floats can")
    return np.array(array, dtype=dtype.newbyteorder("="), order="C")


def flush_folder(folder: Path) -> None:
    """Make a rename in ``folder`` survive a power cut, where the system can do that."""
    if not hasattr(os, "O_DIRECTORY"):  # Windows cannot open folders
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def load_arrays(path: str | Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """The arrays and the metadata that were given to ``save_arrays``.

    Raises:
        OSError: the file is missing, a folder, or not readable.
        CheckpointError: it is damaged, no checkpoint of this project, or of a newer format.
    """
    from safetensors import SafetensorError, safe_open

    path = Path(path)
    with open(path, "rb"):  # a missing file is Python's own error, with the path in it
        pass
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = dict(file.metadata() or {})
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise CheckpointError(f"{path}: damaged, or not a safetensors file: {error}") from error
    if "minillm_format" not in metadata:
        raise CheckpointError(f"{path}: a safetensors file, but not one that minillm wrote")
    if metadata["minillm_format"] != str(FORMAT):
        raise CheckpointError(
            f"{path}: format {metadata['minillm_format']}, this version reads format {FORMAT}"
        )
    if metadata.pop("sha256", None) != digest(arrays, metadata):
        raise CheckpointError(f"{path}: damaged, its contents do not have the checksum they had")
    del metadata["minillm_format"]
    return arrays, metadata


def digest(arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> str:
    """SHA-256 over names, dtypes, shapes, bytes and metadata, independent of their order."""
    sha = hashlib.sha256()
    for key in sorted(metadata):
        sha.update(f"{key}\0{metadata[key]}\0".encode())
    for name in sorted(arrays):
        array = arrays[name]
        sha.update(f"{name}\0{array.dtype.str}\0{array.shape}\0".encode())
        sha.update(array.tobytes())
    return sha.hexdigest()
