"""Does a direction of the stream turn an answer, or does any push of that size?

The model of the planted rule reads texts that are bad.  To its stream is added the difference of
the means of good and of bad texts at the first token, where both answers are read, or the
direction of a linear probe, or a random one, all of the same length.  How many answers turn to
good, and how many answers about the topic stay right?

Letters: N texts, D width, L layers, S strengths, K kinds of directions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from minillm.backend import stream
from minillm.labs.challenges.planted_rule_model import (
    Sizes,
    Training,
    TwoQuestions,
    trained,
    whole,
)
from minillm.labs.study import Study
from minillm.labs.worlds.planted_rules import PlantedRule, RuledTexts
from minillm.models.attribution import (
    Reading,
    classifier_reading,
    margin,
    steered_score,
    streams,
)
from minillm.tasks.interpretation import Labelled, fitted_probe


@dataclass(frozen=True)
class Settings:
    """The model of the planted rule, and the strengths in lengths of the difference of means."""

    world: PlantedRule = PlantedRule()
    model: Sizes = Sizes()
    training: Training = Training()
    weight: float = 1.0
    read: int = 400
    tested: int = 300
    strengths: tuple[float, ...] = (0.0, 0.5, 1.0, 2.0, 4.0)
    penalty: float = 0.01


KINDS = ["difference of means", "probe", "random"]


def readings(both: TwoQuestions, texts: RuledTexts) -> tuple[Reading, list[Reading]]:
    """How far good is ahead, and how far each topic is ahead of the others."""
    ids, n = texts.ids, len(texts.ids)
    good = classifier_reading(both.classifier, ids, whole(ids), np.ones(n, dtype=int))

    def of_topic(topic: int) -> Reading:
        classes = np.full(n, topic)
        return good._replace(read=lambda x: margin(both.topics(x[:, 0]), classes))

    return good, [of_topic(topic) for topic in range(both.topics.weight.shape[0])]


def directions(
    vectors: np.ndarray, labels: np.ndarray, penalty: float, rng: np.random.Generator
) -> list[np.ndarray]:
    """From bad to good, as KINDS, each (D,) and of the length of the difference of means."""
    means = vectors[labels == 1].mean(axis=0) - vectors[labels == 0].mean(axis=0)
    probe = fitted_probe(Labelled(vectors, labels), penalty, n_classes=2)
    line = (probe.theta[:-1, 1] - probe.theta[:-1, 0]) / probe.scale
    found = (means, line, rng.standard_normal(len(means)))
    return [r * np.linalg.norm(means) / np.linalg.norm(r) for r in found]


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """What is added at every position, or at the first token alone, as arrays (L, K, S)::

        turned, turned at first     bad texts that are called good
        topics, topics at first     topics that are still right

    Row l is behind l layers, from 1 on: at the first token itself all texts begin alike.

    Guide: 8.1.4, 8.2.4 (G52).
    """
    s, rng = settings, stream(seed, "texts that are asked about")
    both = trained(s.world, s.model, s.training, seed=seed, weight=s.weight)
    learned, texts = s.world.draw(s.read, rng), s.world.draw(s.tested, rng)
    bad = RuledTexts(*(field[texts.labels == 0] for field in texts))
    vectors = [x[:, 0].astype(np.float64) for x in streams(readings(both, learned)[0])[1:]]
    kinds = [directions(one, learned.labels, s.penalty, rng) for one in vectors]
    everywhere = np.ones(bad.ids.shape, dtype=bool)
    first = everywhere & (np.arange(bad.ids.shape[1]) == 0)
    found = {}
    for place, at in (("", everywhere), (" at first", first)):
        pushed = np.array([
            [[push(both, bad, size * r, layer, at) for size in s.strengths] for r in rows]
            for layer, rows in enumerate(kinds, start=1)
        ])  # fmt: skip
        found[f"turned{place}"] = pushed[..., 0].tolist()
        found[f"topics{place}"] = pushed[..., 1].tolist()
    return found


def push(
    both: TwoQuestions, bad: RuledTexts, r: np.ndarray, layer: int, at: np.ndarray
) -> list[float]:
    """Which share of bad texts is called good, and of which the topic is right."""
    good, topics = readings(both, bad)
    turned = steered_score(good, r, layer=layer, at=at) > 0
    ahead = [steered_score(one, r, layer=layer, at=at) for one in topics]
    return [float(turned.mean()), float((np.argmax(ahead, axis=0) == bad.topics).mean())]


STUDY = Study(
    name="steering",
    question="Does a direction of the stream turn an answer, or does any push of that size?",
    settings=Settings(),
    measure=measure,
    seeds=range(6),
    tolerance=0.1,
)
