"""Pretraining by masked language modelling, and what it is measured against."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf
from typing import NamedTuple

import numpy as np

from minillm.backend import check_ids, stream
from minillm.models import MaskedLanguageModel
from minillm.tasks.collation import collate_sentences, lengths_of
from minillm.text import IGNORE, Vocabulary, mask_tokens
from minillm.training import bucketed_order, evaluating, mean_loss, numbered_order


class MaskedBatch(NamedTuple):
    """Corrupted sentences, and the hidden tokens."""

    ids: np.ndarray  # (B, T)
    mask: np.ndarray  # (B, T), True = real token
    targets: np.ndarray  # (B, T), the original id where it was hidden, else IGNORE


def n_hidden(batch: MaskedBatch) -> int:
    """How many tokens of a batch are to be found, over which the loss is a mean."""
    return int((batch.targets != IGNORE).sum())


def masked_batches(
    sequences: Sequence[np.ndarray],
    vocabulary: Vocabulary,
    *,
    batch_size: int,
    seed: int,
    start: int,
    stop: int,
) -> Iterator[MaskedBatch]:
    """Batches ``start`` to ``stop - 1``; every epoch hides other tokens."""
    order = numbered_order(
        lengths_of(sequences),
        batch_size=batch_size,
        seed=seed,
        purpose="pretrain",
        start=start,
        stop=stop,
    )
    for number, batch in enumerate(map(collate_sentences(sequences), order), start=start):
        rng = stream(seed, "mask", number)
        yield hide(batch.ids, batch.mask, vocabulary, rng)


def hide(
    ids: np.ndarray, mask: np.ndarray, vocabulary: Vocabulary, rng: np.random.Generator
) -> MaskedBatch:
    """One corrupted copy of a batch."""
    corrupted, targets = mask_tokens(ids, mask, vocabulary, rng=rng)
    return MaskedBatch(corrupted, mask, targets)


def held_out_batches(
    held_out: Sequence[np.ndarray], vocabulary: Vocabulary, *, seed: int, batch_size: int = 64
) -> Iterator[MaskedBatch]:
    """Every held-out sentence once, always with the same tokens hidden."""
    order = bucketed_order(lengths_of(held_out), batch_size=batch_size, rng=None)
    for number, batch in enumerate(map(collate_sentences(held_out), order)):
        yield hide(batch.ids, batch.mask, vocabulary, stream(seed, "held-out mask", number))


def masked_loss(
    model: MaskedLanguageModel,
    held_out: Sequence[np.ndarray],
    vocabulary: Vocabulary,
    *,
    seed: int,
) -> float:
    """The model's mean cross-entropy of hidden tokens, as ``evaluate_masked`` finds it."""
    batches = held_out_batches(held_out, vocabulary, seed=seed)
    return mean_loss(model, batches, lambda batch: model.loss(*batch), n_hidden)[0]


class MaskedScores(NamedTuple):
    """Mean cross-entropy in nats of the hidden tokens of held-out sentences."""

    model: float
    neighbours: float  # counts of the word between its two neighbours
    unigram: float  # word frequencies alone
    uniform: float  # ln of the number of ordinary tokens
    n_hidden: int


def evaluate_masked(
    model: MaskedLanguageModel,
    train: Sequence[np.ndarray],
    held_out: Sequence[np.ndarray],
    vocabulary: Vocabulary,
    *,
    seed: int,
    batch_size: int = 64,
) -> MaskedScores:
    """Model and baselines on the same hidden tokens of ``held_out``; dropout is off.

    Raises:
        ValueError: ``held_out`` has no known token to hide.
    Guide: 2.1 (G27).
    """
    counts = NeighbourCounts(train, vocabulary)
    losses = dict.fromkeys(("model", "neighbours", "unigram"), 0.0)
    n_hidden = 0
    for batch in held_out_batches(held_out, vocabulary, seed=seed, batch_size=batch_size):
        corrupted, mask, targets = batch
        n = int((targets != IGNORE).sum())
        with evaluating(model):
            losses["model"] += n * float(model.loss(corrupted, mask, targets))
        rows, places = np.nonzero(targets != IGNORE)
        nothing = vocabulary.mask_id  # says as little as the end of a sentence without [CLS]
        seen = np.pad(np.where(mask, corrupted, nothing), ((0, 0), (1, 1)), constant_values=nothing)
        for row, place in zip(rows, places, strict=True):
            left, right = seen[row, place], seen[row, place + 2]
            losses["neighbours"] -= counts.log_probability(targets[row, place], left, right)
            losses["unigram"] -= counts.log_unigram[targets[row, place]]
        n_hidden += n
    if not n_hidden:
        raise ValueError(f"{len(held_out)} held-out sentences have no known token to hide")
    per_token = {name: float(total) / n_hidden for name, total in losses.items()}
    uniform = float(np.log(len(vocabulary.ordinary_ids)))
    return MaskedScores(**per_token, uniform=uniform, n_hidden=n_hidden)


class NeighbourCounts:
    """The counting baseline: which words were seen between these two neighbours?::

        p(w | l, r)  is proportional to  u(w) p(l | w) p(r | w),   u(w) = (n(w) + 1) / (N + V)
        p(l | w) = (n(l, w) + a u(l)) / (n(w) + a)                 (p(r | w) alike)

    A neighbour that is itself hidden says nothing: its factor is left out.

    Raises:
        ValueError: ``smoothing`` is not above 0.
        IndexError, TypeError: as ``check_ids``.
    """

    def __init__(
        self, sequences: Sequence[np.ndarray], vocabulary: Vocabulary, *, smoothing: float = 1.0
    ):
        if not 0 < smoothing < inf:
            raise ValueError(f"smoothing must be above 0 and finite, got {smoothing}")
        self.vocabulary, self.smoothing = vocabulary, smoothing
        size = len(vocabulary)
        n = np.zeros(size)
        before, after = np.zeros((size, size)), np.zeros((size, size))  # [neighbour, word]
        for sequence in sequences:
            ids = check_ids(sequence, size)
            np.add.at(n, ids, 1)
            np.add.at(before, (ids[:-1], ids[1:]), 1)
            np.add.at(after, (ids[1:], ids[:-1]), 1)
        unigram = np.where(vocabulary.is_special(np.arange(size)), 0, n + 1)
        if "unknown" in vocabulary.special:
            unigram[vocabulary.unknown_id] = n[vocabulary.unknown_id] + 1
        self.log_unigram = np.log(np.maximum(unigram / unigram.sum(), 1e-300))
        any_token = (n + 1) / (n + 1).sum()
        self.log_before, self.log_after = (
            np.log((pairs + smoothing * any_token[:, None]) / (n + smoothing))
            for pairs in (before, after)
        )

    def log_probability(self, word: int, left: int, right: int) -> float:
        """``ln p(word | left, right)``."""
        return float(self.log_probabilities(left, right)[word])

    def log_probabilities(self, left: int, right: int) -> np.ndarray:
        """``ln p(w | left, right)`` of every word, (V,)."""
        scores = self.log_unigram.copy()
        for neighbour, table in ((left, self.log_before), (right, self.log_after)):
            if neighbour != self.vocabulary.mask_id:
                scores += table[neighbour]
        highest = scores.max()
        return np.asarray(scores - highest - np.log(np.exp(scores - highest).sum()))
