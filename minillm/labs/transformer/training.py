"""What the small tasks of this package share: a model learns from batches, and is examined."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from minillm.autograd import no_grad
from minillm.nn import Module
from minillm.ops import cross_entropy
from minillm.optim import Adam
from minillm.training import fit

Batch = tuple[np.ndarray, np.ndarray]  # ids, and the class of each text or place


def learn(model: Module, batches: Iterable[Batch], *, rate: float) -> None:
    """One step of Adam for each batch."""
    optimizer = Adam(model.parameters(), lr=rate)
    for _ in fit(
        lambda batch: cross_entropy(model(batch[0]), targets=batch[1]), batches, optimizer
    ):
        pass


def share_right(model: Module, batch: Batch) -> float:
    """The share of the classes that have the highest score."""
    ids, classes = batch
    with no_grad():
        return float(np.mean(model(ids).data.argmax(axis=-1) == classes))
