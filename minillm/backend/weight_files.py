"""Published weights: a folder of safetensors files, read where they lie, number by number."""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from minillm.backend.array_files import as_numpy, digest, stored_dtype
from minillm.backend.errors import CheckpointError
from minillm.backend.weight_headers import Header, StoredTensor, read_checked_header, shown
from minillm.backend.weight_index import INDEX, Shard, find_shards

BLOCK = 2**20  # numbers that are looked at in one go


def open_weights(folder: str | Path, *, check: bool = False) -> WeightFiles:
    """The arrays of published weights by their names; opening reads the headers only.

    They are those of ``model.safetensors``, or, without that file, of the shards that
    ``model.safetensors.index.json`` names.  Every array is a view of its file (see
    ``WeightFiles``), so that a model larger than the memory can be looked at.

    What is damaged in a header is noticed, unless it still is a header that fits the file: a
    letter of a tensor's name, a word of the metadata.  A flipped bit in the data is noticed only
    with ``check`` and only where the file carries the SHA-256 that ``write_weights`` and
    ``save_arrays`` put in; others' files have none (see ``WeightFiles.not_finite``).

    Args:
        folder: one of ``transformers``, on this machine; ``find_shards`` says what is refused.
        check: read everything and compare the checksums, as ``WeightFiles.verify``.

    Raises:
        OSError: the folder or a file of it is missing, a folder, or not readable.
        CheckpointError: a file is damaged, or pickled, or a link out of the folder; or the index
            does not fit the shards.  The message names file, tensor and reason.
    """
    weights = WeightFiles(Path(folder))
    if check:
        weights.verify()
    return weights


class WeightFiles(Mapping[str, np.ndarray]):
    """Arrays by name, each a read-only view of its file: numbers are read when they are used.

    ``bfloat16``, which NumPy lacks, becomes a new float32 array at each access.  The files must
    not become shorter while they are open (one that is replaced, as ``write_weights`` does it,
    stays as it was): the system ends a process that reads behind the end of a file.

    Attributes:
        folder: where the files lie.
        files: their paths, in alphabetical order.
        shapes: of each array.
        dtypes: of each array, as it is given out.
        metadata: what all files say of themselves alike, such as ``{"format": "pt"}``.
        n_bytes: size of the data in the files.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shards = find_shards(folder)
        self.files = tuple(folder / shard.name for shard in shards)
        opened = [open_shard(folder, shard) for shard in shards]
        self.headers = {path: header for path, (header, _) in zip(self.files, opened, strict=True)}
        check_one_set(self.headers)
        self._bytes = {path: content for path, (_, content) in zip(self.files, opened, strict=True)}
        self._file = {n: path for path, header in self.headers.items() for n in header.tensors}
        stored = {n: self.headers[path].tensors[n] for n, path in self._file.items()}
        self.shapes = {name: tensor.shape for name, tensor in stored.items()}
        self.dtypes = {name: given_dtype(tensor) for name, tensor in stored.items()}
        self.n_bytes = sum(tensor.end - tensor.begin for tensor in stored.values())
        said = [header.metadata.items() for header in self.headers.values()]
        self.metadata = dict(sorted(set(said[0]).intersection(*said)))

    def __getitem__(self, name: str) -> np.ndarray:
        path = self._file[name]
        header = self.headers[path]
        tensor = header.tensors[name]
        dtype = stored_dtype(tensor.kind)
        length = (tensor.end - tensor.begin) // dtype.itemsize
        stored = np.ndarray((length,), dtype, self._bytes[path], header.start + tensor.begin)
        array = as_numpy(stored, tensor.kind).reshape(tensor.shape)
        array.flags.writeable = False
        return array

    def __contains__(self, name: object) -> bool:
        return name in self._file

    def __iter__(self) -> Iterator[str]:
        return iter(self._file)

    def __len__(self) -> int:
        return len(self._file)

    def __repr__(self) -> str:
        more = f" and {len(self.files) - 1} more" if len(self.files) > 1 else ""
        held = f"{len(self)} arrays, {self.n_bytes} bytes"
        return f"WeightFiles({self.folder}: {self.files[0].name}{more}; {held})"

    def verify(self) -> tuple[Path, ...]:
        """Read everything, compare it with the checksums, and name the files that have none.

        Raises:
            CheckpointError: a file does not hold what it held when it was written.
        """
        unchecked = []
        for path, header in self.headers.items():
            if not has_checksum(header):
                unchecked.append(path)
                continue
            said = {n: text for n, text in header.metadata.items() if n != "sha256"}
            arrays = {name: self[name] for name in header.tensors}
            if header.metadata.get("sha256") != digest(arrays, said):
                raise CheckpointError(
                    f"{path}: damaged, its contents do not have the checksum they had "
                    "(or its sha256 was written by another program)"
                )
        return tuple(unchecked)

    def not_finite(self) -> tuple[str, ...]:
        """The arrays with an infinity or a NaN in them, such as a flipped exponent may leave.

        Everything is read, block by block.
        """
        floats = [name for name, dtype in self.dtypes.items() if dtype.kind == "f"]
        return tuple(name for name in floats if not is_finite(self[name].reshape(-1)))


def open_shard(folder: Path, shard: Shard) -> tuple[Header, mmap.mmap]:
    """The header of one file and its bytes, which are not read yet.

    Raises:
        OSError, CheckpointError: as ``open_weights``.
    """
    path = folder / shard.name
    try:
        with open(shard.place, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            header = read_checked_header(file, size, path)
            content = mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ)
    except OSError as error:
        error.filename = str(path)
        raise
    if shard.tensors is not None:
        check_shard(path, header, shard)
    return header, content


def check_shard(path: Path, header: Header, shard: Shard) -> None:
    """Refuse a shard that does not hold exactly what its index says.

    Raises:
        CheckpointError: naming a tensor that is missing or that the index gives to another file.
    """
    expected = shard.tensors or frozenset()
    if missing := expected - header.tensors.keys():
        raise CheckpointError(f"{path}: {shown(min(missing))} is not in it, but {INDEX} says so")
    if extra := header.tensors.keys() - expected:
        raise CheckpointError(f"{path}: {shown(min(extra))} is in it, but not by {INDEX}")
    if shard.sha256 not in (None, header.metadata.get("sha256")):
        raise CheckpointError(f"{path}: not of the set that {INDEX} was written with")


def check_one_set(headers: Mapping[Path, Header]) -> None:
    """Refuse files of which some have our checksum and some have not.

    So it looks when writing over the shards of another program was cut short.

    Raises:
        CheckpointError: naming a file without a checksum.
    """
    without = [path for path, header in headers.items() if not has_checksum(header)]
    if 0 < len(without) < len(headers):
        raise CheckpointError(f"{without[0]}: not of one set with the others, which have checksums")


def has_checksum(header: Header) -> bool:
    """Whether ``write_weights`` or ``save_arrays`` wrote it, or half of their mark is left."""
    return any(name in header.metadata for name in ("minillm_format", "sha256"))


def given_dtype(tensor: StoredTensor) -> np.dtype[Any]:
    """The dtype of the array that is made of a tensor."""
    return as_numpy(np.empty(0, stored_dtype(tensor.kind)), tensor.kind).dtype


def is_finite(numbers: np.ndarray) -> bool:
    """Whether all numbers are; (N,)."""
    blocks = (numbers[start : start + BLOCK] for start in range(0, len(numbers), BLOCK))
    return all(bool(np.isfinite(block).all()) for block in blocks)
