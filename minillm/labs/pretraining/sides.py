"""What is it worth to see both sides of a hidden word?  A language whose best answers are known.

Models of one size read the same sentences: one sees both sides of a hidden word, one its left
only, one is asked for the next word instead, and one is trained with [MASK] alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from minillm.backend import stream
from minillm.labs.pretraining.filling import (
    WAYS,
    Framed,
    Rows,
    best_without_mask,
    framed,
    log_probabilities,
    looks,
    nats_by_place,
    without_mask,
)
from minillm.labs.study import Study
from minillm.labs.worlds.agreement import FRAME, Agreement
from minillm.models import BertConfig, MaskedLanguageModel
from minillm.optim import Adam, linear_with_warmup
from minillm.tasks import NeighbourCounts
from minillm.training import fit


@dataclass(frozen=True)
class Settings:
    """The language, the models' size, their training by Adam, and when they are measured."""

    language: Agreement = Agreement()
    width: int = 64
    n_layers: int = 1
    n_heads: int = 8
    hidden: int = 128
    batch: int = 64
    steps: int = 800
    warmup: int = 80
    betas: tuple[float, float] = (0.9, 0.98)
    max_norm: float = 1.0
    rate: float = 3e-3  # on seed 100, for every way within 0.003 nats of the best of .001 and .01
    measured_at: tuple[int, ...] = (25, 50, 100, 200, 400, 600, 800)
    smoothing: float = 0.1  # of the counts
    asked: str = "the dogs near the horse drink from thirst"


def new_model(settings: Settings, name: str, seed: int) -> MaskedLanguageModel:
    """A model with random weights, the same for every way."""
    rng = stream(seed, "weights")
    config = BertConfig(
        vocabulary_size=len(framed(settings.language).vocabulary),
        width=settings.width,
        n_layers=settings.n_layers,
        n_heads=settings.n_heads,
        hidden=settings.hidden,
        max_length=settings.language.length + 2,
        n_segments=1,
        dropout=0.0,
    )
    return MaskedLanguageModel(WAYS[name].encoder(config, rng=rng), rng=rng)


def sentences(settings: Settings, seed: int) -> Iterator[np.ndarray]:
    """The framed sentences that every way reads, batch by batch."""
    read, rng = framed(settings.language), stream(seed, "sentences")
    for _ in range(settings.steps):
        yield read(settings.language.draw(settings.batch, rng))


def questions(settings: Settings, name: str, seed: int) -> Iterator[Rows]:
    """What a way asks of them."""
    read, rng = framed(settings.language), stream(seed, "hidden words")
    for ids in sentences(settings, seed):
        yield WAYS[name].question(read, ids, rng)


def training(settings: Settings, name: str, seed: int) -> Iterator[tuple[int, MaskedLanguageModel]]:
    """The model after each of its updates, and how many there were."""
    model, rate = new_model(settings, name, seed), settings.rate
    steps = fit(
        lambda rows: model.loss(*rows),
        questions(settings, name, seed),
        Adam(model.parameters(), lr=rate, betas=settings.betas),
        schedule=linear_with_warmup(peak=rate, warmup=settings.warmup, total=settings.steps),
        max_norm=settings.max_norm,
    )
    for step in steps:
        yield step.index + 1, model


def counted(settings: Settings, read: Framed, seed: int) -> np.ndarray:
    """What counting the same sentences costs at every place, (2, T): both neighbours, none."""
    texts = np.concatenate(list(sentences(settings, seed)))
    counts = NeighbourCounts(list(texts), read.vocabulary, smoothing=settings.smoothing)
    every, chances = settings.language.every
    ids, nats = read(every), []
    for place in range(1, ids.shape[1] - 1):
        triples, which = np.unique(ids[:, place - 1 : place + 2], axis=0, return_inverse=True)
        weights = np.bincount(which.ravel(), chances)
        beside = [counts.log_probability(word, left, right) for left, word, right in triples]
        nats.append((-weights @ beside, -chances @ counts.log_unigram[ids[:, place]]))
    return np.array(nats).T


def answers(settings: Settings, name: str, model: MaskedLanguageModel) -> np.ndarray:
    """What the model thinks of the verb of ``settings.asked``, (V,)."""
    read = framed(settings.language)
    ids = read(settings.language.encode(settings.asked))
    verb = 1 + FRAME.index("verb")  # behind [CLS]
    ids[:, verb] = read.vocabulary.mask_id
    return np.exp(log_probabilities(model, ids, verb, read.first)[0])


def written(settings: Settings, seed: int) -> np.ndarray:
    """A random word for every place of every sentence, (N, T)."""
    shape = settings.language.every[0].shape
    return stream(seed, "written words").integers(len(settings.language.words), size=shape)


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """Exact nats of a word, in training and by place, for every way and for counting.

    ``unmasked`` is what words cost that were chosen but kept, or replaced, after training with
    80/10/10 and with [MASK] alone; last, the least that both can be together under 80/10/10.

    Guide: 2.1, 9.2 (G27, G29).
    """
    read = framed(settings.language)
    found: dict[str, Any] = {"unmasked": []}
    other = written(settings, seed)
    for name, way in WAYS.items():
        curve = []
        for step, model in training(settings, name, seed):
            if step in settings.measured_at:
                curve.append(nats_by_place(model, way, read))
        found[f"curve {name}"] = np.mean(curve, axis=1)
        found[f"places {name}"] = curve[-1]
        if name in ("both", "left"):
            found[f"looks {name}"] = looks(model, read)
            found[f"answers {name}"] = answers(settings, name, model)
        if name in ("both", "masks"):
            log_q = partial(log_probabilities, model, first=read.first)
            found["unmasked"].append(without_mask(log_q, read, other))
    found["unmasked"].append(best_without_mask(read, other))
    return {**found, "counted": counted(settings, read, seed)}


STUDY = Study(
    name="sides",
    question="What is it worth to see both sides of a hidden word?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
)
