"""The BERT of the lessons: pretrained on reviews in both languages, in a few minutes.

No sentence that it saw is in the dev or test set of ``load_corpus("sentiment", ...)`` with seed 0,
so that lessons may fine-tune and test on these.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from minillm.backend import stream
from minillm.backend.progress import progress_bar
from minillm.models import Bert, BertConfig, MaskedLanguageModel
from minillm.optim import AdamW, decay_groups, linear_with_warmup
from minillm.tasks import TextEncoder
from minillm.tasks.masked_lm import MaskedBatch, masked_batches, masked_loss
from minillm.tasks.pretrained import PretrainedBert
from minillm.text import WordTokenizer
from minillm.text.corpora import load_corpus, unlabelled
from minillm.training import batches_per_epoch, fit


@dataclass(frozen=True)
class Pretraining:
    """The reviews, the sizes of the model, and its training."""

    seed: int = 0
    languages: tuple[str, ...] = ("en", "zh")
    sentences: int = 10_000  # of each language
    held_out: int = 500
    width: int = 64
    n_layers: int = 2
    n_heads: int = 4
    max_length: int = 40
    batch_size: int = 64
    passes: int = 12
    rate: float = 3e-3
    weight_decay: float = 0.01
    max_norm: float = 1.0


SETTINGS = Pretraining()


def train(settings: Pretraining = SETTINGS) -> PretrainedBert:
    """Pretrain by masked language modelling, under a progress bar."""
    texts = [
        text
        for language in settings.languages
        for text in unlabelled("sentiment", language, seed=settings.seed, size=settings.sentences)
    ]
    encoder = TextEncoder.build(texts, tokenizer=WordTokenizer(), max_length=settings.max_length)
    model = new_model(settings, len(encoder.vocabulary))
    total = settings.passes * batches_per_epoch(len(texts), settings.batch_size)
    steps = fit(
        lambda batch: model.loss(*batch),
        batches(settings, encoder, texts, total),
        AdamW(decay_groups(model), weight_decay=settings.weight_decay),
        schedule=linear_with_warmup(peak=settings.rate, warmup=total // 10, total=total),
        max_norm=settings.max_norm,
    )
    for _ in progress_bar(steps, total=total, desc="bert", unit="step", mininterval=0.5):
        pass
    return PretrainedBert(model, encoder)


def new_model(settings: Pretraining, n_tokens: int) -> MaskedLanguageModel:
    """Random weights; without dropout, which so small a model does not need."""
    config = BertConfig(
        vocabulary_size=n_tokens,
        width=settings.width,
        n_layers=settings.n_layers,
        n_heads=settings.n_heads,
        hidden=4 * settings.width,
        max_length=settings.max_length,
        dropout=0.0,
    )
    rng = stream(settings.seed, "pretrained bert")
    return MaskedLanguageModel(Bert(config, rng=rng), rng=rng)


def batches(
    settings: Pretraining, encoder: TextEncoder, texts: list[str], total: int
) -> Iterator[MaskedBatch]:
    """What is asked at each step."""
    return masked_batches(
        encoder(texts),
        encoder.vocabulary,
        batch_size=settings.batch_size,
        seed=settings.seed,
        start=0,
        stop=total,
    )


def loss(pretrained: PretrainedBert, settings: Pretraining = SETTINGS) -> float:
    """What a hidden word of the dev sets costs it, in nats, in the mean of both languages."""
    sizes = 0, settings.held_out, 0
    held_out = [
        text
        for language in settings.languages
        for text, _ in load_corpus("sentiment", language, seed=settings.seed, sizes=sizes).dev
    ]
    encoder = pretrained.encoder
    ids, words = encoder(held_out), encoder.vocabulary
    return masked_loss(pretrained.model, ids, words, seed=settings.seed)
