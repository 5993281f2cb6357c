"""Does suppressed behaviour come back with demonstrations as Bayes' rule says?

Texts are demonstrations by one of two characters, and how probable each of them is after n
demonstrations is known.  A small GPT reads such texts, both characters alike; then a safety stage
gives it more of the refusing one.  To its predictions two numbers are fitted, the log-odds of its
prior and its efficiency, which is 1 for Bayes' rule::

    weight of the helpful character = σ(prior + efficiency · log ratio of the words before)

Letters: M models (before, and behind each safety stage), B texts, N demonstrations, K words of
one, V words there are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minillm import Parameter, Tensor, no_grad
from minillm.backend import stream
from minillm.labs.few_examples import copy_of
from minillm.labs.learners import AdamSettings, learn
from minillm.labs.small_gpt import GptSizes, GptTraining, learn_texts, new_gpt
from minillm.labs.study import Study
from minillm.labs.worlds.characters import (
    Characters,
    Sizes,
    as_text,
)
from minillm.models.gpt import Gpt
from minillm.ops import log, sigmoid, softmax


@dataclass(frozen=True)
class Settings:
    """The characters, the GPT and its stages, and how many texts are tested.

    ``refusing`` are the shares of texts by the refusing character in safety stages; with one half
    nothing is to move, and with all of them Bayes' rule would forget the other character.  On seed
    100 the GPT has an efficiency of 0.17 after 2000 steps at half the rate, and of 0.24 with these.
    """

    sizes: Sizes = Sizes(apart=1.0)
    model: GptSizes = GptSizes(width=32)
    reading: GptTraining = field(default=GptTraining(steps=4000, rate=0.01))
    safety: GptTraining = field(default=GptTraining(steps=100, rate=0.001, warmup=10))
    refusing: tuple[float, ...] = (0.5, 0.95, 1.0)
    tested: int = 100
    fit: AdamSettings = AdamSettings(rate=0.1, steps=150)


def written(world: Characters, share: float, rng: np.random.Generator) -> Callable[[int], Any]:
    """Draws so many texts, that share of them by the refusing character."""

    def draw(number: int) -> list[np.ndarray]:
        who = (rng.random(number) < share).astype(np.int64)
        return list(as_text(world.demonstrations(who, rng), world.sizes.words))

    return draw


def models_of(world: Characters, settings: Settings, seed: int) -> list[Gpt]:
    """The GPT that has read both characters, and copies behind each safety stage."""
    s, z = settings, settings.sizes
    longest = z.demonstrations * (z.length + 1)
    base = new_gpt(s.model, vocabulary_size=z.words + 1, max_length=longest, seed=seed)
    learn_texts(base, written(world, 0.5, stream(seed, "texts of characters")), s.reading)
    found = [base]
    for place, share in enumerate(s.refusing):
        rng = stream(seed, "safety of characters", place)
        model = copy_of(base, rng)
        learn_texts(model, written(world, share, rng), s.safety)
        found.append(model)
    return found


def predicted(model: Gpt, words: np.ndarray) -> np.ndarray:
    """What a GPT expects at every word of demonstrations, (B, N, K) -> (B, N, K, V)."""
    mark = model.config.vocabulary_size - 1
    with no_grad():
        p = softmax(model(as_text(words, mark))).data.astype(np.float64)
    at = p.reshape(len(words), words.shape[1], -1, mark + 1)[:, :, :-1, :mark]
    return at / at.sum(axis=-1, keepdims=True)


def weights_of(world: Characters, words: np.ndarray, q: np.ndarray) -> np.ndarray:
    """How much of the helpful character is in predictions, in the mean of a demonstration, (N,)::

        sum (q - r) · (h - r) / sum |h - r|²,       h, r: what both characters expect

    Sums are over texts and the words of a demonstration; it is w where q = w h + (1 - w) r.

    Shapes: ``words (B, N, K), q (B, N, K, V)``.
    """
    p = world.predictions(words)
    r, apart = p[..., 1, :], p[..., 0, :] - p[..., 1, :]
    weight: np.ndarray = ((q - r) * apart).sum(axis=(0, 2, 3)) / (apart**2).sum(axis=(0, 2, 3))
    return weight


def law(settings: Settings, world: Characters, words: np.ndarray, q: np.ndarray) -> list[float]:
    """Prior, efficiency, and how far predictions are from the best mixture of both characters.

    Fitted is ``KL(q || mixture)``, in the mean over all words.

    Source: Arora et al. 2024, "Bayesian scaling laws for in-context learning", arXiv:2410.16531
        (for the two numbers; there they are fitted to the probability of demonstrations).
    """
    p, ratios = world.predictions(words), world.log_ratios(words)[..., None]
    r, apart = p[..., 1, :], p[..., 0, :] - p[..., 1, :]
    prior, efficiency = Parameter(np.zeros(1)), Parameter(np.ones(1))
    entropy = -(q * np.log(q)).sum(axis=-1).mean()

    def loss(_: None) -> Tensor:
        mixture = sigmoid(efficiency * ratios + prior) * apart + r
        return -(log(mixture) * q).sum(axis=-1).mean() - entropy

    learn([prior, efficiency], loss, lambda: None, settings.fit)
    return [float(prior.data[0]), float(efficiency.data[0]), float(loss(None).data)]


def kl_to(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """``KL(p || q)`` at every word, (..., V) -> (...)."""
    kl: np.ndarray = (p * (np.log(p) - np.log(q))).sum(axis=-1)
    return kl


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """What each model makes of demonstrations, beside Bayes' rule.

    Shapes: ``law (M, 3)``: prior, efficiency, what is left; ``distance (M, N)``:
    ``KL(exact || model)`` a word of the n-th demonstration, exact under even odds; ``weight`` and
    ``shuffled (M, N)``: the weight of the helpful character in the n-th demonstration, in texts of
    that character, and in the same with all words of a text in random order; ``exact`` and ``exact,
    shuffled (N,)``: the same by Bayes' rule under even odds; ``ratio (N,)``: the mean log ratio
    before that.
    """
    s = settings
    world = Characters(s.sizes, seed=seed)
    rng = stream(seed, "tested characters")
    both = world.demonstrations(np.arange(s.tested) % 2, rng)
    helpful = world.demonstrations(np.zeros(s.tested, dtype=np.int64), rng)
    mixed_up = rng.permuted(helpful.reshape(s.tested, -1), axis=1).reshape(helpful.shape)
    exact = world.expected(both, 0.0)
    found: dict[str, Any] = {"law": [], "distance": [], "weight": [], "shuffled": []}
    for model in models_of(world, s, seed):
        q = predicted(model, both)
        found["law"].append(law(s, world, both, q))
        found["distance"].append(kl_to(exact, q).mean(axis=(0, 2)))
        for key, words in (("weight", helpful), ("shuffled", mixed_up)):
            found[key].append(weights_of(world, words, predicted(model, words)))
    for key, words in (("exact", helpful), ("exact, shuffled", mixed_up)):
        found[key] = weights_of(world, words, world.expected(words, 0.0))
    found["ratio"] = world.log_ratios(helpful)[:, :, 0].mean(axis=0)
    return {key: np.array(numbers) for key, numbers in found.items()}


STUDY = Study(
    name="many_shots",
    question="Does suppressed behaviour come back with demonstrations as Bayes' rule says?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
    tolerance=0.5,
)
