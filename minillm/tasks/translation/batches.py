"""From pairs of sentences to batches: alike lengths side by side, the target one token on.

Letters: B pairs of a batch, S positions of the longest source, T positions of the longest target.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from minillm.models.encoder_decoder import EncoderDecoder
from minillm.models.gpt import next_tokens
from minillm.ops import IGNORE
from minillm.tasks.translation.tokens import TranslationTokens
from minillm.text import pad
from minillm.text.parallel_files import Pair
from minillm.training import bucketed_order, mean_loss, numbered_order

ROWS = 64  # read at once where nothing is learned


class IdPair(NamedTuple):
    """A sentence and its translation as ids."""

    source: np.ndarray  # (S,), with the token of the end
    target: np.ndarray  # (T + 1,), between those of beginning and end


class PairBatch(NamedTuple):
    """Some pairs side by side, padded on the right."""

    source: np.ndarray  # (B, S)
    inputs: np.ndarray  # (B, T): what the decoder is given
    targets: np.ndarray  # (B, T): what it has to say, IGNORE where nothing follows
    source_mask: np.ndarray  # (B, S), True = a real token


def n_targets(batch: PairBatch) -> int:
    """How many tokens are to be written, over which the loss is a mean."""
    return int((batch.targets != IGNORE).sum())


def as_ids(pairs: Sequence[Pair], tokens: TranslationTokens, longest: int) -> list[IdPair]:
    """The pairs as ids, without those of which a side has more than ``longest`` positions."""
    made = [IdPair(tokens.encode_source(s), tokens.encode_target(t)) for s, t in pairs]
    return [one for one in made if len(one.source) <= longest and len(one.target) - 1 <= longest]


def batch_of(pairs: Sequence[IdPair]) -> PairBatch:
    """Some pairs as one batch."""
    source, source_mask = pad([one.source for one in pairs])
    ids, mask = pad([one.target for one in pairs])
    return PairBatch(source, *next_tokens(ids, mask), source_mask)


def training_batches(
    pairs: Sequence[IdPair], *, batch_size: int, seed: int, start: int, stop: int
) -> Iterator[PairBatch]:
    """Batches ``start`` to ``stop - 1`` of an endless row of epochs, the same whenever asked.

    Raises:
        ValueError: there are no pairs.
    """
    order = numbered_order(
        joint_lengths(pairs),
        batch_size=batch_size,
        seed=seed,
        purpose="translation",
        start=start,
        stop=stop,
    )
    for indices in order:
        yield batch_of([pairs[i] for i in indices])


def joint_lengths(pairs: Sequence[IdPair]) -> np.ndarray:
    """By what pairs are put together: the tokens of both sides."""
    return np.array([len(source) + len(target) for source, target in pairs], dtype=np.int64)


def translation_loss(model: EncoderDecoder, pairs: Sequence[IdPair], *, rows: int = ROWS) -> float:
    """The mean of -ln p(token | source, tokens before it) over all targets, in nats.

    Without label smoothing, and dropout is off.

    Raises:
        ValueError: there are no pairs.
    Guide: 6.2 (G38).
    """
    order = bucketed_order(joint_lengths(pairs), batch_size=rows, rng=None)
    batches = (batch_of([pairs[i] for i in indices]) for indices in order)
    mean, n = mean_loss(model, batches, lambda batch: model.loss(*batch), n_targets)
    if not n:
        raise ValueError("translation_loss: there are no pairs")
    return mean
