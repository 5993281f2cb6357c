"""What do corrections for a shift bring where the shift is known, and can be counted again?

Two shifts of the reviews of the two lexicons.  In the first, opinions in the words of tools are
rare where a model learns and frequent where it is asked: which of two reviews is more frequent is
known, and so are the weights.  In the second, praise is rarer where it is asked: how rare has to
be found from what the model says.

Letters: N reviews, C classes, P priors.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from minillm.backend import stream
from minillm.labs.small_encoder import Encoder, Learning, SmallEncoder, learning, probabilities
from minillm.labs.study import Study
from minillm.labs.worlds.lexicons import Lexicons
from minillm.labs.worlds.majorities import Reviews
from minillm.ops import cross_entropy
from minillm.tasks import accuracy
from minillm.tasks.shift import (
    by_words,
    density_ratio,
    effective_size,
    label_weights,
    reweighted,
    two_sample_test,
    weighted_mean,
)
from minillm.text.corpora.sentiment import LABELS


@dataclass(frozen=True)
class Settings:
    """The shares of tools and the priors of praise, before the shift and behind; the training."""

    world: Lexicons = Lexicons()
    learned: int = 150
    held: int = 4000
    tested: int = 2000
    source: float = 0.25  # of opinions are in the words of tools
    target: float = 0.75
    priors: tuple[float, ...] = (0.05, 0.2, 0.5)  # of praise where it is asked; learned: one half
    compared: int = 400  # reviews of each side of the two-sample test
    l2: float = 0.01
    model: Encoder = Encoder(std=0.02)
    learning: Learning = Learning(steps=200)


def trained(s: Settings, reviews: Reviews, weights: np.ndarray, seed: int) -> SmallEncoder:
    """A model of the reviews, each drawn into a batch as often as its weight says."""
    n_words, length = len(s.world.words), reviews.ids.shape[1]
    rng, order = stream(seed, "known shift, weights"), stream(seed, "known shift, batches")
    model = SmallEncoder(n_words, length, s.model, n_classes=len(LABELS), rng=rng)

    def batches() -> Iterator[Reviews]:
        for _ in range(s.learning.steps):
            yield reviews.only(order.choice(len(weights), s.learning.batch, p=weights))

    for _ in learning(
        model, lambda b: cross_entropy(model(b.ids), targets=b.labels), batches(), s.learning
    ):
        pass
    return model


def of_tools(world: Lexicons, reviews: Reviews) -> np.ndarray:
    """How many opinions of each review are in the words of tools, (N,) from 0 to 3."""
    found: np.ndarray = np.isin(reviews.ids, world.opinions[1]).sum(axis=1)
    return found


def ratio_of(s: Settings, opinions: int) -> np.ndarray:
    """The density ratio by the number of opinions in the words of tools, (opinions + 1,)::

        w_k = q_k / p_k,    p_k = (3 over k) a^k (1 - a)^(3 - k),    q_k with b in place of a

    Raises:
        ValueError: as ``density_ratio``.
    """
    k = np.arange(opinions + 1)
    ways = np.array([math.comb(opinions, int(i)) for i in k])
    a, b = s.source, s.target
    return density_ratio(
        ways * b**k * (1 - b) ** (opinions - k), ways * a**k * (1 - a) ** (opinions - k)
    )


def covariate_shift(s: Settings, seed: int) -> dict[str, Any]:
    """Training and estimates with the known weights.

    "covariate, accuracy": on the target, of models that learned the source, the weighted source,
    as many of the target, (3,).  "covariate, estimate": how far the accuracy of the first one on
    held-out source reviews is above that on the target, plain and weighted, (2,).  "covariate,
    effective": as what share of the reviews the weighted ones count.
    """
    draw, world = s.world.draw, s.world
    rng = stream(seed, "known shift, covariate")
    source, held = draw(s.learned, s.source, rng), draw(s.held, s.source, rng)
    target, tested = draw(s.learned, s.target, rng), draw(s.tested, s.target, rng)
    ratio = ratio_of(s, source.ids.shape[1] // 3)
    weights = ratio[of_tools(world, source)]
    even = np.full(s.learned, 1 / s.learned)
    models = [
        trained(s, source, even, seed),
        trained(s, source, weights / weights.sum(), seed),
        trained(s, target, even, seed),
    ]
    right = [named(model, tested) == tested.labels for model in models]
    kept = (named(models[0], held) == held.labels).astype(float)
    estimates = kept.mean(), weighted_mean(kept, ratio[of_tools(world, held)])
    return {
        "covariate, accuracy": [hits.mean() for hits in right],
        "covariate, estimate": np.array(estimates) - right[0].mean(),
        "covariate, effective": effective_size(weights) / len(weights),
    }


def named(model: SmallEncoder, reviews: Reviews) -> np.ndarray:
    """The class that a model says of each review, (N,)."""
    found: np.ndarray = probabilities(model, reviews.ids).argmax(axis=1)
    return found


def label_shift(s: Settings, seed: int) -> dict[str, Any]:
    """The prior of praise behind the shift, as it is found, and answers that know of it.

    "label, error": how far the found prior is from the true one: by counting what the model says,
    and by ``label_weights``, (P, 2).  "label, accuracy": of the answers as they are, corrected by
    the found weights, by the true ones, (P, 3).
    """
    rng = stream(seed, "known shift, labels")
    source, held = (s.world.draw(n, s.source, rng) for n in (s.learned, s.held))
    model = trained(s, source, np.full(s.learned, 1 / s.learned), seed)
    before = np.bincount(held.labels, minlength=len(LABELS)) / len(held.labels)
    errors, right = [], []
    for prior in s.priors:
        asked = with_prior(s.world.draw(4 * s.tested, s.source, rng), prior, s.tested)
        p, after = probabilities(model, asked.ids), np.array([1 - prior, prior])
        said = p.argmax(axis=1)
        weights = label_weights(held.labels, named(model, held), said, labels=LABELS)
        errors.append([abs(found - prior) for found in (said.mean(), weights[1] * before[1])])
        answers = [p, reweighted(p, weights), reweighted(p, density_ratio(after, before))]
        right.append([accuracy(one.argmax(axis=1), asked.labels) for one in answers])
    return {"label, error": errors, "label, accuracy": right}


def with_prior(reviews: Reviews, prior: float, n: int) -> Reviews:
    """The first ``n`` reviews of which a share is praise, as many as it says.

    Raises:
        ValueError: there are not so many of a class.
    """
    good = round(prior * n)
    parts = []
    for label, wanted in enumerate((n - good, good)):
        places = np.flatnonzero(reviews.labels == label)[:wanted]
        if len(places) < wanted:
            raise ValueError(f"with_prior: {wanted} reviews of class {label}, got {len(places)}")
        parts.append(places)
    return reviews.only(np.sort(np.concatenate(parts)))


def two_samples(s: Settings, seed: int) -> dict[str, Any]:
    """Whether a bag of words finds the shift: accuracy and p-value, (2,), with it and without."""
    rng, found = stream(seed, "known shift, two samples"), {}

    def texts(share: float) -> list[list[str]]:
        ids = s.world.draw(s.compared, share, rng).ids
        return [[s.world.words[i] for i in row] for row in ids]

    for name, share in (("shift", s.target), ("no shift", s.source)):
        test = two_sample_test(texts(s.source), texts(share), by_words(s.l2), rng=rng)
        found[f"two samples, {name}"] = [test.accuracy, test.p_value]
    return found


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """``covariate_shift``, ``label_shift`` and ``two_samples``.

    Guide: 1.4.1 (G45).
    """
    parts = (covariate_shift, label_shift, two_samples)
    return {key: value for part in parts for key, value in part(settings, seed).items()}


STUDY = Study(
    name="known_shift",
    question="What do corrections bring where a shift is known, and what does chance cost them?",
    settings=Settings(),
    measure=measure,
    seeds=range(10),
    tolerance=0.1,
)
