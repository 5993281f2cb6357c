"""What is explained: a number that a model gives a text, as a function of its word vectors.

Ids have no slope, their vectors have.  A reading is the model taken apart behind its table of
words, so that one can look, and put something else, between the parts.

Letters: B texts, T positions, D width, C classes, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from minillm.autograd import Tensor, no_grad
from minillm.models.bert import SequenceClassifier, on_device
from minillm.models.gpt import Gpt
from minillm.models.pooling import POOLINGS, first_real
from minillm.ops import tanh

Part = Callable[[Tensor], Tensor]


class Reading(NamedTuple):
    """The word vectors of texts, and the parts of a model that give such vectors a score."""

    vectors: np.ndarray  # (B, T, D): E[ids], no positions yet
    enter: Part  # word vectors -> what enters the first layer, (B, T, D)
    layers: list[Part]  # each (B, T, D) -> (B, T, D)
    read: Part  # what leaves the last layer -> (B,)

    def score(self, vectors: Tensor) -> Tensor:
        """The score of texts with these word vectors, (B, T, D) -> (B,)."""
        x = self.enter(vectors)
        for layer in self.layers:
            x = layer(x)
        return self.read(x)


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
    first, attend = -first_real(mask), mask[:, None, None, :]

    def enter(x: Tensor) -> Tensor:
        x = bert.positions(x, start=first) + bert.segments.weight[0]
        return bert.dropout(bert.norm(x))

    def read(x: Tensor) -> Tensor:
        pooled = tanh(model.pooler(POOLINGS[model.pooling](x, mask)))
        return margin(model.output(model.dropout(pooled)), classes)

    layers: list[Part] = [partial(block, mask=attend) for block in bert.blocks]
    return Reading(vectors, enter, layers, read)


def next_token_reading(model: Gpt, ids: np.ndarray, tokens: np.ndarray) -> Reading:
    """How far a token is ahead as the next one of each text, as a function of word vectors.

    Shapes: ``ids (B, T)`` without padding, ``tokens (B,)``.

    Raises:
        ValueError, IndexError: as ``Gpt`` and ``margin``.
    """
    with no_grad():
        model.embed(ids, None, 0)  # refuses what cannot be read
        vectors = model.tokens(ids).data

    def enter(x: Tensor) -> Tensor:
        return model.dropout(x if model.positions is None else model.positions(x, start=0))

    def read(x: Tensor) -> Tensor:
        return margin(model.logits(model.norm(x))[:, -1, :], tokens)

    return Reading(vectors, enter, [*model.blocks], read)
