"""The GPT of the lessons: pretrained from left to right on English reviews and news.

Every sentence is a document of its own, with a beginning and an end.  None that it saw is in the
dev or test set of ``load_corpus`` with seed 0, so that lessons may ask it about these.
"""

from __future__ import annotations

from dataclasses import dataclass

from minillm.backend.progress import progress_bar
from minillm.tasks.generation import CausalPretraining, GptRecipe, LanguageModel
from minillm.text.corpora import load_corpus, unlabelled

RECIPE = GptRecipe(
    tokenizer="byte_pairs:800",
    width=64,
    n_layers=2,
    n_heads=4,
    max_length=64,
    batch_size=32,
    steps=2_000,
    lr=5e-3,
    lowest_lr=5e-4,
)


@dataclass(frozen=True)
class Pretraining:
    """The sentences, and the recipe."""

    seed: int = 0  # of the corpora
    corpora: tuple[str, ...] = ("sentiment", "topics")
    sentences: int = 8_000  # of each corpus
    held_out: int = 500
    recipe: GptRecipe = RECIPE


SETTINGS = Pretraining()


def train(settings: Pretraining = SETTINGS) -> LanguageModel:
    """Pretrain on every sentence as a document, under a progress bar."""
    sentences = [
        text
        for corpus in settings.corpora
        for text in unlabelled(corpus, "en", seed=settings.seed, size=settings.sentences)
    ]
    training = CausalPretraining(settings.recipe, sentences, held_out(settings))
    steps, total = training.steps(), settings.recipe.steps
    for _ in progress_bar(steps, total=total, desc="gpt", unit="step", mininterval=0.5):
        pass
    return training.result()


def held_out(settings: Pretraining) -> list[str]:
    """Sentences of the dev sets."""
    sizes = 0, settings.held_out, 0
    return [
        text
        for corpus in settings.corpora
        for text, _ in load_corpus(corpus, "en", seed=settings.seed, sizes=sizes).dev
    ]


def loss(language: LanguageModel, settings: Pretraining = SETTINGS) -> float:
    """What a token of the dev sets costs it, in nats."""
    return language.loss(held_out(settings))
