"""Methods that say which words an answer hangs on, and the rule that judges them.

Letters: N texts, T words of a text behind the start, M methods.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from minillm.labs.challenges.planted_rule_model import probabilities, whole
from minillm.labs.statistics import rank_correlation
from minillm.labs.worlds.planted_rules import PlantedRule, RuledTexts
from minillm.models import SequenceClassifier
from minillm.models.attribution import (
    classifier_reading,
    gradient_norm,
    gradient_times_input,
    integrated_gradients,
    looked_at,
    mean_attention,
    occlusion,
    rollout,
)
from minillm.tasks.interpretation import area, deletion_curve, insertion_curve, ranking


class Asked(NamedTuple):
    """Texts, a model, and the answer of the model that is to be explained."""

    world: PlantedRule
    texts: RuledTexts
    model: SequenceClassifier
    classes: np.ndarray  # (N,) what the model says
    steps: int  # of integrated gradients
    rng: np.random.Generator

    def certainty(self, ids: np.ndarray) -> np.ndarray:
        """How probable the model's answer is to it on other texts, (N,)."""
        found: np.ndarray = probabilities(self.model, ids)[np.arange(len(ids)), self.classes]
        return found

    def reading(self) -> Any:
        """The logarithm of the odds of the answer, as a function of word vectors."""
        ids = self.texts.ids
        return classifier_reading(self.model, ids, whole(ids), self.classes)

    def maps(self) -> list[np.ndarray]:
        """The attention weights of each layer."""
        return [*self.model.bert.attention_weights(self.texts.ids, whole(self.texts.ids))]


def at_random(asked: Asked) -> np.ndarray:
    """An order that knows nothing."""
    return asked.rng.random(asked.texts.ids.shape)


def attention(asked: Asked) -> np.ndarray:
    """What the first token looks at in the last layer."""
    return looked_at(mean_attention(asked.maps()), whole(asked.texts.ids))


def attention_rollout(asked: Asked) -> np.ndarray:
    """What attention brings to the first token over all layers."""
    return looked_at(rollout(asked.maps()), whole(asked.texts.ids))


def norm_of_gradient(asked: Asked) -> np.ndarray:
    """How steep the score is at each word."""
    reading = asked.reading()
    return gradient_norm(reading.score, reading.vectors)


def gradient_by_input(asked: Asked) -> np.ndarray:
    """Slope times vector."""
    reading = asked.reading()
    return gradient_times_input(reading.score, reading.vectors)


def integrated(asked: Asked) -> np.ndarray:
    """Slopes added up on the way from gaps."""
    reading = asked.reading()
    gap = asked.model.bert.tokens.weight.data[asked.world.gap]
    return integrated_gradients(reading.score, reading.vectors, gap, steps=asked.steps)


def occluded(asked: Asked) -> np.ndarray:
    """What the logarithm of the odds loses with a gap."""

    def odds(ids: np.ndarray) -> np.ndarray:
        p = asked.certainty(ids)
        found: np.ndarray = np.log(p) - np.log1p(-p)
        return found

    return occlusion(odds, asked.texts.ids, neutral=asked.world.gap)


def the_rule(asked: Asked) -> np.ndarray:
    """What the world knows: no method can do better."""
    return asked.world.deciding(asked.texts).astype(np.float64)


METHODS: dict[str, Callable[[Asked], np.ndarray]] = {
    "random": at_random,
    "attention": attention,
    "rollout": attention_rollout,
    "gradient norm": norm_of_gradient,
    "gradient x input": gradient_by_input,
    "integrated gradients": integrated,
    "occlusion": occluded,
    "rule": the_rule,
}
COLUMNS = ("first", "all", "topic first", "deletion", "insertion")


def judged(asked: Asked, attributions: np.ndarray) -> np.ndarray:
    """How often the words that decide come first, and the areas of the curves, (5,), as COLUMNS.

    ``first``: the first word decides; ``all``: the words that decide come before all others;
    ``topic first``: the first word is the topic.  The start is not ranked.
    """
    order = 1 + ranking(attributions[:, 1:], asked.rng)
    first, complete = hits(asked, order)
    ids = asked.texts.ids
    topic = np.isin(ids[np.arange(len(ids)), order[:, 0]], asked.world.topics)
    areas = [
        area(curve(asked.certainty, ids, order, neutral=asked.world.gap)).mean()
        for curve in (deletion_curve, insertion_curve)
    ]
    return np.array([first.mean(), complete.mean(), topic.mean(), *areas])


def hits(asked: Asked, order: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Whether the first word of each text decides, and whether all that decide come first, (N,)."""
    ranked = np.take_along_axis(asked.world.deciding(asked.texts), order, axis=1)
    n_deciding = ranked.sum(axis=1)
    in_front = np.arange(order.shape[1]) < n_deciding[:, None]
    return ranked[:, 0], (ranked & in_front).sum(axis=1) == n_deciding


def table(asked: Asked) -> dict[str, np.ndarray]:
    """``methods`` (M, 5), ``by denial`` (M, 3): all, and ``agreement`` with occlusion (M,)."""
    found = {name: method(asked) for name, method in METHODS.items()}
    by_denial = []
    for given in found.values():
        complete = hits(asked, 1 + ranking(given[:, 1:], asked.rng))[1]
        by_denial.append(
            [complete[asked.texts.denied == kind].mean() for kind in asked.world.denials]
        )
    return {
        "methods": np.array([judged(asked, given) for given in found.values()]),
        "by denial": np.array(by_denial),
        "agreement": np.array([agreement(one, found["occlusion"]) for one in found.values()]),
    }


def agreement(given: np.ndarray, other: np.ndarray) -> float:
    """The mean rank correlation of two methods over texts, by the size of what they say."""
    pairs = zip(np.abs(given[:, 1:]), np.abs(other[:, 1:]), strict=True)
    return float(np.mean([rank_correlation(one, two) for one, two in pairs]))
