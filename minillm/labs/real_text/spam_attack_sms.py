"""The study of misspelled spam on messages that people and spammers wrote, split by each seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minillm.labs.mismatch.spam_attack import Attack, measure_messages
from minillm.labs.mismatch.spam_filters import Filters
from minillm.labs.real_text.spam import Messages, parts_of
from minillm.labs.study import Study


@dataclass(frozen=True)
class Settings(Messages):
    """The messages, how they are split, the attack, the filters; dev is large, for thresholds."""

    fractions: tuple[float, float, float] = (0.4, 0.3, 0.3)
    attack: Attack = Attack()
    filters: Filters = Filters(tokenizers=("word", "wordpiece:2000"))


def measure(settings: Settings, seed: int) -> dict[str, np.ndarray]:
    """``measure_messages`` of the split of a seed."""
    parts = parts_of(settings, seed)
    return measure_messages(parts, settings.positive, settings.attack, settings.filters, seed)


STUDY = Study(
    name="spam_attack_sms",
    question="Is misspelled spam found among real messages, and does training on it help?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
    tolerance=0.12,
)
