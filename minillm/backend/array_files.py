"""Files of named arrays: our own, which are whole or refused, and those of others."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from minillm.backend.errors import CheckpointError
from minillm.backend.files import write_together

FORMAT = 1
RESERVED = frozenset({"minillm_format", "sha256"})  # metadata that save_arrays adds
# The names that safetensors has for NumPy's dtypes; BF16 is read too (see ``as_numpy``).
DTYPES = {
    "BOOL": "?",
    "U8": "u1",
    "U16": "<u2",
    "U32": "<u4",
    "U64": "<u8",
    "I8": "i1",
    "I16": "<i2",
    "I32": "<i4",
    "I64": "<i8",
    "F16": "<f2",
    "F32": "<f4",
    "F64": "<f8",
}
NAMES = {np.dtype(numpy): kind for kind, numpy in DTYPES.items()}


def save_arrays(
    path: str | Path, arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str]
) -> None:
    """Write ``arrays`` and ``metadata`` as one safetensors file, atomically.

    A SHA-256 of all contents goes into the metadata, so that a flipped bit is noticed.
    Equal contents give equal files.  No array is copied, unless its bytes lie in another order.

    Raises:
        OSError: as ``write_atomically``.
        TypeError: an array of something other than booleans, integers or floats up to 64 bits.
        ValueError: a name that the format keeps for itself.
    """
    taken = RESERVED & metadata.keys() | {"__metadata__"} & arrays.keys()
    if taken:
        raise ValueError(f"{path}: names kept for the file format: {', '.join(sorted(taken))}")
    contents = {name: storable(name, array) for name, array in arrays.items()}
    described = {**metadata, "minillm_format": str(FORMAT)}
    described["sha256"] = digest(contents, described)
    write_together({path: parts_of_file(contents, described)})


def parts_of_file(
    arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str]
) -> Iterator[bytes | memoryview]:
    """The bytes of a safetensors file, header first; no array is copied::

        eight bytes: length of the header | header, JSON padded with blanks | data

    The widest numbers come first: so each array begins where its numbers may begin in memory.
    Names and metadata are in alphabetical order.  ``arrays`` are as ``storable`` gives them.
    """
    order = sorted(arrays, key=lambda name: (-arrays[name].itemsize, name))
    ends = list(accumulate((arrays[name].nbytes for name in order), initial=0))
    header: dict[str, object] = {
        name: {
            "dtype": NAMES[arrays[name].dtype.newbyteorder("<")],
            "shape": list(arrays[name].shape),
            "data_offsets": list(offsets),
        }
        for name, offsets in zip(order, pairwise(ends), strict=True)
    }
    header["__metadata__"] = dict(metadata)
    text = json.dumps(header, ensure_ascii=False, sort_keys=True).encode()
    text += b" " * (-len(text) % 8)
    yield len(text).to_bytes(8, "little") + text
    for name in order:
        array = arrays[name]
        yield array.astype(array.dtype.newbyteorder("<"), copy=False).data


def storable(name: str, array: np.ndarray) -> np.ndarray:
    """``array`` in C order and in this machine's byte order, as safetensors wants it.

    It is copied only where it has to be.

    Raises:
        TypeError: its dtype cannot be stored.
    """
    dtype = np.asarray(array).dtype
    if dtype.kind not in "biuf" or dtype.itemsize > 8:
        raise TypeError(f"{name}: {dtype} cannot be saved, only booleans, integers and floats can")
    return np.asarray(array, dtype=dtype.newbyteorder("="), order="C")


def load_arrays(path: str | Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """The arrays and the metadata that were given to ``save_arrays``.

    Raises:
        OSError: the file is missing, a folder, or not readable.
        CheckpointError: it is damaged, was written by another program, or has a newer format.
    """
    arrays, metadata = read_safetensors(path)
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


def read_safetensors(path: str | Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """The arrays and the metadata of any safetensors file, such as published weights.

    bfloat16, which NumPy lacks, becomes float32 and keeps its values.  There is no checksum:
    a flipped bit in the data is not noticed.

    Raises:
        OSError: the file is missing, a folder, or not readable.
        CheckpointError: it is damaged, or holds numbers of a kind that NumPy does not have.
    """
    from safetensors import SafetensorError, safe_open

    with open(path, "rb") as file:  # a missing file is Python's own error, with the path in it
        try:
            with safe_open(path, framework="numpy"):  # checks the header against the file
                pass
            header = read_header(file)
        except (SafetensorError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise CheckpointError(f"{path}: damaged, or not a safetensors file: {error}") from error
        metadata = header.pop("__metadata__", None) or {}
        unknown = {n: e["dtype"] for n, e in header.items() if e["dtype"] not in {*DTYPES, "BF16"}}
        if unknown:
            name, dtype = next(iter(unknown.items()))
            raise CheckpointError(f"{path}: {name} is stored as {dtype}, which NumPy does not have")
        start = file.tell()
        return {name: stored_array(file, start, entry) for name, entry in header.items()}, metadata


def read_header(file: BinaryIO) -> dict[str, Any]:
    """The header of a safetensors file; afterwards the file stands where its data begin."""
    return dict(json.loads(file.read(int.from_bytes(file.read(8), "little"))))


def stored_array(file: BinaryIO, start: int, entry: Mapping[str, Any]) -> np.ndarray:
    """The array that an entry of the header describes, in this machine's byte order."""
    begin, end = entry["data_offsets"]
    dtype = stored_dtype(entry["dtype"])
    file.seek(start + begin)
    array = np.fromfile(file, dtype=dtype, count=(end - begin) // dtype.itemsize)
    return as_numpy(array, entry["dtype"]).reshape(entry["shape"])


def stored_dtype(kind: str) -> np.dtype[Any]:
    """How numbers of that kind lie in a file; sixteen bits for a bfloat16."""
    return np.dtype(DTYPES.get(kind, "<u2"))


def as_numpy(stored: np.ndarray, kind: str) -> np.ndarray:
    """Numbers that lie in a file as that kind, in this machine's byte order; (N,) -> (N,).

    A bfloat16 is the upper half of a float32: sixteen zeros behind it give the same number.
    What needs no change is not copied.
    """
    array = stored.astype(stored.dtype.newbyteorder("="), copy=False)
    return (array.astype(np.uint32) << 16).view(np.float32) if kind == "BF16" else array


def digest(arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> str:
    """SHA-256 over names, dtypes, shapes, bytes and metadata, independent of their order."""
    sha = hashlib.sha256()
    for key in sorted(metadata):
        sha.update(f"{key}\0{metadata[key]}\0".encode())
    for name in sorted(arrays):
        array = arrays[name]
        sha.update(f"{name}\0{array.dtype.str}\0{array.shape}\0".encode())
        sha.update(np.ascontiguousarray(array).data)
    return sha.hexdigest()


@contextmanager
def reading(kind: str, metadata: Mapping[str, str], where: str = "") -> Iterator[None]:
    """What is done inside reads a file of that kind, of which ``metadata`` says what it holds.

    Raises:
        CheckpointError: it holds something else, or what is read does not fit; ``where`` is what
            the message begins with.
    """
    if metadata.get("kind") != kind:
        found = metadata.get("kind", "other arrays")
        raise CheckpointError(f"{where}not a {kind} but {found}")
    try:
        yield
    except (KeyError, TypeError, ValueError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise CheckpointError(f"{where}not a {kind} that this version reads: {reason}") from error
