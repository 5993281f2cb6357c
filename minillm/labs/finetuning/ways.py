"""What each way of fine-tuning teaches a BERT, and what it forgets of the language it has read.

A BERT reads sentences of several corpora; then it learns the labels of one of them: all its
weights change, lower layers less, the head alone, changes of low rank, or adapters.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from minillm.labs.study import Study
from minillm.labs.two_stages import Sizes, Texts, TwoStages, draw_texts
from minillm.tasks import PIPELINE, Recipe, as_classifiers, evaluate, fit_baselines
from minillm.tasks.baselines import BAGS
from minillm.tasks.finetuning import BertBody, FinetuneRecipe, FineTuning
from minillm.text import Example

LINEAR = "query,key,value,output,inner,outer"


@dataclass(frozen=True)
class Settings:
    """The corpora, the pretraining, the ways of fine-tuning and what they share.

    The rate of every way is the best of a grid, by its mean accuracy on held-out sentences of both
    corpora under the seeds 100 and 101, the grid going on until it falls; LoRA has a rate for each
    rank.  All ways have as many updates.
    """

    corpora: tuple[str, ...] = ("sentiment", "topics")
    language: str = "en"
    sizes: Sizes = Sizes(train=2000, dev=300, test=1000, extra=2000)
    pretraining: Recipe = replace(PIPELINE, finetune_epochs=0)
    shared: FinetuneRecipe = FinetuneRecipe(epochs=8, pooling="mean", where=LINEAR)
    every: int = 2  # passes, after which they are examined
    layer_decay: float = 0.7  # of "slower below"
    lora: tuple[tuple[int, float], ...] = ((1, 2e-2), (8, 1e-2), (64, 2e-3))  # rank and rate
    rates: dict[str, float] = field(
        default_factory=lambda: (
            {"full": 2e-3, "slower below": 4e-3, "head": 3e-2, "adapter": 1e-2}
        )
    )


def ways(settings: Settings, seed: int) -> dict[str, FinetuneRecipe]:
    """The recipe of every way of fine-tuning, by its name."""
    rates, shared = settings.rates, replace(settings.shared, seed=seed)
    full = replace(shared, method="full", lr=rates["full"])
    slower = replace(full, layer_decay=settings.layer_decay, lr=rates["slower below"])
    found = {"full": full, "slower below": slower}
    found["head"] = replace(shared, method="head", lr=rates["head"])
    for rank, rate in settings.lora:
        found[f"lora {rank}"] = replace(shared, method="lora", rank=rank, lr=rate)
    found["adapter"] = replace(shared, method="adapter", lr=rates["adapter"])
    return found


def read_all(settings: Settings, seed: int) -> tuple[BertBody, dict[str, Texts]]:
    """A BERT that has read the sentences of all corpora, and the corpora."""
    drawn = {
        name: draw_texts(name, settings.language, settings.sizes, seed=seed)
        for name in settings.corpora
    }
    labelled = [example for texts in drawn.values() for example in texts.corpus.train]
    extra = [text for texts in drawn.values() for text in texts.extra]
    stages = TwoStages(labelled, extra, settings.pretraining, seed=seed)
    return BertBody(stages.training.model.masked, stages.training.encoder, seed=seed), drawn


def texts_of(examples: list[Example]) -> list[str]:
    """The texts without their labels."""
    return [text for text, _ in examples]


def taught(
    training: FineTuning, every: int, test: list[Example], own: list[str], others: list[str]
) -> Iterator[tuple[float, float, float]]:
    """After every so many passes: test accuracy, nats of its own language and of others."""
    for step in training.steps():
        if (step.index + 1) % (every * training.per_epoch) == 0:
            accuracy = evaluate(training.result(), test).accuracy
            yield accuracy, training.language_loss(own), training.language_loss(others)


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """For each corpus, by way of fine-tuning and time, (W, P): accuracy, and nats of language.

    "sentiment, own" are the nats of a hidden word in other sentences of that corpus after
    fine-tuning on it, "sentiment, others" in those of the other corpora; "before (2,)" are both
    before.  "bags (2,)" is the accuracy of the two bags of words of the same labels; "trained (W,)"
    is how many numbers each way trains.

    Guide: 2.1, 9.3.4 (G32).
    """
    body, drawn = read_all(settings, seed)
    found: dict[str, Any] = {}
    for name, (corpus, _) in drawn.items():
        own = texts_of(corpus.dev)
        others = [x for other in drawn if other != name for x in texts_of(drawn[other].corpus.dev)]
        trainings = [FineTuning(way, body, corpus.train) for way in ways(settings, seed).values()]
        measured = settings.every, corpus.test, own, others
        curves = np.array([list(taught(training, *measured)) for training in trainings])
        for place, key in enumerate(("accuracy", "own", "others")):
            found[f"{name}, {key}"] = curves[..., place]
        found[f"{name}, before"] = [body.language_loss(texts) for texts in (own, others)]
        found[f"{name}, trained"] = [training.counts()[0] for training in trainings]
        bags = as_classifiers(
            fit_baselines(corpus.train, corpus.dev, body.encoder), body.encoder.tokenizer
        )
        found[f"{name}, bags"] = [evaluate(bags[bag], corpus.test).accuracy for bag in BAGS]
    return found


STUDY = Study(
    name="ways",
    question="What does each way of fine-tuning teach a BERT, and what does it forget?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
    tolerance=0.2,
)
