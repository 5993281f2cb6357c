"""The header of a safetensors file, believed in nothing that the file itself does not bear out."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from minillm.backend.array_files import DTYPES, stored_dtype
from minillm.backend.errors import CheckpointError

LARGEST = 100_000_000  # bytes of JSON; the format sets this limit for its headers
MOST_AXES = 64  # of a NumPy array
KINDS = (*DTYPES, "BF16")


class StoredTensor(NamedTuple):
    """Numbers of one kind and their shape, in the bytes ``begin`` to ``end`` of the data."""

    kind: str
    shape: tuple[int, ...]
    begin: int
    end: int


class Header(NamedTuple):
    """What a file says of its tensors and of itself; its data begin at byte ``start``."""

    tensors: dict[str, StoredTensor]
    metadata: dict[str, str]
    start: int


def read_checked_header(file: BinaryIO, size: int, path: Path) -> Header:
    """The header of a safetensors file of ``size`` bytes, where it fits these bytes exactly::

        eight bytes: length of the header | header, JSON padded with blanks | data

    Each tensor has as many bytes as its shape and its kind need, and together they are the data:
    none lies over another, before or behind them is nothing.  Only the header is read.

    Raises:
        CheckpointError: it does not fit; the message names file, tensor and reason.
    """
    length = int.from_bytes(file.read(8), "little")
    if size < 8 or length > size - 8:
        has = f"the file has {size} bytes" if size < 8 else f"{size - 8} bytes are left"
        raise CheckpointError(
            f"{path}: damaged, cut off, or not a safetensors file: "
            + (f"its header should have {length} bytes and {has}" if size >= 8 else has)
        )
    if length > LARGEST:
        raise CheckpointError(f"{path}: a header of {length} bytes; at most {LARGEST} are allowed")
    entries = parse_object(file.read(length), f"{path}: the header")
    metadata = checked_metadata(entries.pop("__metadata__", None), path)
    data = size - 8 - length
    tensors = {n: checked_entry(e, data, f"{path}: {shown(n)}") for n, e in entries.items()}
    check_coverage(tensors, data, path)
    return Header(tensors, metadata, 8 + length)


def parse_object(text: bytes, what: str) -> dict[str, Any]:
    """The JSON object in ``text``, in which every key stands once.

    A key that stands twice is read differently by different programs.

    Raises:
        CheckpointError: it is something else; ``what`` begins the message.
    """

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            (twice, _), *_ = Counter(name for name, _ in pairs).most_common(1)
            raise ValueError(f"{shown(twice)} stands in it twice")
        for name, value in pairs:
            (name + value if isinstance(value, str) else name).encode()  # no half surrogate pair
        return found

    def refused(constant: str) -> None:
        raise ValueError(f"{constant} is not JSON")

    if text[:1] != b"{":
        raise CheckpointError(f"{what} is damaged: not a JSON object")
    try:
        found = json.loads(text.decode(), object_pairs_hook=once, parse_constant=refused)
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{what} is damaged: {error}") from error
    return dict(found)


def shown(name: str) -> str:
    """A name from a file, as it can be printed: in quotes, at most eighty letters of it."""
    return repr(name if len(name) <= 80 else f"{name[:77]}...")


def checked_metadata(found: Any, path: Path) -> dict[str, str]:
    """The remarks of a header: names and texts.

    Raises:
        CheckpointError: they are something else.
    """
    if found is None:
        return {}
    if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
        raise CheckpointError(f"{path}: its __metadata__ is damaged: not names with texts")
    return found


def checked_entry(entry: Any, data: int, what: str) -> StoredTensor:
    """A tensor of a header, whose kind, shape and bytes agree and lie within ``data`` bytes.

    Sizes are Python's integers: their products do not overflow.

    Raises:
        CheckpointError: they do not; ``what`` begins the message.
    """
    if not isinstance(entry, dict) or not {"dtype", "shape", "data_offsets"} <= entry.keys():
        raise CheckpointError(f"{what} is damaged: it needs dtype, shape and data_offsets")
    kind, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if kind not in KINDS:
        raise CheckpointError(
            f"{what} is stored as {shown(str(kind))}, which NumPy or this version does not read; "
            f"it reads {', '.join(KINDS)}"
        )
    for numbers, label in ((shape, "shape"), (offsets, "data_offsets")):
        if not isinstance(numbers, list) or any(type(n) is not int or n < 0 for n in numbers):
            raise CheckpointError(f"{what} is damaged: its {label} is not a list of sizes")
    if len(offsets) != 2 or not offsets[0] <= offsets[1] <= data:
        raise CheckpointError(
            f"{what} should lie at bytes {str(offsets)[:80]} of {data} bytes of data: "
            "the file is damaged or cut off"
        )
    width = stored_dtype(kind).itemsize
    if len(shape) > MOST_AXES or math.prod(n or 1 for n in shape) >= 2**60:
        raise CheckpointError(f"{what} has the shape {str(shape)[:80]}, too large for an array")
    needed, has = math.prod(shape) * width, offsets[1] - offsets[0]
    if needed != has:
        raise CheckpointError(
            f"{what} is damaged: {kind} of the shape {shape} are {needed} bytes, not {has}"
        )
    return StoredTensor(kind, tuple(shape), *offsets)


def check_coverage(tensors: Mapping[str, StoredTensor], data: int, path: Path) -> None:
    """Refuse tensors that overlap, or that leave bytes of the data to nobody.

    Raises:
        CheckpointError: naming the tensor at which it happens.
    """
    position = 0
    for name, tensor in sorted(tensors.items(), key=lambda item: (item[1].begin, item[1].end)):
        if tensor.begin != position:
            how = (
                "overlaps the one before it" if tensor.begin < position else "has a hole before it"
            )
            raise CheckpointError(f"{path}: {shown(name)} is damaged: byte {tensor.begin} {how}")
        position = tensor.end
    if position != data:
        raise CheckpointError(
            f"{path}: damaged, {data - position} bytes at its end are no tensor's"
        )
