"""Which words of a review may stand for each other so that its label stays the same."""

from __future__ import annotations

import numpy as np

from minillm.labs.worlds.lexicons import Lexicons


def alike(world: Lexicons) -> np.ndarray:
    """Whether a review keeps its label when one word stands in the place of another, (V, V).

    Subjects are alike, and so are all words that praise, of either lexicon, and all that blame.
    Signs have none that is like them.  The label is what most opinions say, and no such swap
    changes a side: whoever says something else of the swapped review is wrong.
    """
    found = np.zeros((len(world.words), len(world.words)), dtype=bool)
    bad, good = world.opinions.swapaxes(0, 1).reshape(2, -1)
    for words in (world.ids(world.subjects), bad, good):
        found[np.ix_(words, words)] = True
    return found


def with_alike(
    ids: np.ndarray, allowed: np.ndarray, rate: float, rng: np.random.Generator
) -> np.ndarray:
    """Texts in which each word is replaced by a random one of its kind with a probability, (B, T).

    Each word of the kind comes equally often, the word itself too; ``allowed`` is from ``alike``.
    """
    drawn = np.where(allowed[ids], rng.random((*ids.shape, len(allowed))), -1.0)
    chosen = (rng.random(ids.shape) < rate) & allowed[ids].any(axis=2)
    return np.where(chosen, drawn.argmax(axis=2), ids)
