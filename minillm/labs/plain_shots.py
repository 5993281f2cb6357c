"""A GPT that read plain sentences and no labels: what does it make of a few examples?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, NamedTuple

import numpy as np

from minillm.backend import stream
from minillm.labs.few_examples import (
    Asked,
    FineTuning,
    by_draw,
    right_after_tuning,
    right_by_counting,
    right_in_context,
    shuffled,
)
from minillm.labs.learners import BagOfWordsSettings
from minillm.tasks import k_shot, prompt_of
from minillm.tasks.generation import CausalPretraining, GptRecipe, LanguageModel
from minillm.text import Example, WordTokenizer, class_counts

LABELLINGS: dict[str, Callable[[list[Example], np.random.Generator], list[Example]]] = {
    "right": lambda right, rng: right,
    "shuffled": shuffled,
}


@dataclass(frozen=True)
class PlainShots:
    """The prompt, the examples and the queries.

    A prompt says ``text + arrow + word + end`` of each example.  Examples and queries have at most
    ``longest`` words and signs, so that all fit into what the model reads.  ``nothing`` are
    queries without content, by which answers are calibrated.
    """

    words: tuple[str, ...]  # of the classes in sorted order
    arrow: str
    longest: int
    queries: int  # of each class
    end: str = ". "
    shots: tuple[int, ...] = (0, 1, 5, 10)
    draws: int = 10
    labels: tuple[str, ...] = ("right", "shuffled")
    nothing: tuple[str, ...] = ("N/A", "")
    tuning: FineTuning = FineTuning()
    bag: BagOfWordsSettings = BagOfWordsSettings()


class Sentences(NamedTuple):
    """What is pretrained on and held out from it; labelled ones to show, and to be asked about."""

    read: Sequence[str]
    held_out: Sequence[str]
    shown: Sequence[Example]
    asked: Sequence[Example]


@dataclass(frozen=True)
class Trial:
    """What a seed shows and asks.  Letters: L kinds of labels, K numbers of examples, R draws."""

    settings: PlainShots
    sentences: Sentences
    seed: int

    @cached_property
    def asked(self) -> Asked:
        """As many queries of each class, and how they are asked."""
        s = self.settings
        queries = k_shot(short(self.sentences.asked, s), s.queries, stream(self.seed, "queries"))
        return Asked(queries, partial(prompt_of, arrow=s.arrow, end=s.end), s.nothing)

    @cached_property
    def pool(self) -> list[Example]:
        """What examples are drawn from."""
        return short(self.sentences.shown, self.settings)

    @cached_property
    def words(self) -> dict[str, str]:
        """The word of each class."""
        classes = class_counts(self.sentences.shown)
        return dict(zip(classes, self.settings.words, strict=True))

    def draw(self, kind: str, k: int, r: int) -> list[Example]:
        """Draw ``r`` of k examples of each class: the same for every kind of labels."""
        place = self.settings.draws * k + r
        right = k_shot(self.pool, k, stream(self.seed, "shots", place))
        return LABELLINGS[kind](right, stream(self.seed, "labels", place))

    def in_context(self, language: LanguageModel) -> np.ndarray:
        """What ``right_in_context`` says, (4, L, K, R)."""
        return self.table(
            lambda kind, k, r: right_in_context(
                language, self.draw(kind, k, r), self.words, self.asked
            )
        )

    def tuned(self, language: LanguageModel) -> np.ndarray:
        """What ``right_after_tuning`` says of all weights and the head alone, (2, 2, L, K, R)."""
        t = self.settings.tuning

        def right(kind: str, k: int, r: int) -> list[tuple[float, float]]:
            given, place = self.draw(kind, k, r), self.settings.draws * k + r
            return [
                right_after_tuning(
                    language,
                    given,
                    self.words,
                    self.asked,
                    how,
                    whole=whole,
                    rng=stream(self.seed, "new layer", place),
                )
                for how, whole in ((t.whole, True), (t.head, False))
            ]

        return self.table(right, least=1)

    def counted(self) -> np.ndarray:
        """The share of right answers of a bag of words, (L, K, R)."""
        l2 = self.settings.bag.l2
        return self.table(
            lambda kind, k, r: right_by_counting(self.draw(kind, k, r), self.asked, l2=l2), least=1
        )

    def table(self, number: Callable[[str, int, int], Any], least: int = 0) -> np.ndarray:
        """A number of every draw of at least so many examples."""
        s = self.settings
        return by_draw(number, s.labels, [k for k in s.shots if k >= least], s.draws)


def plain_shots(
    recipe: GptRecipe, settings: PlainShots, sentences: Sentences, seed: int
) -> dict[str, np.ndarray]:
    """Accuracy for every draw of the examples, and the held-out loss of the language model.

    Shapes: ``in context (4, L, K, R)``, plain and calibrated, and so again in nats; without k = 0
    ``tuned (2, 2, L, K, R)`` of all weights and of the head alone, each in shares and in nats,
    ``untrained`` the same from random weights, and ``bag of words (L, K, R)`` in shares.  Classes
    are equally frequent, so that chance is one in as many.

    Guide: 8.1.3 (G51).
    """
    trial = Trial(settings, sentences, seed)
    training = pretraining(replace(recipe, seed=seed), sentences)
    untrained = trial.tuned(training.result())
    for _ in training.steps():
        pass
    language = training.result()
    return {
        "loss": np.array(training.held_out_loss()),
        "in context": trial.in_context(language),
        "tuned": trial.tuned(language),
        "untrained": untrained,
        "bag of words": trial.counted(),
    }


def pretraining(recipe: GptRecipe, sentences: Sentences) -> CausalPretraining:
    """All sentences one after another, so that a prompt of several looks like what was read."""
    read, held_out = (" ".join(texts) for texts in (sentences.read, sentences.held_out))
    return CausalPretraining(recipe, [read], [held_out])


def short(examples: Sequence[Example], settings: PlainShots) -> list[Example]:
    """Those that are not too long for a prompt."""
    tokenize = WordTokenizer().tokenize
    return [one for one in examples if len(tokenize(one.text)) <= settings.longest]
