"""LoRA learns less and forgets less: a GPT goes on from reviews to news, by changes of any rank.

The GPT has read reviews; then it reads news, in full or by LoRA of several ranks.  What it has
learned is the loss on other news, what it has forgotten that on other reviews.  Its tokens are
pieces of words that were learned from both, so that no token of the news is new.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from minillm.backend import stream
from minillm.labs.study import Study
from minillm.models import Gpt
from minillm.nn import Linear, LoRA, Module, add_lora
from minillm.optim import AdamW, decay_groups, linear_with_warmup
from minillm.tasks.finetuning import GptBody
from minillm.tasks.generation import CausalPretraining, GptRecipe, language_loss
from minillm.tasks.generation.tokens import language_tokens
from minillm.tasks.generation.windows import training_windows
from minillm.text.corpora import unlabelled
from minillm.training import fit


@dataclass(frozen=True)
class Tuning:
    """How the GPT goes on."""

    steps: int = 600
    batch: int = 16
    warmup: int = 30
    weight_decay: float = 0.01
    max_norm: float = 1.0
    measured_at: tuple[int, ...] = (50, 150, 300, 600)


@dataclass(frozen=True)
class Settings:
    """The texts, the GPT and its pretraining; the ways to go on, and the layers of LoRA.

    A way is a rank, or 0 for full fine-tuning, with its highest rate: of a row in steps of two the
    one that was best for the news on seed 100, and an eighth of it: how much is forgotten depends
    on the rate as well as on the rank.
    """

    language: str = "en"
    source: str = "sentiment"
    target: str = "topics"
    learned: int = 6000  # sentences of the source
    taught: int = 3000  # of the target
    held_out: int = 300  # of either
    recipe: GptRecipe = field(
        default=GptRecipe(
            tokenizer="byte_pairs:400",
            width=64,
            n_layers=2,
            max_length=64,
            batch_size=16,
            steps=1500,
            lr=3e-3,
            lowest_lr=3e-4,
            evaluate_every=500,
        )
    )
    ways: tuple[tuple[int, float], ...] = (
        *((0, 4e-3), (0, 5e-4)),
        *((1, 4e-2), (4, 4e-2), (16, 2e-2), (64, 1e-2)),
        *((1, 5e-3), (4, 5e-3), (16, 25e-4), (64, 125e-5)),
    )
    names: tuple[str, ...] = ("query", "key", "value", "output", "inner", "outer")
    energy: float = 0.9  # of the squared singular values, that a change's rank is to hold
    tuning: Tuning = Tuning()


def sentences(settings: Settings, corpus: str, seed: int) -> tuple[list[str], list[str]]:
    """Sentences of a corpus to learn from, and others that are held out."""
    n = settings.learned if corpus == settings.source else settings.taught
    drawn = unlabelled(corpus, settings.language, seed=seed, size=n + settings.held_out)
    return drawn[settings.held_out :], drawn[: settings.held_out]


def pretrained(settings: Settings, seed: int) -> GptBody:
    """A GPT that has read the source, with tokens of both."""
    learned, held_out = sentences(settings, settings.source, seed)
    both = [*learned, *sentences(settings, settings.target, seed)[0]]
    recipe = replace(settings.recipe, seed=seed)
    tokens = language_tokens(recipe.tokenizer, both, min_count=recipe.min_count)
    training = CausalPretraining(recipe, learned, held_out, tokens=tokens)
    for _ in training.steps():
        pass
    return GptBody.of(training.result())


def went_on(settings: Settings, body: GptBody, rank: int, rate: float, seed: int) -> Iterator[Gpt]:
    """The GPT after each update on the target: in full, or by LoRA of a rank."""
    t = settings.tuning
    model = body.fresh(stream(seed, "go on")).model
    if rank:
        add_lora(model.freeze(), rank, rng=stream(seed, "lora"), names=settings.names)
    batches = training_windows(
        [body.ids(text) for text in sentences(settings, settings.target, seed)[0]],
        length=settings.recipe.max_length,
        batch_size=t.batch,
        seed=seed,
        start=0,
        stop=t.steps,
    )
    steps = fit(
        lambda window: model.loss(*window),
        batches,
        AdamW(decay_groups(model), weight_decay=t.weight_decay),
        schedule=linear_with_warmup(peak=rate, warmup=t.warmup, total=t.steps),
        max_norm=t.max_norm,
    )
    for _ in steps:
        yield model


def weights(model: Module, names: tuple[str, ...]) -> dict[str, np.ndarray]:
    """The weights of the linear layers of these names, with what LoRA adds to them."""
    found = {}
    for path, module in model.named_modules():
        if path.split(".")[-1] in names:
            if isinstance(module, LoRA):
                found[path] = module.layer.weight.data + module.change()
            elif isinstance(module, Linear):
                found[path] = module.weight.data
    return found


def rank_of(change: np.ndarray, energy: float) -> int:
    """How many singular values hold that share of the sum of their squares."""
    squares = np.linalg.svd(change.astype(np.float64), compute_uv=False) ** 2
    return 1 + int(np.searchsorted(np.cumsum(squares) / squares.sum(), energy))


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """Losses on held-out target and source, (W, S), for every way.

    ``before (2,)`` are both losses before; ``rank (W,)`` is that of the changes of weights, in the
    mean; ``trained (W,)`` is how many numbers were trained, ``numbers`` how many there are.

    Guide: 2.1, 9.3.4 (G32).
    """
    body = pretrained(settings, seed)
    held_out = [
        [body.ids(text) for text in sentences(settings, corpus, seed)[1]]
        for corpus in (settings.target, settings.source)
    ]

    def losses(model: Gpt) -> list[float]:
        return [language_loss(model, texts) for texts in held_out]

    first = weights(body.model, settings.names)
    found: dict[str, list[Any]] = {"learned": [], "forgotten": [], "rank": [], "trained": []}
    for rank, rate in settings.ways:
        curve, model = [], body.model
        for done, model in enumerate(went_on(settings, body, rank, rate, seed), start=1):
            if done in settings.tuning.measured_at:
                curve.append(losses(model))
        last = weights(model, settings.names)
        found["learned"].append([target for target, _ in curve])
        found["forgotten"].append([source for _, source in curve])
        ranks = [rank_of(last[path] - first[path], settings.energy) for path in first]
        found["rank"].append(np.mean(ranks))
        found["trained"].append(sum(p.size for p in model.trainable_parameters()))
    numbers = body.model.parameter_count()
    return {**found, "before": losses(body.model), "numbers": numbers}


STUDY = Study(
    name="ranks",
    question="Does LoRA learn less and forget less than full fine-tuning, by its rank?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
)
