"""Texts that only the order of their words tells apart.

A text is the same words in a random order; its class says whether word 0 stands before word 1.
Every text holds every word once: as a bag of words they are all the same.
"""

from __future__ import annotations

import numpy as np


def texts(number: int, words: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Orders of the words, and 1 where word 0 stands before word 1.

    Shapes: ``(number, words), (number,)``.
    """
    places = rng.permuted(np.tile(np.arange(words), (number, 1)), axis=1)  # of each word
    return np.argsort(places, axis=1), (places[:, 0] < places[:, 1]).astype(np.int64)


def twins(number: int, words: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Texts, and behind them the same with words 0 and 1 exchanged: both classes equally often.

    Shapes: ``(2 number, words), (2 number,)``.
    """
    ids, classes = texts(number, words, rng)
    exchanged = np.where(ids < 2, 1 - ids, ids)
    return np.concatenate([ids, exchanged]), np.concatenate([classes, 1 - classes])
