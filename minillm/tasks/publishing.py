"""What the tasks work with, written as a folder that ``transformers`` reads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from minillm.models.published import save_pretrained
from minillm.tasks.classification import TextClassifier
from minillm.tasks.entities.tagger import Tagger
from minillm.tasks.generation.language_model import LanguageModel
from minillm.tasks.published import Opened
from minillm.tasks.published_vocabulary import without_filling
from minillm.text import Vocabulary
from minillm.text.published_writing import write_published_tokenizer
from minillm.text.tokenizer_frames import Frame

ROLES = ("pad", "bos", "eos")  # whose ids stand in config.json, too


def publish(task: Opened, folder: str | Path) -> list[str]:
    """Write configuration, weights and tokeniser; gives what of ``task`` has no place there.

    Files that are there already are written over: see ``whole_folder`` for all or nothing.

    Raises:
        ValueError: the model, or its tokeniser, has no published form: says which part of it.
        OSError: a file cannot be written.
    Guide: 7.1.3, 7.2.3 (G59).
    """
    refuse_unknown_inputs(task)
    frame: Frame
    if isinstance(task, LanguageModel):
        tokenizer, vocabulary, longest = task.tokenizer, task.vocabulary, task.model.config
        max_length, frame = longest.max_length, ("bos" if task.documents else None, None)
    else:
        tokenizer, vocabulary = task.encoder.tokenizer, task.encoder.vocabulary
        max_length, frame = task.encoder.max_length, task.encoder.roles
    vocabulary = without_filling(vocabulary)
    model: Any = task.model
    save_pretrained(model, folder, labels=labels_of(task), settings=ids_of_roles(vocabulary))
    write_published_tokenizer(folder, tokenizer, vocabulary, max_length=max_length, frame=frame)
    return list(left_out(task))


def refuse_unknown_inputs(task: Opened) -> None:
    """Refuse a model that reads what no published one does.

    Raises:
        ValueError: says what.
    """
    if isinstance(task, Tagger) and task.shapes:
        raise ValueError(
            "this tagger reads the shapes of words (Capital, digits, ...) in the place of "
            "segments, which no published model does: it has no published form"
        )


def labels_of(task: Opened) -> list[str] | None:
    """The names of the classes, in the order of their rows, where there are classes."""
    if isinstance(task, TextClassifier):
        return list(task.labels.names)
    return task.tags if isinstance(task, Tagger) else None


def ids_of_roles(vocabulary: Vocabulary) -> dict[str, int]:
    """The settings ``pad_token_id``, ``bos_token_id`` and ``eos_token_id``, as far as there are."""
    return {f"{r}_token_id": vocabulary.id_of(r) for r in ROLES if r in vocabulary.special}


def left_out(task: Opened) -> Iterator[str]:
    """What a published folder cannot say of a model."""
    if isinstance(task, TextClassifier) and task.decision is not None:
        yield (
            f"that {task.decision.positive!r} is said from a probability of "
            f"{task.decision.threshold:.3f} on: there the most probable label is said"
        )
    if isinstance(task, LanguageModel) and knows_template(task):
        yield "the template by which conversations are written"


def knows_template(language: LanguageModel) -> bool:
    """Whether a language model has the tokens that its conversations are written with."""
    try:
        language.template.require_known(language.vocabulary)
    except ValueError:
        return False
    return True
