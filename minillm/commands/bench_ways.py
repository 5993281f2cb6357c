"""Memory against time: an update as it is, with blocks computed again, out of several batches."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from minillm.backend import Array, stream
from minillm.backend.kernel_switch import kernels_in_force
from minillm.commands.bench_steps import ADAMW, Size, random_batch
from minillm.commands.bench_timing import Clock, in_turn, timed
from minillm.commands.profile_formulas import Way
from minillm.commands.profile_memory import MB, measured_peak
from minillm.models import Gpt, gpt2_style
from minillm.models.costs import training_peak
from minillm.nn.recomputing import recompute_blocks
from minillm.optim import AdamW, clip_gradients
from minillm.training import mean_gradients

WAYS = tuple(Way(*way) for way in itertools.product((0, 1), (1, 2, 4, 8)))  # the plain one first
Batch = tuple[Array, Array]


class Updates:
    """One model and one batch, of which an update is made in any way."""

    def __init__(self, size: Size):
        self.size, self.batch = size, random_batch(size)
        self.config = gpt2_style(
            size.vocabulary, width=size.width, n_heads=size.n_heads, n_layers=size.n_layers,
            max_length=size.length,
        )  # fmt: skip
        self.model = Gpt(self.config, rng=stream(0, "bench: weights"))
        self.optimizer = AdamW(self.model.parameters(), **ADAMW)  # type: ignore[arg-type]

    def parts(self, way: Way) -> list[Batch]:
        """The batch in as many pieces as an update takes."""
        return list(zip(*(np.split(ids, way.accumulate) for ids in self.batch), strict=True))

    def loss_of(self, batch: Batch) -> Any:
        """The mean cross-entropy."""
        return self.model.loss(*batch)

    def make(self, way: Way) -> None:
        """One update, as ``fit`` makes it; that would give its memory back after each."""
        recompute_blocks(self.model, way.recompute)
        parts, parameters = self.parts(way), self.optimizer.parameters
        counts = [float(targets.size) for _, targets in parts]
        _, found = mean_gradients(self.loss_of, parts, parameters, counts=counts)
        found, _ = clip_gradients(found, 1.0)
        self.optimizer.step(found)

    def peak(self, way: Way) -> int:
        """Bytes in use at the fullest moment of an update."""
        recompute_blocks(self.model, way.recompute)
        return measured_peak(self.loss_of, self.parts(way), self.optimizer)

    def peak_by_formula(self, way: Way) -> int:
        """What ``training_peak`` says of it."""
        return training_peak(
            self.config, self.size.batch // way.accumulate, self.size.length,
            recompute=way.recompute, accumulate=way.accumulate,
            kernels="off" if kernels_in_force() == "off" else "numpy",
        ).total  # fmt: skip


def ways_by_memory(size: Size, *, rounds: int, clock: Clock) -> dict[str, dict[str, float]]:
    """For each way its peak, measured and by formula, its time, and its time over the plain one's.

    The ways are measured in turn; a ratio is the median of those of the rounds, for whose both
    parts the machine was as busy.
    """
    updates = Updates(size)
    asked: dict[Way, Callable[[], float]] = {}
    for way in (way for way in WAYS if size.batch % way.accumulate == 0):
        updates.make(way)  # warms up
        asked[way] = partial(timed, partial(updates.make, way), size.steps, clock)
    times: dict[Way, list[float]] = {way: [] for way in asked}
    for way, ms in in_turn(asked, rounds):
        times[way].append(ms)
    plain = times[WAYS[0]]
    return {
        f"recompute {way.recompute}, accumulate {way.accumulate}": {
            "peak MB": updates.peak(way) / MB,
            "formula MB": updates.peak_by_formula(way) / MB,
            "ms": statistics.median(found),
            "time / plain": statistics.median(a / b for a, b in zip(found, plain, strict=True)),
        }
        for way, found in times.items()
    }
