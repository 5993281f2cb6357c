"""GloVe's vectors of a text: learned under a progress bar, gone on with after an interruption."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from minillm.backend import CheckpointError, load_arrays, save_arrays
from minillm.backend.files import require_folder
from minillm.backend.progress import progress_bar
from minillm.models.word_vectors import Cooccurrences, GloveSettings, train_glove
from minillm.models.word_vectors.glove_training import (
    Trained,
    from_arrays,
    start_model,
    to_arrays,
)
from minillm.training.checkpointing import as_json, described, refuse_other_facts


def learn_glove(
    x: Cooccurrences,
    settings: GloveSettings,
    *,
    checkpoint: str | Path | None = None,
    resume: bool = False,
    facts: Mapping[str, Any] | None = None,
    told: Callable[[Trained, int], None] | None = None,
) -> Trained:
    """The model that GloVe learns from the counts, and J of its last pass.

    With a ``checkpoint`` the model is written there after every pass.  ``resume=True`` goes on from
    it, bit for bit as if nothing had happened; without it a run takes the file over.  ``facts``,
    what else shaped the counts, must be the same then.  ``told`` is called after every pass, with
    its number from 1.

    Raises:
        CheckpointError: nothing to resume; the checkpoint is of other counts or other settings.
        ValueError: as ``train_glove``.
        OSError: the checkpoint cannot be written.
    Guide: 4.1.1 (G10).
    """
    path = None if checkpoint is None else Path(checkpoint)
    if path is not None:
        require_folder(path.parent)
    if resume and (path is None or not path.exists()):
        raise CheckpointError(f"nothing to resume: there is no checkpoint {path}")
    facts = {**(facts or {}), **facts_of(x, settings)}
    fresh = Trained(start_model(x, settings), 0, 0.0)
    last = read_state(path, facts) if resume and path else fresh
    passes = train_glove(x, settings, model=last.model, start=last.epochs)
    with progress_bar(passes, desc="GloVe", total=settings.epochs, initial=last.epochs) as bar:
        for last in bar:
            bar.set_postfix(J=f"{last.loss:.4g}", refresh=False)
            if path is not None:
                write_state(path, last, facts)
            if told is not None:
                told(last, last.epochs)
    return last


def facts_of(x: Cooccurrences, settings: GloveSettings) -> dict[str, Any]:
    """By what a run is known again: its settings, and a digest of its counts."""
    sha = hashlib.sha256()
    for array, kind in ((x.rows, "<i8"), (x.columns, "<i8"), (x.counts, "<f8")):
        sha.update(array.astype(kind).tobytes())
    size = x.vocabulary_size
    return as_json({**asdict(settings), "vocabulary_size": size, "counts": sha.hexdigest()})


def write_state(path: Path, trained: Trained, facts: Mapping[str, Any]) -> None:
    """The model in one atomic file, how far it is, and J of the last pass."""
    progress = {"epochs": trained.epochs, "loss": trained.loss}
    metadata = {"facts": json.dumps(facts, sort_keys=True), "progress": json.dumps(progress)}
    save_arrays(path, to_arrays(trained.model), metadata)


def read_state(path: Path, facts: Mapping[str, Any]) -> Trained:
    """What ``write_state`` wrote.

    Raises:
        CheckpointError: damaged, or of a run with other facts, which are listed.
    """
    arrays, metadata = load_arrays(path)
    refuse_other_facts(path, described(path, metadata, "facts"), facts)
    progress = described(path, metadata, "progress")
    return Trained(from_arrays(arrays), int(progress["epochs"]), float(progress["loss"]))
