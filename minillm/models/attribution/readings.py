"""What is explained: a number that a model gives a text, as a function of its word vectors.

Ids have no slope, their vectors have.  A reading is made of the parts of a model, behind its table.

Letters: B texts, T positions, D width, C classes, V vocabulary.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from minillm.autograd import Tensor, no_grad
from minillm.models.attribution.gradients import Score
from minillm.models.bert import SequenceClassifier, on_device
from minillm.models.gpt import Gpt
from minillm.models.pooling import POOLINGS, first_real
from minillm.ops import tanh


class Reading(NamedTuple):
    """The word vectors of texts, and the score that a model gives such vectors."""

    vectors: np.ndarray  # (B, T, D): E[ids], no positions yet
    score: Score


def margin(logits: Tensor, classes: np.ndarray) -> Tensor:
    """By how much one class of each text is ahead of the others, (B, C) -> (B,)::

        F = z_c - mean of the other z

    Of two classes it is the logarithm of their odds, in nats.

    Raises:
        ValueError: not one class for each text; as ``check_ids``.
    """
    n, n_classes = logits.shape
    if classes.shape != (n,):
        raise ValueError(f"margin: classes must be ({n},), got {classes.shape}")
    chosen = on_device(classes, n_classes, "class", logits.data)
    sign = np.full((n, n_classes), -1.0 / max(n_classes - 1, 1), dtype=logits.dtype)
    sign[np.arange(n), chosen] = 1.0
    return (logits * sign).sum(axis=1)


def classifier_reading(
    model: SequenceClassifier, ids: np.ndarray, mask: np.ndarray, classes: np.ndarray
) -> Reading:
    """The margin of a class of each text, as a function of a BERT's word vectors.

    Dropout acts as the model is set, so that ``eval()`` comes first.

    Shapes: ``ids (B, T), mask (B, T), classes (B,)``.

    Raises:
        ValueError, IndexError: as ``Bert`` and ``margin``.
    """
    bert = model.bert
    with no_grad():
        bert.embed(ids, mask, None)  # refuses what cannot be read
        vectors = bert.tokens(ids).data
    segment, attend = bert.segments.weight[0], mask[:, None, None, :]

    def score(x: Tensor) -> Tensor:
        x = bert.positions(x, start=-first_real(mask)) + segment
        x = bert.dropout(bert.norm(x))
        for block in bert.blocks:
            x = block(x, mask=attend)
        pooled = tanh(model.pooler(POOLINGS[model.pooling](x, mask)))
        return margin(model.output(model.dropout(pooled)), classes)

    return Reading(vectors, score)


def next_token_reading(model: Gpt, ids: np.ndarray, tokens: np.ndarray) -> Reading:
    """How far a token is ahead as the next one of each text, as a function of word vectors.

    Shapes: ``ids (B, T)`` without padding, ``tokens (B,)``.

    Raises:
        ValueError, IndexError: as ``Gpt`` and ``margin``.
    """
    with no_grad():
        model.embed(ids, None, 0)  # refuses what cannot be read
        vectors = model.tokens(ids).data

    def score(x: Tensor) -> Tensor:
        x = model.dropout(x if model.positions is None else model.positions(x, start=0))
        for block in model.blocks:
            x = block(x)
        return margin(model.logits(model.norm(x))[:, -1, :], tokens)

    return Reading(vectors, score)
