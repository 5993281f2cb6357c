"""Does a sparse autoencoder find the directions that vectors are sums of?

32 directions are planted in 16 axes.  The fewer of them a vector has, the easier they are to be
told apart: the dial is how many.  In the control the vectors are a normal cloud of the same
covariance, in which no direction is planted.

Letters: A numbers of active directions, K ways.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import stream
from minillm.labs.study import Study
from minillm.labs.worlds.sparse_sums import SparseSums
from minillm.models.attribution import SparseAutoencoder, recovery
from minillm.optim import AdamW
from minillm.training import evaluating, fit

Draw = Callable[[int, np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class Settings:
    """The world, the autoencoder, its training.

    Of the penalties 0.1, 0.2, 0.4 and 0.8 it is the one with the highest recovery on seed 100,
    which the study does not use; who knows no planted directions cannot choose so.
    """

    world: SparseSums = SparseSums()
    active: tuple[float, ...] = (1.0, 2.0, 4.0, 8.0)
    directions: int = 48
    penalty: float = 0.4
    steps: int = 3000
    batch: int = 128
    rate: float = 2e-3
    tested: int = 1000


WAYS = ["sparse autoencoder", "of a normal cloud", "principal components", "random"]


def learned(settings: Settings, draw: Draw, seed: int) -> SparseAutoencoder:
    """An autoencoder that has seen fresh vectors."""
    s = settings
    model = SparseAutoencoder(s.world.width, s.directions, rng=stream(seed, "autoencoder"))
    optimizer, rng = AdamW(model.parameters(), lr=s.rate, weight_decay=0.0), stream(seed, "vectors")

    def batches() -> Iterator[np.ndarray]:
        for _ in range(s.steps):
            model.normalize()
            yield draw(s.batch, rng)

    for _ in fit(lambda x: model.loss(x, s.penalty), batches(), optimizer):
        pass
    model.normalize()
    return model


def both_ways(axes: np.ndarray) -> np.ndarray:
    """Axes have no sign, directions have: each in both."""
    return np.concatenate([axes, -axes])


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """``recovery (A, K)`` by WAYS, ``unexplained (A,)`` variance, ``codes (A,)`` of a vector.

    Guide: 8.1.4, 8.2.4 (G52).
    """
    s, planted = settings, settings.world.directions(stream(seed, "planted directions"))
    rows, unexplained, codes = [], [], []
    for active in s.active:

        def sums(n: int, rng: np.random.Generator, active: float = active) -> np.ndarray:
            return s.world.draw(n, planted, active, rng)

        def cloud(n: int, rng: np.random.Generator, active: float = active) -> np.ndarray:
            return s.world.clouds(n, planted, active, rng)

        model, other = (learned(s, draw, seed) for draw in (sums, cloud))
        rng = stream(seed, "vectors that are asked about")
        x = sums(s.tested, rng)
        axes = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)[2]
        drawn = rng.standard_normal((s.directions, s.world.width))
        found = (model.directions.data, other.directions.data, both_ways(axes), drawn)
        rows.append([recovery(one, planted) for one in found])
        with evaluating(model):
            coded = model(Tensor(x))
        missed = ((x - coded.rebuilt.data) ** 2).sum()
        unexplained.append(float(missed / ((x - x.mean(axis=0)) ** 2).sum()))
        codes.append(float((coded.codes.data > 0).sum(axis=1).mean()))
    return {"recovery": rows, "unexplained": unexplained, "codes": codes}


STUDY = Study(
    name="sparse_directions",
    question="Does a sparse autoencoder find the directions that vectors are sums of?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
    tolerance=0.1,
)
