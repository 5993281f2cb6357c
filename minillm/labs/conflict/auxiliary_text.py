"""GPT-1's fine-tuning: a task, and beside it the next token of the same texts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from minillm.autograd import Tensor
from minillm.models.gpt_classifier import GptClassifier
from minillm.models.pooling import at_last_real
from minillm.ops import cross_entropy


class Rows(NamedTuple):
    """Texts with the tokens that follow, and their classes."""

    ids: np.ndarray  # (B, T)
    targets: np.ndarray  # (B, T), IGNORE where nothing follows
    mask: np.ndarray | None  # (B, T)
    classes: np.ndarray  # (B,)


def task_logits(model: GptClassifier, rows: Rows) -> tuple[Tensor, Tensor]:
    """The logits of the classes, and the vectors from which they and the next tokens are read."""
    hidden = model.gpt.hidden(rows.ids, rows.mask)
    mask = np.ones(rows.ids.shape, dtype=bool) if rows.mask is None else rows.mask
    return model.output(model.dropout(at_last_real(hidden, mask))), hidden


def task_and_text(model: GptClassifier, rows: Rows) -> list[Tensor]:
    """The losses of the task and of the next token, from one pass.

    Source: Radford et al. 2018, "Improving Language Understanding by Generative Pre-Training",
        section 3.2.
    """
    logits, hidden = task_logits(model, rows)
    return [
        cross_entropy(logits, targets=rows.classes),
        cross_entropy(model.gpt.logits(hidden), targets=rows.targets),
    ]
