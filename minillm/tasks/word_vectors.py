"""Word vectors of a text: learned under a progress bar, and gone on with after an interruption."""

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
from minillm.models.word_vectors import (
    Sentences,
    Tables,
    Trained,
    Word2VecSettings,
    n_chunks,
    start_tables,
    train_word2vec,
)
from minillm.training.checkpointing import as_json, described, refuse_other_facts


def learn_word2vec(
    text: Sentences,
    settings: Word2VecSettings,
    *,
    checkpoint: str | Path | None = None,
    resume: bool = False,
    facts: Mapping[str, Any] | None = None,
    told: Callable[[Trained, int], None] | None = None,
    save_every: int = 50,
) -> Tables:
    """The tables of Word2Vec; their rows are the words of the vocabulary that made ``text``.

    With a ``checkpoint`` the tables are written there after the first chunk, then every
    ``save_every`` and at the end.  ``resume=True`` goes on from it, bit for bit as if nothing had
    happened; without it a run takes the file over.  ``facts``, what else shaped the text, must be
    the same then.  ``told`` is called after every chunk, with its number from 1.

    Raises:
        CheckpointError: nothing to resume; the checkpoint is of another text or other settings.
        ValueError: as ``train_word2vec``; ``save_every`` below 1.
        OSError: the checkpoint cannot be written.
    Guide: 4.1.1 (G9).
    """
    if save_every < 1:
        raise ValueError(f"save_every must be at least 1 chunk, got {save_every}")
    path = None if checkpoint is None else Path(checkpoint)
    if path is not None:
        require_folder(path.parent)
    if resume and (path is None or not path.exists()):
        raise CheckpointError(f"nothing to resume: there is no checkpoint {path}")
    facts = {**(facts or {}), **facts_of(text, settings)}
    tables, start = start_tables(text, settings), 0
    if resume and path:
        tables, start = read_state(path, facts)
    total = n_chunks(text, settings)
    steps = train_word2vec(text, settings, tables=tables, start=start)
    with progress_bar(steps, desc=settings.model, total=total, initial=start) as bar:
        for trained in bar:
            bar.set_postfix(loss=f"{trained.loss:.3f}", refresh=False)
            due = trained.chunks in (1, total) or trained.chunks % save_every == 0
            if path is not None and due:
                write_state(path, trained, facts)
            if told is not None:
                told(trained, trained.chunks)
    return tables  # they were changed in place


def facts_of(text: Sentences, settings: Word2VecSettings) -> dict[str, Any]:
    """By what a run is known again: its settings, and a digest of its text."""
    sha = hashlib.sha256()
    for array in (text.ids, text.sentence):
        sha.update(array.astype("<i8").tobytes())
    size = text.vocabulary_size
    return as_json({**asdict(settings), "vocabulary_size": size, "text": sha.hexdigest()})


def write_state(path: Path, trained: Trained, facts: Mapping[str, Any]) -> None:
    """Both tables in one atomic file, and how far they are."""
    metadata = {
        "facts": json.dumps(facts, sort_keys=True),
        "progress": json.dumps({"chunks": trained.chunks}),
    }
    save_arrays(path, trained.tables._asdict(), metadata)


def read_state(path: Path, facts: Mapping[str, Any]) -> tuple[Tables, int]:
    """The tables of a checkpoint, and after how many chunks they were written.

    Raises:
        CheckpointError: damaged, or of a run with other facts, which are listed.
    """
    arrays, metadata = load_arrays(path)
    refuse_other_facts(path, described(path, metadata, "facts"), facts)
    chunks = described(path, metadata, "progress")["chunks"]
    return Tables(**arrays), int(chunks)
