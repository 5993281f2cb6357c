"""What a language model writes when it is its turn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minillm.models.decoding import Text, generate
from minillm.tasks.generation import LanguageModel

TOGETHER = 64  # prompts that are answered side by side


def replies(
    language: LanguageModel, prompts: Sequence[np.ndarray], longest: int, **options: Any
) -> list[Text]:
    """The text behind each prompt until the turn ends, or ``longest`` tokens; as ``generate``."""
    end = language.vocabulary.token_to_id[language.template.end]
    found: list[Text] = []
    for start in range(0, len(prompts), TOGETHER):
        some = prompts[start : start + TOGETHER]
        texts = generate(language.model, some, longest, stop_ids=[end], **options)
        found += [text for (text,) in texts]
    return found
