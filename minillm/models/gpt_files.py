"""A GPT in a file: its weights, and in the header what it is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import numpy as np

from minillm.models.gpt_config import GptConfig
from minillm.models.model_files import read_model, write_model
from minillm.nn import Module

KIND = "gpt"
M = TypeVar("M", bound=Module)


def write_gpt(path: str | Path, config: GptConfig, state: Mapping[str, np.ndarray]) -> None:
    """Write one safetensors file, atomically.

    Raises:
        OSError: see ``save_arrays``.
    """
    write_model(path, KIND, config, state)


def read_gpt(path: str | Path, make: Callable[[GptConfig], M]) -> M:
    """The model that ``make`` makes of the file's configuration, with the file's weights.

    Raises:
        OSError: the file is missing or not readable.
        CheckpointError: it is damaged, or holds something else.
    """
    return read_model(path, KIND, lambda config: make(GptConfig(**config)))
