"""What is left of a model's accuracy when its reviews are changed a little.

Letters: N reviews, T positions, D width, V words, E sizes of a step, K turns.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial
from typing import Any

import numpy as np

from minillm.autograd import Tensor
from minillm.labs.challenges.adversarial_case import AttackedEncoder, behind, unit
from minillm.labs.small_encoder import scores
from minillm.labs.worlds.majorities import Reviews
from minillm.models.adversarial import (
    best_swaps,
    exhaustive_gains,
    first_order_gains,
    gradient_direction_step,
    gradient_sign_step,
    random_direction_step,
    random_gains,
    random_sign_step,
    swapped_in_turn,
)
from minillm.models.attribution import slopes
from minillm.training import evaluating

STEPS = ["gradient sign", "gradient direction", "random sign", "random direction"]
SWAPS = ["random", "first order", "exhaustive"]


class Attacked:
    """A model and the reviews on which it is attacked; ``rng`` draws the steps that know nothing.

    The model is set to ``eval()``: its dropout would blur the gradient.  ``alike (V, V)`` says
    which word may stand for which; the true labels stay as they are.
    """

    def __init__(
        self, model: AttackedEncoder, reviews: Reviews, alike: np.ndarray, rng: np.random.Generator
    ):
        self.model, self.reviews, self.alike, self.rng = model, reviews, alike, rng
        model.eval()
        self.vectors = model.vectors(reviews.ids)  # (N, T, D)

    def score(self, vectors: Tensor) -> Tensor:
        """``behind`` of each review with these word vectors, (N, T, D) -> (N,)."""
        return behind(self.model, self.reviews.labels)(vectors)

    def of_ids(self, ids: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """``behind`` of texts, (M, T), (M,) -> (M,) in float64."""
        z, rows = scores(self.model, ids), np.arange(len(ids))
        found: np.ndarray = z[rows, 1 - labels] - z[rows, labels]
        return found

    def of_class(self, label: int, ids: np.ndarray) -> np.ndarray:
        """``behind`` of texts that are all of one class, (M, T) -> (M,) in float64."""
        return self.of_ids(ids, np.full(len(ids), label))

    @cached_property
    def gradient(self) -> np.ndarray:
        """How ``behind`` rises with the reviews' word vectors, (N, T, D)."""
        return self.gradient_at(self.reviews.ids)

    def gradient_at(self, ids: np.ndarray) -> np.ndarray:
        """The same of other texts in the place of the reviews."""
        return slopes(self.score, self.model.vectors(ids))

    def step(self, name: str, eps: float) -> np.ndarray:
        """A step of ``STEPS`` for every review, all of the length ``eps sqrt(D)``, (N, T, D)."""
        size = eps * unit(self.vectors)
        length = size * self.vectors.shape[2] ** 0.5
        if name == "gradient sign":
            return gradient_sign_step(self.gradient, size)
        if name == "gradient direction":
            return gradient_direction_step(self.gradient, length)
        if name == "random sign":
            return random_sign_step(self.gradient, size, self.rng)
        return random_direction_step(self.gradient, length, self.rng)

    def after(self, step: np.ndarray) -> np.ndarray:
        """``behind`` of each review once its vectors have moved, (N,) in float64."""
        with evaluating(self.model):
            found: np.ndarray = self.score(Tensor(self.vectors + step)).data.astype(np.float64)
        return found

    def along(self, eps: Sequence[float]) -> dict[str, Any]:
        """What steps of these sizes do: ``accuracy``, ``risen`` in nats, and what a line foretells.

        Shapes: ``accuracy (4, E), risen (4, E), foretold (E,)``, by ``STEPS``; ``foretold`` is
        ``eps |g|_1``, what a linear model's score would rise with the signs of the gradient.
        """
        before = self.after(np.zeros_like(self.vectors))
        found = np.array([[self.after(self.step(name, e)) for e in eps] for name in STEPS])
        line = np.abs(self.gradient.astype(np.float64)).sum(axis=(1, 2)).mean()
        return {
            "accuracy": (found < 0).mean(axis=2),
            "risen": (found - before).mean(axis=2),
            "foretold": unit(self.vectors) * line * np.array(eps),
        }

    def gains(self, way: str, ids: np.ndarray) -> np.ndarray:
        """What each swap gains by one of ``SWAPS``, (N, T) -> (N, T, V)."""
        if way == "random":
            return random_gains(ids, self.alike, self.rng)
        if way == "first order":
            table = self.model.tokens.weight.data[: len(self.alike)]
            return first_order_gains(self.gradient_at(ids), ids, table, self.alike)
        return self.tried(ids)

    def tried(self, ids: np.ndarray) -> np.ndarray:
        """``exhaustive_gains`` of each class, whose score is another."""
        found = np.empty((*ids.shape, len(self.alike)))
        for label in (0, 1):
            rows = self.reviews.labels == label
            found[rows] = exhaustive_gains(
                partial(self.of_class, label),
                ids[rows],
                self.alike,
            )
        return found

    def swapped(self, way: str, turns: int) -> np.ndarray:
        """The accuracy after 0, 1, ..., K swaps, one after the other, (K + 1,)."""
        texts = swapped_in_turn(self.reviews.ids, lambda ids: self.gains(way, ids), turns)
        labels = self.reviews.labels
        return np.array([(self.of_ids(ids, labels) < 0).mean() for ids in texts])

    def agreement(self) -> dict[str, float]:
        """How often one swap by each way is the best there is, and what share of its gain it has.

        "found" is the share of reviews, "reached" the gain of all reviews over that of the best.
        """
        ids, rows = self.reviews.ids, np.arange(len(self.reviews.ids))
        truth = self.tried(ids)
        best = truth.max(axis=(1, 2))
        found = {}
        for way in SWAPS[:2]:
            places, words = best_swaps(ids, self.gains(way, ids))
            gained = truth[rows, places, words]
            found[f"found, {way}"] = float((gained >= best - 1e-9).mean())
            found[f"reached, {way}"] = float(gained.sum() / max(best.sum(), 1e-12))
        return found
