"""A language model in a file: weights as arrays, all else as JSON in the header."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from minillm.backend import reading, stream
from minillm.models.gpt import Gpt
from minillm.models.gpt_config import GptConfig
from minillm.tasks.generation.chat import ChatTemplate
from minillm.text import Tokenizer, Vocabulary, tokenizer_from_json, tokenizer_to_json

KIND = "language model"


def header(
    config: GptConfig,
    tokenizer: Tokenizer,
    vocabulary: Vocabulary,
    documents: bool,
    template: ChatTemplate,
) -> dict[str, str]:
    """All but the weights, as texts."""
    described = {
        "config": asdict(config),
        "tokenizer": tokenizer_to_json(tokenizer),
        "vocabulary": vocabulary.to_json(),
        "documents": documents,
        "template": template.to_json(),
    }
    return {"kind": KIND} | {
        name: json.dumps(one, ensure_ascii=False) for name, one in described.items()
    }


def read_parts(
    arrays: Mapping[str, np.ndarray], described: Mapping[str, str]
) -> tuple[Gpt, Tokenizer, Vocabulary, bool, ChatTemplate]:
    """What the weights and the ``header`` of a language model describe; float16 becomes float32.

    Raises:
        CheckpointError: they are those of something else.
    """
    with reading(KIND, described):

        def read(name: str) -> Any:
            return json.loads(described[name])

        model = Gpt(GptConfig(**read("config")), rng=stream(0, "overwritten at once"))
        model.load_state_dict(arrays)
        return (
            model.eval(),
            tokenizer_from_json(read("tokenizer")),
            Vocabulary.from_json(read("vocabulary")),
            read("documents"),
            ChatTemplate(**read("template")),
        )
