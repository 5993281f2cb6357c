"""Which words stand beside which."""

from __future__ import annotations

import numpy as np

from minillm.models.word_vectors.sentences import Sentences


def drawn_windows(n: int, window: int, rng: np.random.Generator) -> np.ndarray:
    """How far each of ``n`` places sees, from 1 to ``window`` with equal probability, (n,).

    So a word at distance j is seen with probability (window - j + 1) / window: near ones weigh
    more.

    Source: Mikolov, Chen, Corrado & Dean 2013, "Efficient Estimation of Word Representations in
        Vector Space", section 3.2, arXiv:1301.3781.
    """
    return rng.integers(1, window, size=n, endpoint=True)


def neighbours(text: Sentences, reach: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The places beside each place t, up to ``reach[t]`` words away and in the same sentence::

        t - c ... t - 1   t + 1 ... t + c,       c = the largest reach

    Shapes: ``reach (N,) -> places (N, 2c), whether there is such a neighbour (N, 2c)``.

    Raises:
        ValueError: a reach below 1, or not one for each place.
    Guide: 4.1.1 (G9).
    """
    n = len(text.ids)
    if reach.shape != (n,) or reach.min(initial=1) < 1:
        raise ValueError(f"windows must be {n} numbers of at least 1, got {reach.shape}: {reach}")
    c = int(reach.max(initial=1))
    offsets = np.array([*range(-c, 0), *range(1, c + 1)])
    places = np.arange(n)[:, None] + offsets
    inside = (places >= 0) & (places < n)
    places = np.where(inside, places, 0)
    same = text.sentence[places] == text.sentence[:, None]
    return places, inside & same & (np.abs(offsets) <= reach[:, None])


def pairs(text: Sentences, reach: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every word with every word beside it: centres (M,) and contexts (M,), as ids.

    Raises:
        ValueError: as ``neighbours``.
    """
    places, there = neighbours(text, reach)
    centre, side = np.nonzero(there)
    return text.ids[centre], text.ids[places[centre, side]]


def expected_pairs(text: Sentences, window: int) -> np.ndarray:
    """How often each pair of words is seen in one pass, on average over the drawn windows::

        X[w, c] = sum over places t of w, t + j of c in one sentence, of (window - |j| + 1) / window

    Shapes: ``-> (V, V)``; for small vocabularies.
    """
    size = text.vocabulary_size
    found = np.zeros((size, size))
    for reach in range(1, window + 1):
        centres, contexts = pairs(text, np.full(len(text.ids), reach))
        found += np.bincount(centres * size + contexts, minlength=size**2).reshape(size, size)
    return found / window
