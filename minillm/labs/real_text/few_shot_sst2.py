"""A GPT that read film reviews which people wrote: what does it make of a few examples?

The sentences of SST-2; those that are read from left to right are its training set, without
labels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minillm.labs.plain_shots import PlainShots, Sentences, plain_shots
from minillm.labs.real_text import sst2
from minillm.labs.study import Study
from minillm.labs.worlds.public import PublicFile, read_public
from minillm.tasks.generation import GptRecipe


@dataclass(frozen=True)
class Settings:
    """The files, and all else: see ``PlainShots``."""

    train: PublicFile = sst2.Settings.train
    dev: PublicFile = sst2.Settings.dev
    test: PublicFile = sst2.Settings.test
    recipe: GptRecipe = GptRecipe(
        style="llama",
        tokenizer="word",
        min_count=4,
        width=64,
        n_layers=2,
        n_heads=4,
        max_length=256,
        batch_size=4,
        steps=300,
        lr=5e-3,
        lowest_lr=5e-4,
        warmup=30,
        evaluate_every=100,
        held_out_tokens=5_000,
    )
    few: PlainShots = PlainShots(words=("bad", "good"), arrow=" it is", longest=8, queries=80)


def measure(settings: Settings, seed: int) -> dict[str, np.ndarray]:
    """See ``plain_shots``: sentences of SST-2."""
    train, dev, test = map(read_public, (settings.train, settings.dev, settings.test))
    read, held_out = ([text for text, _ in part] for part in (train, dev))
    return plain_shots(settings.recipe, settings.few, Sentences(read, held_out, train, test), seed)


STUDY = Study(
    name="few_shot_sst2",
    question="What does a GPT that read real film reviews make of a few examples?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
    tolerance=0.3,
)
