"""A model in a file: its weights, and in the header what it is made of."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from minillm.backend import load_arrays, reading, save_arrays
from minillm.nn import Module

M = TypeVar("M", bound=Module)


def write_model(path: str | Path, kind: str, config: Any, state: Mapping[str, np.ndarray]) -> None:
    """Write one safetensors file, atomically; ``config`` is a dataclass of numbers and names.

    Raises:
        OSError: see ``save_arrays``.
    """
    save_arrays(path, state, {"kind": kind, "config": json.dumps(asdict(config))})


def read_model(path: str | Path, kind: str, make: Callable[[Mapping[str, Any]], M]) -> M:
    """The model that ``make`` makes of the file's configuration, with the file's weights.

    Raises:
        OSError: the file is missing or not readable.
        CheckpointError: it is damaged, or holds something else.
    """
    arrays, metadata = load_arrays(path)
    with reading(kind, metadata, f"{path}: "):
        model = make(json.loads(metadata["config"]))
        model.load_state_dict(arrays)
    return model
