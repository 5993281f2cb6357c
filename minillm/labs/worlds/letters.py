"""Independent letters; at each of the last places it is asked which letter stood k places back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Letters:
    """How many letters there are, how long a text is, and how many of its last places are asked."""

    alphabet: int = 8
    length: int = 48
    asked: int = 16


def draw(
    letters: Letters, number: int, distance: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Texts, and for their last places the letters ``distance`` places before.

    Shapes: ``(number, length), (number, asked)``.

    Raises:
        ValueError: the distance leads out of the text, or to the letter itself.
    """
    first = letters.length - letters.asked
    if not 1 <= distance <= first:
        raise ValueError(f"distance must be from 1 to {first}, got {distance}")
    ids = rng.integers(0, letters.alphabet, (number, letters.length))
    return ids, ids[:, first - distance : letters.length - distance]


def most_frequent(letters: Letters, ids: np.ndarray) -> np.ndarray:
    """At each asked place the letter that came most often so far: the best that a bag can do.

    Shapes: ``(N, length) -> (N, asked)``.
    """
    counts = np.cumsum(np.eye(letters.alphabet, dtype=np.int64)[ids], axis=1)
    return counts.argmax(axis=-1)[:, -letters.asked :]
