"""A GPT that read reviews and no labels: are a few examples of any use in its context?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from minillm.labs.plain_shots import PlainShots, Sentences, plain_shots
from minillm.labs.study import Study
from minillm.tasks.generation import GptRecipe
from minillm.text import Example
from minillm.text.corpora import load_corpus, unlabelled


@dataclass(frozen=True)
class Settings:
    """How many sentences are read, and labelled ones to show, to hold out and to ask about.

    Behind the arrow reviews of the corpus go on themselves: ``The plot was dull; I was annoyed.``
    """

    read: int = 6000
    shown: int = 4000
    held_out: int = 500
    asked: int = 4000
    recipe: GptRecipe = GptRecipe(
        style="llama",
        tokenizer="word",
        width=64,
        n_layers=2,
        n_heads=4,
        max_length=272,
        batch_size=4,
        steps=600,
        lr=5e-3,
        lowest_lr=5e-4,
        warmup=50,
        evaluate_every=200,
        held_out_tokens=5_000,
    )
    few: PlainShots = PlainShots(
        words=("annoyed", "delighted"), arrow="; I was", longest=8, queries=80
    )


def measure(settings: Settings, seed: int) -> dict[str, np.ndarray]:
    """See ``plain_shots``: English reviews of the built-in corpus."""
    s = settings
    corpus = load_corpus("sentiment", "en", seed=seed, sizes=(s.shown, s.held_out, s.asked))
    read = unlabelled("sentiment", "en", seed=seed, size=s.read)
    held_out = [text for text, _ in corpus.dev]
    shown, asked = (without_full_stop(part) for part in (corpus.train, corpus.test))
    return plain_shots(s.recipe, s.few, Sentences(read, held_out, shown, asked), seed)


def without_full_stop(examples: Sequence[Example]) -> list[Example]:
    """Sentences that can go on."""
    return [Example(text.removesuffix("."), label) for text, label in examples]


STUDY = Study(
    name="few_shot_reviews",
    question="What does a GPT that read plain reviews make of a few examples?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
    tolerance=0.3,
)
