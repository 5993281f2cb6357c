"""Batches of rows with hidden words, uneven in how many, and their count."""

from typing import NamedTuple

import numpy as np

from minillm.backend.ids import IGNORE


class Masked(NamedTuple):
    ids: np.ndarray
    mask: np.ndarray
    targets: np.ndarray


def count(batch):
    return int((batch.targets != IGNORE).sum())


def new_batch(seed=1, rows=6, without=()):
    rng = np.random.default_rng(seed)
    ids = rng.integers(7, 40, size=(rows, 10))
    mask = np.arange(10) < rng.integers(3, 11, size=(rows, 1))
    hidden = mask & (rng.random(ids.shape) < 0.4)
    hidden[list(without)] = False
    return Masked(ids, mask, np.where(hidden, ids, IGNORE))
