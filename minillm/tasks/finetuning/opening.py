"""A pretrained model out of a file, whichever kind it is, or out of a published folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from minillm.backend import CheckpointError, load_arrays, reading, stream
from minillm.models import MaskedLanguageModel, SequenceClassifier
from minillm.models.published import Published
from minillm.tasks.classification import TextClassifier
from minillm.tasks.finetuning.bodies import BertBody, GptBody, Pretrained
from minillm.tasks.generation.language_model import LanguageModel
from minillm.tasks.pretrained import PretrainedBert
from minillm.tasks.published import (
    bert_body,
    is_published,
    language_model,
    masked_bert,
    text_classifier,
)
from minillm.training.checkpointing import part

CHECKPOINT, HEAD = "checkpoint.safetensors", "masked-language head"


def open_pretrained(path: str | Path) -> Pretrained:
    """The model of a file: a language model, a pretrained BERT, or a classifier.

    Of a published folder it is a GPT, or a BERT under whatever head.

    The masked-language head of a classifier, by which forgetting is measured, stands in the
    checkpoint of the run beside it, where there is one.

    Raises:
        OSError: the file is missing or not readable.
        CheckpointError: damaged, or none of these.
        ValueError: as ``open_published``.
    """
    if is_published(path):
        return of_published(path)
    arrays, described = load_arrays(path)
    kind = described.get("kind", "other arrays")
    if kind == "language model":
        return GptBody.of(LanguageModel.load(path))
    if kind == "pretrained bert":
        found = PretrainedBert.from_parts(arrays, described)
        return BertBody(found.model, found.encoder)
    if kind == "text classifier":
        return of_classifier(TextClassifier.load(path), Path(path).parent / CHECKPOINT)
    raise CheckpointError(
        f"{path}: not a language model, a pretrained bert or a text classifier but {kind}"
    )


def of_published(folder: str | Path) -> Pretrained:
    """The body of a published model; a BERT's language head only where the folder holds it."""
    published = Published(folder)
    if published.kind.model_type != "bert":
        return GptBody.of(language_model(folder))
    if published.head == "masked":
        found = masked_bert(folder)
        return BertBody(found.model, found.encoder)
    if published.head == "sequence":
        return of_classifier(text_classifier(folder), Path(folder) / CHECKPOINT)
    bert, encoder = bert_body(folder)
    masked = MaskedLanguageModel(bert, rng=stream(0, "never used"))
    return BertBody(masked, encoder, has_head=False)


def of_classifier(classifier: TextClassifier, checkpoint: Path) -> Pretrained:
    """The body of a classifier, with what it has learned to classify."""
    model = classifier.model
    if not isinstance(model, SequenceClassifier):
        return GptBody(model.gpt, classifier.encoder, earlier=classifier)
    masked = MaskedLanguageModel(model.bert, rng=stream(0, "overwritten, or never used"))
    head = language_head(checkpoint)
    if head:
        body = {name: array for name, array in masked.state_dict().items() if in_body(name)}
        with reading(HEAD, {"kind": HEAD}, f"{checkpoint}: "):
            masked.load_state_dict({**body, **head})
    return BertBody(masked, classifier.encoder, earlier=classifier, has_head=bool(head))


def language_head(checkpoint: Path) -> dict[str, np.ndarray]:
    """The masked-language head that a run keeps in its checkpoint, if there is one."""
    if not checkpoint.exists():
        return {}
    arrays, _ = load_arrays(checkpoint)
    heads = (part(arrays, f"model.{name}.") for name in ("language", "masked"))
    return {name: array for head in heads for name, array in head.items() if not in_body(name)}


def in_body(name: str) -> bool:
    """Whether a parameter of a masked language model is one of its encoder."""
    return name.startswith("bert.")
