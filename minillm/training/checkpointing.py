"""Everything that a run needs to go on as if it had never stopped."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from minillm.backend import CheckpointError, load_arrays, save_arrays
from minillm.nn import Dropout, Module
from minillm.optim import Optimizer

# a run may go on with more memory, or with less: the first changes no number, the second rounding
FREE = ("recompute", "accumulate")
DIGEST = re.compile(r"[0-9a-f]{64}")


class Saved(NamedTuple):
    """What a checkpoint keeps for its caller, beside model and optimiser."""

    progress: dict[str, Any]
    arrays: dict[str, np.ndarray]


def save_training(
    path: str | Path,
    model: Module,
    optimizer: Optimizer,
    facts: Mapping[str, Any],
    progress: Mapping[str, Any] | None = None,
    arrays: Mapping[str, np.ndarray] | None = None,
) -> None:
    """Write all that a run needs to go on in one atomic file.

    That is: weights, optimiser state, dropout counters, ``facts`` (JSON) by which a run is
    known again, and what else the caller wants back, as JSON and as arrays.

    Random numbers need no state of their own: every stream is a function of the seed and of
    the step (``minillm.backend.stream``), and dropout's of each layer's number of calls.
    """
    parts = {
        part: one.state_dict(copy=False)
        for part, one in (("model", model), ("optimizer", optimizer))
    }
    parts["progress"] = dict(arrays or {})
    named = {f"{part}.{name}": a for part, state in parts.items() for name, a in state.items()}
    described = {"facts": facts, "progress": progress or {}, "dropout": dropout_state(model)}
    metadata = {
        name: json.dumps(as_json(value), ensure_ascii=False, sort_keys=True)
        for name, value in described.items()
    }
    save_arrays(path, named, metadata)


def load_training(
    path: str | Path, model: Module, optimizer: Optimizer, *, facts: Mapping[str, Any]
) -> Saved:
    """Put a checkpoint's state into ``model`` and ``optimizer``; what else was saved comes back.

    ``facts`` are those of the run that wants to go on; they must be the saved ones.

    Raises:
        CheckpointError: damaged, not a training checkpoint, of a run with other facts (the
            differences are listed), or not fitting the model; then nothing was changed.
    """
    arrays, metadata = load_arrays(path)
    refuse_other_facts(path, described(path, metadata, "facts"), facts)
    dropout, progress = (described(path, metadata, name) for name in ("dropout", "progress"))
    if dropout.keys() != dropout_state(model).keys():
        raise CheckpointError(f"{path} does not fit: its dropout layers are {sorted(dropout)}")
    before = model.state_dict(copy=False)  # of which none is written into
    try:
        model.load_state_dict(part(arrays, "model."))
        optimizer.load_state_dict(part(arrays, "optimizer."))
    except ValueError as error:
        model.load_state_dict(before)
        raise CheckpointError(f"{path} does not fit: {error}") from error
    restore_dropout(model, dropout)
    return Saved(progress, part(arrays, "progress."))


def load_weights(path: str | Path, model: Module) -> None:
    """Put weights alone into ``model``: those of a training checkpoint, or a file of them.

    Raises:
        CheckpointError: damaged, or not of a model with these parameters; nothing was changed.
    """
    arrays, metadata = load_arrays(path)
    try:
        model.load_state_dict(part(arrays, "model.") if "facts" in metadata else arrays)
    except ValueError as error:
        raise CheckpointError(f"{path} does not fit: {error}") from error


def read_facts(path: str | Path) -> dict[str, Any]:
    """The facts that were saved with a checkpoint.

    Raises:
        CheckpointError: damaged, or not a training checkpoint.
    """
    return described(path, load_arrays(path)[1], "facts")


def described(path: str | Path, metadata: Mapping[str, str], name: str) -> dict[str, Any]:
    """One JSON object of a checkpoint's metadata.

    Raises:
        CheckpointError: it is not there.
    """
    if name not in metadata:
        raise CheckpointError(f"{path}: not a training checkpoint, it has no {name}")
    return json.loads(metadata[name])


def refuse_other_facts(
    path: str | Path, saved: Mapping[str, Any], wanted: Mapping[str, Any]
) -> None:
    """Raise unless both are equal, once ``wanted`` is as JSON has it; what is ``FREE`` may differ.

    Raises:
        CheckpointError: listing every difference.
    """
    both = (
        {key: value for key, value in facts.items() if key not in FREE}
        for facts in (saved, as_json(wanted))
    )
    found = differences(*both)
    if found:
        raise CheckpointError(
            f"{path} belongs to another run; start anew or repeat its settings\n  "
            + "\n  ".join(found)
        )


def digest_of_weights(model: Module) -> str:
    """SHA-256 of all weights, with their names."""
    sha = sha256()
    for name, array in model.state_dict(copy=False).items():
        sha.update(name.encode())
        sha.update(np.ascontiguousarray(array).data)
    return sha.hexdigest()


def differences(
    one: Mapping[str, Any],
    other: Mapping[str, Any],
    *,
    told: str = "was {}, is {}",
    content: str = "has another content than it had",
) -> list[str]:
    """A line for each fact that differs; of two digests a reader learns nothing but that.

    Digests come last: another seed may be why data and weights are others, too.
    """
    lines: list[str] = []
    contents: list[str] = []
    for key in sorted(one.keys() | other.keys()):
        pair = one.get(key), other.get(key)
        if pair[0] == pair[1] or json.dumps(pair[0]) == json.dumps(pair[1]):
            continue  # NaN is not equal to itself
        digests = all(isinstance(value, str) and DIGEST.fullmatch(value) for value in pair)
        line = f"{key}: " + (content if digests else told.format(*map(repr, pair)))
        (contents if digests else lines).append(line)
    return lines + contents


def saved_stage(
    path: Path, out: Path | None, stages: Sequence[str], facts: Mapping[str, Any]
) -> str:
    """The stage that the checkpoint ``path`` of a run in ``out`` belongs to.

    Raises:
        CheckpointError: it is missing, or of another run.
    """
    if out is None or not path.exists():
        raise CheckpointError(f"nothing to resume: there is no checkpoint in {out}")
    saved = read_facts(path)
    stage = saved.get("stage")
    if stage not in stages:
        raise CheckpointError(f"{path}: not of a run with the stages {', '.join(stages)}")
    refuse_other_facts(path, saved, {**facts, "stage": stage})
    return str(stage)


def as_json(facts: Mapping[str, Any]) -> dict[str, Any]:
    """``facts`` as JSON has them: lists for tuples, Python's numbers for NumPy's.

    Raises:
        TypeError: something that JSON cannot hold.
    """

    def plain(value: Any) -> Any:
        if isinstance(value, np.generic):
            return value.item()
        raise TypeError(f"facts must be what JSON can hold, got {type(value).__name__} {value!r}")

    return json.loads(json.dumps(dict(facts), default=plain))


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
