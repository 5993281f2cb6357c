"""A GPT in a file: its weights, and in the header what it is made of."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

import numpy as np

from minillm.backend import load_arrays, reading, save_arrays
from minillm.models.gpt_config import GptConfig
from minillm.nn import Module

KIND = "gpt"
M = TypeVar("M", bound=Module)


def write_gpt(path: str | Path, config: GptConfig, state: Mapping[str, np.ndarray]) -> None:
    """Write one safetensors file, atomically.

    Raises:
        OSError: see ``save_arrays``.
    """
    save_arrays(path, state, {"kind": KIND, "config": json.dumps(asdict(config))})


def read_gpt(path: str | Path, make: Callable[[GptConfig], M]) -> M:
    """The model that ``make`` makes of the file's configuration, with the file's weights.

    Raises:
        OSError: the file is missing or not readable.
        CheckpointError: it is damaged, or holds something else.
    """
    arrays, metadata = load_arrays(path)
    with reading(KIND, metadata, f"{path}: "):
        model = make(GptConfig(**json.loads(metadata["config"])))
        model.load_state_dict(arrays)
    return model
