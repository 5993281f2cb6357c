"""A published folder opened as what the tasks work with: model, tokens, and names of classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from minillm.backend import CheckpointError
from minillm.models import Bert
from minillm.models.published import Published
from minillm.models.published.settings import CONFIG
from minillm.tasks.classification import TextClassifier
from minillm.tasks.encoding import TextEncoder
from minillm.tasks.entities.schemes import require_tags, scheme_of
from minillm.tasks.entities.tagger import Tagger
from minillm.tasks.generation.language_model import LanguageModel
from minillm.tasks.pretrained import PretrainedBert
from minillm.tasks.published_vocabulary import filled, with_ends
from minillm.text import Labels
from minillm.text.published_tokenizers import read_published_tokenizer

Opened = LanguageModel | TextClassifier | Tagger | PretrainedBert
# our name of a head -> what it is used for
USES = {
    "language": "language model",
    "sequence": "text classifier",
    "tokens": "tagger",
    "masked": "pretrained bert",
}


def is_published(path: str | Path) -> bool:
    """Whether ``path`` is a folder as ``transformers`` writes it: one with ``config.json``."""
    return (Path(path) / CONFIG).is_file()


def open_published(folder: str | Path) -> Opened:
    """What the head of a published folder is for: a language model, a text classifier, a tagger,
    or a BERT with its masked-language head.

    Raises:
        OSError: a file is missing or not readable.
        CheckpointError: weights or settings are damaged, or not those of such a model.
        ValueError: the tokeniser's files are missing, damaged, or those of another tokeniser; the
            head has no such use; its labels cannot be used.
    Guide: 7.1.3, 7.2.3 (G59).
    """
    head = Published(folder).head
    if head not in USES:
        raise ValueError(
            f"{folder}: the head here, {head!r}, is for none of these: {', '.join(USES.values())}; "
            "minillm.models.published.from_pretrained opens it"
        )
    makers: dict[str, Any] = {
        "language": language_model,
        "sequence": text_classifier,
        "tokens": tagger,
        "masked": masked_bert,
    }
    opened: Opened = makers[head](folder)
    return opened


def language_model(folder: str | Path) -> LanguageModel:
    """GPT-2, or a Llama with byte-level tokens; texts begin with bos where its tokeniser says so.

    Raises:
        OSError, CheckpointError, ValueError: as ``open_published``; no token begins or ends a
            text.
    """
    published = headed(folder, "language")
    found = read_published_tokenizer(folder)
    vocabulary = with_ends(found.vocabulary, published, folder)
    first = found.frame[0]
    if first not in (None, "bos"):
        raise ValueError(f"{folder}: texts begin with {first}: that of a GPT begin with bos or not")
    model: Any = published.model()
    return LanguageModel(
        model,
        found.tokenizer,
        filled(vocabulary, published.config.vocabulary_size, folder),
        documents=first == "bos",
    )


def text_classifier(folder: str | Path) -> TextClassifier:
    """A BERT that labels texts, its labels those of ``id2label``.

    Here labels are sorted: the rows of the head are put in their order.

    Raises:
        OSError, CheckpointError, ValueError: as ``open_published``; two labels are one.
    """
    published = headed(folder, "sequence")
    names = distinct(published.labels, folder)
    model: Any = published.model()
    order = np.argsort(np.array(names, dtype=object), kind="stable")
    for parameter in model.output.parameters():
        parameter.data = parameter.data[order]
    return TextClassifier(model, bert_encoder(folder, published), Labels(names))


def tagger(folder: str | Path) -> Tagger:
    """A BERT that tags words, its tags those of ``id2label``.

    Each word is read off its first piece and tagged by itself.  The shapes of words, which our own
    taggers read beside them, are not read.

    Raises:
        OSError, CheckpointError, ValueError: as ``open_published``; the labels are not tags.
    """
    published = headed(folder, "tokens")
    tags = distinct(published.labels, folder)
    try:
        scheme = scheme_of(tags)
        require_tags(tags, scheme)
    except ValueError as error:
        raise ValueError(
            f"{Path(folder) / CONFIG}: the labels are not BIO or BIOES tags: {error}"
        ) from error
    model: Any = published.model()
    encoder = bert_encoder(folder, published)
    encoder = replace(encoder, max_length=published.config.max_length)  # a rest is read as a part
    return Tagger(model, encoder, tags, scheme, shapes=False)


def masked_bert(folder: str | Path) -> PretrainedBert:
    """A BERT under its masked-language head.

    Raises:
        OSError, CheckpointError, ValueError: as ``open_published``.
    """
    published = headed(folder, "masked")
    model: Any = published.model()
    return PretrainedBert(model, bert_encoder(folder, published))


def bert_body(folder: str | Path) -> tuple[Bert, TextEncoder]:
    """The encoder of a published BERT, under whatever head, and how texts become its ids.

    Raises:
        OSError, CheckpointError, ValueError: as ``open_published``; it is another kind of model.
    """
    published = Published(folder)
    if published.kind.model_type != "bert":
        raise ValueError(f"{folder}: not a bert but {published.kind.model_type}")
    body: Any = published.model("body")
    return body, bert_encoder(folder, published)


def headed(folder: str | Path, head: str) -> Published:
    """The folder, once it is known to hold that head.

    Raises:
        CheckpointError: it holds another one.
    """
    published = Published(folder)
    if published.head != head:
        there = USES.get(published.head, f"a model with the head {published.head!r}")
        raise CheckpointError(f"{folder}: not a {USES[head]} but {there}")
    return published


def bert_encoder(folder: str | Path, published: Published) -> TextEncoder:
    """How texts become the ids of a published BERT: cut where its tokeniser cuts them."""
    found = read_published_tokenizer(folder)
    if found.frame != ("cls", "sep"):
        before, behind = (role or "nothing" for role in found.frame)
        raise ValueError(
            f"{folder}: the tokenizer puts {before} before a text and {behind} behind it, a BERT "
            "here reads cls and sep"
        )
    vocabulary = filled(found.vocabulary, published.config.vocabulary_size, folder)
    longest: int = published.config.max_length
    return TextEncoder(found.tokenizer, vocabulary, min(longest, found.max_length or longest))


def distinct(labels: Sequence[str], folder: str | Path) -> list[str]:
    """The labels, once no two of them are one.

    Raises:
        ValueError: names the first that is there twice.
    """
    for place, name in enumerate(labels):
        if name in labels[:place]:
            raise ValueError(f"{Path(folder) / CONFIG}: id2label has {name!r} twice")
    return list(labels)
