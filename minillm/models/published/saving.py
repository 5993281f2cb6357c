"""Our models written as a folder that ``transformers`` reads."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from minillm.backend import to_numpy, write_atomically
from minillm.backend.weight_writing import write_weights
from minillm.models.bert import Bert, MaskedLanguageModel, SequenceClassifier
from minillm.models.gpt import Gpt
from minillm.models.gpt_config import GptConfig
from minillm.models.published.bert import BERT
from minillm.models.published.gpt2 import GPT2
from minillm.models.published.kinds import Kind
from minillm.models.published.llama import LLAMA
from minillm.models.published.naming import names_of
from minillm.models.published.settings import CONFIG
from minillm.models.span_reader import SpanReader
from minillm.models.token_classifier import TokenClassifier
from minillm.nn import Module, state_for_file

BERT_HEADS: dict[type[Module], str] = {
    Bert: "body",
    MaskedLanguageModel: "masked",
    SequenceClassifier: "sequence",
    TokenClassifier: "tokens",
    SpanReader: "spans",
}
LLAMA_PARTS = {"positions": "rotary", "norm": "rms", "feed_forward": "swiglu"}
GPT2_PARTS = {
    "positions": "learned",
    "norm": "layer",
    "feed_forward": "gelu",
    "tied": True,
    "bias": True,
    "n_key_heads": None,
}


def save_pretrained(
    model: Module,
    folder: str | Path,
    *,
    labels: Sequence[str] | None = None,
    settings: Mapping[str, Any] | None = None,
) -> None:
    """Write ``config.json`` and ``model.safetensors``, which ``transformers`` reads.

    ``labels`` are the names of the classes; ``settings`` go into the configuration, too, such as
    ``{"eos_token_id": 5}``.  The folder is made if it is not there.

    Raises:
        ValueError: the model has no published form: says which part of it has none; as
            ``state_for_file``.
        OSError: a file cannot be written.
    Guide: 7.1.3, 7.2.3 (G59).
    """
    kind, head = published_form(model)
    state_for_file(model)  # refuses what has parts that no configuration tells
    form = kind.heads[head]
    body: Any = getattr(model, form.body) if form.body else model
    config = body.config
    described = {"architectures": [form.architecture], **kind.write(config), "dtype": "float32"}
    if form.labelled:
        described |= labelled(model.output.weight.shape[0], labels)  # type: ignore[attr-defined]
    elif labels is not None:
        raise ValueError(f"save_pretrained: a {type(model).__name__} has no classes to name")
    arrays = published_arrays(kind, head, model, config.width // config.n_heads)
    described["dtype"] = str(next(iter(arrays.values())).dtype)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    write_weights(folder, arrays)
    text = json.dumps({**described, **(settings or {})}, ensure_ascii=False, indent=2)
    write_atomically(folder / CONFIG, (text + "\n").encode())


def published_form(model: Module) -> tuple[Kind, str]:
    """The kind of published models that ``model`` can be one of, and its head.

    Raises:
        ValueError: says which part has no published form.
    """
    if isinstance(model, Gpt):
        return gpt_form(model.config), "language"
    head = BERT_HEADS.get(type(model))
    if head is None:
        have = ", ".join([Gpt.__name__, *(kind.__name__ for kind in BERT_HEADS)])
        raise ValueError(
            f"save_pretrained: a {type(model).__name__} has no published form; {have} have one"
        )
    if isinstance(model, SequenceClassifier) and model.pooling != "cls":
        raise ValueError(
            f"save_pretrained: pooling {model.pooling!r} has no published form, 'cls' has"
        )
    if isinstance(model, TokenClassifier) and (model.crf or model.neighbours):
        part = "a Crf" if model.crf else "neighbours"
        raise ValueError(f"save_pretrained: a TokenClassifier with {part} has no published form")
    return BERT, head


def gpt_form(config: GptConfig) -> Kind:
    """GPT-2 or Llama, whichever has these parts.

    Raises:
        ValueError: neither; names what keeps it from being each of them.
    """
    lacking = {}
    for kind, parts in ((GPT2, GPT2_PARTS), (LLAMA, LLAMA_PARTS)):
        other = [f"{n}={getattr(config, n)!r}" for n, v in parts.items() if getattr(config, n) != v]
        if kind is LLAMA and config.dropout:
            other.append(f"dropout={config.dropout!r}")
        if not other:
            return kind
        lacking[kind.model_type] = ", ".join(other)
    reasons = "; ".join(f"not {name}, for {what}" for name, what in lacking.items())
    raise ValueError(f"save_pretrained: a Gpt of these parts has no published form: {reasons}")


def labelled(n_labels: int, labels: Sequence[str] | None) -> dict[str, Any]:
    """The names of classes as a configuration has them.

    Raises:
        ValueError: there are more or fewer names than classes, or one twice.
    """
    names = [f"LABEL_{i}" for i in range(n_labels)] if labels is None else list(labels)
    if len(names) != n_labels or len({*names}) != n_labels:
        raise ValueError(f"save_pretrained: {n_labels} classes need as many names, got {names!r}")
    return {
        "id2label": {str(i): name for i, name in enumerate(names)},
        "label2id": {name: i for i, name in enumerate(names)},
    }


def published_arrays(
    kind: Kind, head: str, model: Module, head_width: int
) -> dict[str, np.ndarray]:
    """The published arrays by their names.

    Raises:
        ValueError: a parameter has no place in the tables, such as that of an added layer.
    """
    parameters = dict(model.named_parameters())
    prefixed = bool(kind.heads[head].body) or kind is not BERT
    rows = names_of(kind, kind.heads[head], model, prefixed=prefixed)
    parts: dict[str, list[Any]] = {}
    for row in sorted(rows, key=lambda row: row.place.part):
        parts.setdefault(row.published, []).append(row)
    return {
        name: lying[0].place.write(
            [to_numpy(parameters[row.ours].data) for row in lying], head_width
        )
        for name, lying in parts.items()
    }
