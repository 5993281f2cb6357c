"""What the study of objectives asks in pretraining: the same sentences, other questions.

Letters: B batch, T positions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from minillm.backend import stream
from minillm.models import (
    Bert,
    BertConfig,
    BottleneckAutoencoder,
    LeftOnly,
    MaskedLanguageModel,
)
from minillm.ops import IGNORE
from minillm.optim import AdamW, decay_groups, linear_with_warmup
from minillm.tasks.autoencoding import denoise, reproduce
from minillm.tasks.collation import collate_sentences, lengths_of
from minillm.tasks.masked_lm import MaskedBatch, hide
from minillm.text import Vocabulary
from minillm.training import fit, numbered_order

Question = Callable[[np.ndarray, np.ndarray, Vocabulary, np.random.Generator], MaskedBatch]


def copy_all(
    ids: np.ndarray, mask: np.ndarray, vocabulary: Vocabulary, _: np.random.Generator
) -> MaskedBatch:
    """The plain autoencoder's question, which draws nothing."""
    return reproduce(ids, mask, vocabulary)


def next_of(
    ids: np.ndarray,
    mask: np.ndarray,
    _: Vocabulary | None = None,
    __: np.random.Generator | None = None,
) -> MaskedBatch:
    """Which token comes next, [SEP] among them?  Nothing is hidden, and nothing is drawn.

    Shapes: ``ids (B, T), mask (B, T)``, padded on the right.
    """
    targets = np.full(ids.shape, IGNORE)
    targets[:, :-1] = np.where(mask[:, 1:], ids[:, 1:], IGNORE)
    return MaskedBatch(ids, mask, targets)


class Objective(NamedTuple):
    """What a position sees, what is asked, and whether through one vector; ``None``: nothing is."""

    encoder: type[Bert]
    question: Question | None
    bottleneck: bool = False


OBJECTIVES = {
    "none": Objective(Bert, None),
    "masked": Objective(Bert, hide),
    "causal": Objective(LeftOnly, next_of),
    "plain": Objective(Bert, copy_all),
    "denoising": Objective(Bert, denoise),
    "plain, bottleneck": Objective(Bert, copy_all, bottleneck=True),
    "denoising, bottleneck": Objective(Bert, denoise, bottleneck=True),
}


@dataclass(frozen=True)
class Encoder:
    """The sizes of the encoder, the same under every objective."""

    width: int = 64
    n_layers: int = 2
    n_heads: int = 4
    hidden: int = 256
    max_length: int = 40
    dropout: float = 0.1
    bottleneck: str = "mean"  # which vector of a sentence its autoencoder keeps

    def config(self, vocabulary_size: int) -> BertConfig:
        """The configuration of such an encoder."""
        return BertConfig(
            vocabulary_size=vocabulary_size,
            width=self.width,
            n_layers=self.n_layers,
            n_heads=self.n_heads,
            hidden=self.hidden,
            max_length=self.max_length,
            dropout=self.dropout,
        )


@dataclass(frozen=True)
class Pretraining:
    """How every objective is learned, but for its rate."""

    steps: int = 1000
    batch_size: int = 32
    warmup: int = 100
    weight_decay: float = 0.01
    max_norm: float = 1.0


def new_model(
    objective: Objective, sizes: Encoder, vocabulary_size: int, seed: int
) -> MaskedLanguageModel:
    """A model with random weights: those of the encoder and of its head are the same for all."""
    encoder = objective.encoder(sizes.config(vocabulary_size), rng=stream(seed, "encoder"))
    rng = stream(seed, "masked head")
    if objective.bottleneck:
        return BottleneckAutoencoder(encoder, rng=rng, pooling=sizes.bottleneck)
    return MaskedLanguageModel(encoder, rng=rng)


def asked(
    question: Question,
    sequences: Sequence[np.ndarray],
    vocabulary: Vocabulary,
    training: Pretraining,
    seed: int,
) -> Iterator[MaskedBatch]:
    """The batches of a question; others have the same sentences, and hide the same tokens."""
    order = numbered_order(
        lengths_of(sequences),
        batch_size=training.batch_size,
        seed=seed,
        purpose="pretrain",
        start=0,
        stop=training.steps,
    )
    for number, batch in enumerate(map(collate_sentences(sequences), order)):
        yield question(batch.ids, batch.mask, vocabulary, stream(seed, "mask", number))


def pretrain(
    model: MaskedLanguageModel,
    batches: Iterator[MaskedBatch],
    training: Pretraining,
    rate: float,
) -> None:
    """AdamW on these batches, under a rate that rises to ``rate`` and falls to 0."""
    steps = fit(
        lambda batch: model.loss(*batch),
        batches,
        AdamW(decay_groups(model), weight_decay=training.weight_decay),
        schedule=linear_with_warmup(peak=rate, warmup=training.warmup, total=training.steps),
        max_norm=training.max_norm,
    )
    for _ in steps:
        pass
