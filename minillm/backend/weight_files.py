"""Interim."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from minillm.backend.array_files import read_safetensors, save_arrays


class WeightFiles(Mapping[str, np.ndarray]):
    """Interim."""

    def __init__(self, arrays: Mapping[str, np.ndarray]):
        self.arrays = arrays
        self.shapes = {name: array.shape for name, array in arrays.items()}
        self.dtypes = {name: array.dtype for name, array in arrays.items()}

    def __getitem__(self, name: str) -> np.ndarray:
        return self.arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.arrays)

    def __len__(self) -> int:
        return len(self.arrays)


def open_weights(folder: str | Path) -> WeightFiles:
    """Interim."""
    return WeightFiles(read_safetensors(Path(folder) / "model.safetensors")[0])


def write_weights(folder: str | Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Interim."""
    save_arrays(Path(folder) / "model.safetensors", arrays, {"format": "pt"})
