"""Everything that a run needs to go on as if it had never stopped."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from minillm.backend import CheckpointError, load_arrays, save_arrays
from minillm.nn import Dropout, Module
from minillm.optim import Optimizer


def save_training(
    path: str | Path, model: Module, optimizer: Optimizer, facts: Mapping[str, Any]
) -> None:
    """Write weights, optimiser state, dropout counters and ``facts`` (JSON) in one atomic file.

    Random numbers need no state of their own: every stream is a function of the seed and of
    the step (``minillm.backend.stream``), and dropout's of each layer's number of calls.
    """
    arrays = {f"model.{name}": array for name, array in model.state_dict().items()}
    arrays |= {f"optimizer.{name}": array for name, array in optimizer.state_dict().items()}
    saved = {"facts": json.dumps(dict(facts), ensure_ascii=False, sort_keys=True)}
    save_arrays(path, arrays, {**saved, "dropout": json.dumps(dropout_state(model))})


def load_training(
    path: str | Path, model: Module, optimizer: Optimizer, *, facts: Mapping[str, Any]
) -> None:
    """Put a checkpoint's state into ``model`` and ``optimizer``.

    ``facts`` are those of the run that wants to go on; they must be the saved ones.

    Raises:
        CheckpointError: damaged, no training checkpoint, of a run with other facts (the
            differences are listed), or not fitting the model; then nothing was changed.
    """
    arrays, metadata = load_arrays(path)
    refuse_other_facts(path, saved_facts(path, metadata), json.loads(json.dumps(dict(facts))))
    dropout = json.loads(metadata["dropout"])
    if dropout.keys() != dropout_state(model).keys():
        raise CheckpointError(f"{path} does not fit: its dropout layers are {sorted(dropout)}")
    before = model.state_dict()
    try:
        model.load_state_dict(part(arrays, "model."))
        optimizer.load_state_dict(part(arrays, "optimizer."))
    except ValueError as error:
        model.load_state_dict(before)
        raise CheckpointError(f"{path} does not fit: {error}") from error
    restore_dropout(model, dropout)


def read_facts(path: str | Path) -> dict[str, Any]:
    """The facts that were saved with a checkpoint.

    Raises:
        CheckpointError: damaged, or no training checkpoint.
    """
    return saved_facts(path, load_arrays(path)[1])


def saved_facts(path: str | Path, metadata: Mapping[str, str]) -> dict[str, Any]:
    """The facts in a checkpoint's metadata.

    Raises:
        CheckpointError: there are none.
    """
    if "facts" not in metadata:
        raise CheckpointError(f"{path}: not a training checkpoint")
    return json.loads(metadata["facts"])


def refuse_other_facts(path: str | Path, saved: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Raise unless both are equal.

    Raises:
        CheckpointError: listing every difference.
    """
    differences = [
        f"{key}: was {saved.get(key)!r}, is {wanted.get(key)!r}"
        for key in sorted(saved.keys() | wanted.keys())
        if saved.get(key) != wanted.get(key)
    ]
    if differences:
        raise CheckpointError(
            f"{path} belongs to another run; start anew or repeat its settings\n  "
            + "\n  ".join(differences)
        )


def part(arrays: Mapping[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    """The arrays under ``prefix``, without it."""
    return {n.removeprefix(prefix): a for n, a in arrays.items() if n.startswith(prefix)}


def dropout_state(model: Module) -> dict[str, list[int]]:
    """Key and number of calls of every dropout layer, by path."""
    return {
        name: [module.key, module.calls]
        for name, module in model.named_modules()
        if isinstance(module, Dropout)
    }


def restore_dropout(model: Module, state: Mapping[str, list[int]]) -> None:
    """Set every dropout layer's key and number of calls."""
    for name, module in model.named_modules():
        if isinstance(module, Dropout):
            module.key, module.calls = state[name]
