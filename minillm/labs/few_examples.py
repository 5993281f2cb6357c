"""What the studies of few examples do with a pretrained GPT: ask it, or fine-tune a copy.

Letters: B texts, T positions, D model width, C classes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from minillm.autograd import Tensor
from minillm.labs.learners import AdamSettings, learn
from minillm.models.gpt import Gpt
from minillm.nn import Linear, Module
from minillm.ops import cross_entropy
from minillm.tasks import accuracy, bag_of_words_learner
from minillm.tasks.generation import LanguageModel, label_log_probabilities
from minillm.tasks.generation.label_words import calibrated
from minillm.text import Example, Labels, pad
from minillm.training import evaluating

Prompt = Callable[[Sequence[Example], str, Mapping[str, str]], str]


class LastTokenClassifier(Module):
    """A GPT whose vector at the last token of a text is read by a linear layer, (B, T) -> (B, C).

    Source: Radford et al. 2018, "Improving Language Understanding by Generative Pre-Training",
        section 3.2.
    """

    def __init__(self, gpt: Gpt, n_classes: int, *, rng: np.random.Generator):
        self.gpt = gpt
        self.head = Linear(gpt.config.width, n_classes, rng=rng)

    def forward(self, ids: np.ndarray, mask: np.ndarray) -> Tensor:
        """The scores of the classes; texts are padded on the right."""
        return self.head(self.read(ids, mask))

    def read(self, ids: np.ndarray, mask: np.ndarray) -> Tensor:
        """The vector at the last token of each text, (B, D)."""
        return self.gpt.hidden(ids, mask)[np.arange(len(ids)), mask.sum(axis=1) - 1]


@dataclass(frozen=True)
class FineTuning:
    """How a copy learns, all weights or a new layer alone; every step sees all examples.

    Of the rates 0.0003, 0.001 and 0.003, and for the layer 0.01, 0.03 and 0.1, the middle one: on
    seed 100 of ``few_shot``, which no study uses, a pretrained model is perfect with it for every
    k, and an untrained one within 0.08 of chance with all.
    """

    whole: AdamSettings = AdamSettings(rate=1e-3, steps=10, max_norm=1.0)
    head: AdamSettings = AdamSettings(rate=3e-2, steps=50, max_norm=1.0)


class Asked(NamedTuple):
    """Texts whose class is known, and how texts and words become a prompt."""

    queries: Sequence[Example]
    prompt: Prompt
    nothing: Sequence[str]  # queries that say nothing, to calibrate by


def right_in_context(
    language: LanguageModel, shown: Sequence[Example], words: Mapping[str, str], asked: Asked
) -> list[float]:
    """The share of queries whose word is the most probable of all, and the mean of -ln p of it.

    Both as the model says it and calibrated: share, share, nats, nats.  Probabilities are among
    the words of the classes.
    """
    labels = Labels(words)
    named = [words[label] for label in labels.names]
    prompts = [asked.prompt(shown, text, words) for text, _ in asked.queries]
    free = [asked.prompt(shown, text, words) for text in asked.nothing]
    scores = label_log_probabilities(language, [*prompts, *free], named)
    plain, nothing = scores[: len(prompts)], scores[len(prompts) :]
    both = plain, calibrated(plain, nothing)
    found = [share_and_nats(scores, labels, asked) for scores in both]
    return [*(share for share, _ in found), *(nats for _, nats in found)]


def right_after_tuning(
    language: LanguageModel,
    shown: Sequence[Example],
    words: Mapping[str, str],
    asked: Asked,
    settings: AdamSettings,
    *,
    whole: bool,
    rng: np.random.Generator,
) -> tuple[float, float]:
    """The share of queries that a fine-tuned copy gets right, and the mean of -ln p of the right.

    The model itself stays as it is.  Its copy reads a text as a prompt without examples.  Without
    ``whole`` only the new linear layer learns.
    """
    labels = Labels(words)
    model = LastTokenClassifier(copy_of(language.model, rng), len(labels), rng=rng)
    model.to_dtype(language.model.tokens.weight.dtype.type)

    def rows(examples: Sequence[Example]) -> tuple[np.ndarray, np.ndarray]:
        return pad([language.prompt(asked.prompt([], text, words)) for text, _ in examples])

    given, targets = rows(shown), labels.encode(label for _, label in shown)
    with evaluating(model):
        vectors = model.read(*given)

    def loss(_: None) -> Tensor:
        scores = model(*given) if whole else model.head(vectors)
        return cross_entropy(scores, targets=targets)

    learned = model.parameters() if whole else model.head.parameters()
    learn(learned, loss, lambda: None, settings, allow_unused=True)
    with evaluating(model):
        return share_and_nats(model(*rows(asked.queries)).data, labels, asked)


def right_by_counting(shown: Sequence[Example], asked: Asked, *, l2: float) -> float:
    """The share of queries that a bag of words of the same examples gets right."""
    predict = bag_of_words_learner(l2=l2)(shown)
    labels = Labels(label for _, label in shown)
    p = predict([text for text, _ in asked.queries])
    return share_and_nats(np.log(p), labels, asked)[0]


def by_draw(
    number: Callable[[str, int, int], Any], kinds: Sequence[str], shots: Sequence[int], draws: int
) -> np.ndarray:
    """``number(kind, k, r)`` for kinds of labels L, numbers of examples K, draws R, (..., L, K, R).

    Where it is itself an array, its axes come first.
    """
    found = [[[number(kind, k, r) for r in range(draws)] for k in shots] for kind in kinds]
    return np.moveaxis(np.array(found), (0, 1, 2), (-3, -2, -1))


def share_and_nats(scores: np.ndarray, labels: Labels, asked: Asked) -> tuple[float, float]:
    """The share of queries whose class has the highest score ``(N, C)``; the mean of -ln p of it.

    p is the softmax of the scores.
    """
    true = labels.encode(label for _, label in asked.queries)
    nats, _ = cross_entropy.rule(scores.astype(np.float64), targets=true)
    return accuracy(scores.argmax(axis=1), true), float(nats)


def shuffled(examples: Sequence[Example], rng: np.random.Generator) -> list[Example]:
    """The examples with their labels dealt out anew."""
    order = rng.permutation(len(examples))
    return [Example(text, examples[i].label) for (text, _), i in zip(examples, order, strict=True)]


def copy_of(model: Gpt, rng: np.random.Generator) -> Gpt:
    """A GPT of its own with the same weights; those that ``rng`` gave it are overwritten."""
    return with_dropout(model, model.config.dropout, rng)


def with_dropout(model: Gpt, rate: float, rng: np.random.Generator) -> Gpt:
    """A copy with this rate of dropout, which copies of it have, too."""
    twin = type(model)(replace(model.config, dropout=rate), rng=rng)
    twin.to_dtype(model.tokens.weight.data.dtype.type)
    twin.load_state_dict(model.state_dict())
    return twin
