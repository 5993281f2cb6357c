"""A GPT in a file: its weights, and in the header what it is made of."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

import numpy as np

from minillm.backend import CheckpointError, load_arrays, save_arrays
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
    if metadata.get("kind") != KIND:
        raise CheckpointError(f"{path}: not a {KIND} but {metadata.get('kind', 'other arrays')}")
    try:
        model = make(GptConfig(**json.loads(metadata["config"])))
        model.load_state_dict(arrays)
    except (KeyError, TypeError, ValueError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise CheckpointError(f"{path}: not a {KIND} that this version reads: {reason}") from error
    return model
