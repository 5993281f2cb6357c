"""The guide's loss for GloVe (section 4.1.1) as it is printed, beside GloVe.

Words of two topics stand together with known counts.  The printed loss has how often words occur,
but not how often they occur *together*: whatever these counts are, it learns the same.

Letters: V words, D width, S steps at which is measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from minillm.backend import stream
from minillm.labs.study import Study
from minillm.models.word_vectors import Cooccurrences, Glove, GloveSettings, Weighting, train_glove
from minillm.ops import log_sigmoid, sigmoid


@dataclass(frozen=True)
class Topics:
    """Words of two topics, as many of each; ``pairs`` neighbours, of which a share is of one topic.

    At the share 1/2 there are no topics.
    """

    words: int = 20
    pairs: int = 400_000
    together: float = 0.95


@dataclass(frozen=True)
class Printed:
    """How the printed loss is climbed: plain gradient ascent."""

    width: int = 8
    deviation: float = 0.1  # of the first vectors
    rate: float = 5.0
    measured_at: tuple[int, ...] = (0, 30, 300, 3000)


@dataclass(frozen=True)
class Settings:
    """The counts, and how both learn."""

    topics: Topics = Topics()
    printed: Printed = Printed()
    glove: GloveSettings = GloveSettings(
        width=8, weighting=Weighting(x_max=1000), rate=0.1, epochs=200, batch=40
    )


class PrintedLoss(NamedTuple):
    """The sum over all pairs, and its gradient."""

    value: float
    d_v: np.ndarray  # (V, D)


def printed_loss(v: np.ndarray, frequencies: np.ndarray, counts: np.ndarray) -> PrintedLoss:
    """The guide's formula; of the counts it has only which of them are not 0::

        L = sum over (i, j) in C of log σ(v_i · v_j / sqrt(f(i) + f(j)))

        s_ij = v_i · v_j / D_ij,   D_ij = sqrt(f(i) + f(j)),   g_ij = (1 - σ(s_ij)) / D_ij
        dL/dv_i = sum_j (g_ij + g_ji) v_j

    It is never above 0, and near it only where every product is large: it has no maximum.

    Shapes: ``v (V, D), frequencies (V,), counts (V, V)``.

    Guide: 4.1.1 (G10).
    """
    there = counts > 0
    scale = np.sqrt(frequencies[:, None] + frequencies)
    s = v @ v.T / scale
    value = log_sigmoid.rule(s)[0][there].sum()
    g = there * (1 - sigmoid.rule(s)[0]) / scale
    return PrintedLoss(float(value), (g + g.T) @ v)


def planted_counts(settings: Topics, rng: np.random.Generator) -> np.ndarray:
    """How often each word stands before each, (V, V), drawn from the known shares.

    Raises:
        ValueError: a word never stands beside one of its own topic or of the other.
    """
    topic = 2 * np.arange(settings.words) // settings.words
    share = np.where(topic[:, None] == topic, settings.together, 1 - settings.together)
    counts = rng.multinomial(settings.pairs, (share / share.sum()).ravel())
    if not counts.all():
        raise ValueError(f"{settings.pairs} pairs leave a cell of the counts empty: draw more")
    return counts.reshape(share.shape).astype(np.float64)


def climbed(settings: Printed, counts: np.ndarray, seed: int) -> Iterator[tuple[float, np.ndarray]]:
    """The printed loss and the vectors at each of ``measured_at``."""
    rng = stream(seed, "vectors of the printed loss")
    v = settings.deviation * rng.standard_normal((len(counts), settings.width))
    frequencies = counts.sum(axis=1)
    for step in range(max(settings.measured_at) + 1):
        value, slope = printed_loss(v, frequencies, counts)
        if step in settings.measured_at:
            yield value, v
        v = v + settings.rate * slope


def same_and_other(v: np.ndarray) -> list[float]:
    """The mean cosine of two words of one topic, and of two topics, (2,)."""
    n = len(v)
    topic = 2 * np.arange(n) // n
    same, others = topic[:, None] == topic, ~np.eye(n, dtype=bool)
    u = v / np.linalg.norm(v, axis=1, keepdims=True)
    cosines = u @ u.T
    return [float(cosines[same & others].mean()), float(cosines[~same].mean())]


def ratios(log_x: np.ndarray) -> list[float]:
    """What log P(k|i) / P(k|j) is if k is of the topic of i and not of j, or the reverse::

        log P(k|i) / P(k|j) = log X_ik - log X_jk - (log X_i - log X_j),     X_i = sum_k X_ik

    Shapes: ``log_x (V, V) -> (2,)``; the first half of the words are of one topic.
    """
    half = len(log_x) // 2
    log_p = log_x - np.log(np.exp(log_x).sum(axis=1, keepdims=True))
    by_topic = log_p[:half].mean(axis=0) - log_p[half:].mean(axis=0)
    return [float(by_topic[:half].mean()), float(by_topic[half:].mean())]


def of_printed(settings: Printed, counts: np.ndarray, seed: int) -> dict[str, Any]:
    """The loss (S,), the mean length of a vector (S,), the cosines (S, 2), and how many agree.

    "positive" (S,) is the share of pairs of different topics with a product above 0.
    """
    half = len(counts) // 2
    found = [*climbed(settings, counts, seed)]
    return {
        "loss": [value for value, _ in found],
        "length": [float(np.linalg.norm(v, axis=1).mean()) for _, v in found],
        "positive": [float((v[:half] @ v[half:].T > 0).mean()) for _, v in found],
        "cosine": [same_and_other(v) for _, v in found],
    }


def of_glove(settings: GloveSettings, counts: np.ndarray, seed: int) -> dict[str, Any]:
    """J of the first pass and of the last (2,), the cosines (2,), and the ratios (2,).

    The cosines are of ``w + w̃`` less their mean: all vectors share what makes words frequent.
    """
    x = Cooccurrences.of_dense(counts)
    passes = [*train_glove(x, replace(settings, seed=seed))]
    model: Glove = passes[-1].model
    fitted = model.fitted(x.rows, x.columns).astype(np.float64).reshape(counts.shape)
    return {
        "J": [passes[0].loss, passes[-1].loss],
        "cosine": same_and_other(model.table - model.table.mean(axis=0)),
        "ratios": ratios(fitted),
    }


def measure(settings: Settings, seed: int) -> Mapping[str, Any]:
    """What ``of_printed`` and ``of_glove`` find, with topics and with none, and the true ratios.

    Guide: 4.1.1 (G10).
    """
    found: dict[str, Any] = {}
    for name, together in (("topics", settings.topics.together), ("none", 1 / 2)):
        topics = replace(settings.topics, together=together)
        counts = planted_counts(topics, stream(seed, f"counts, {name}"))
        found[f"{name}, ratios"] = ratios(np.log(counts))
        of_both = {
            "printed": of_printed(settings.printed, counts, seed),
            "GloVe": of_glove(settings.glove, counts, seed),
        }
        for model, numbers in of_both.items():
            found |= {f"{name}, {model}, {key}": n for key, n in numbers.items()}
    return found


STUDY = Study(
    name="printed_glove",
    question="What does the guide's loss for GloVe learn, and what does GloVe, from known counts?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
    tolerance=0.1,
)
