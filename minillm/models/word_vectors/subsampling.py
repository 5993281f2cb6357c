"""Frequent words are thinned out: "the" says little of what stands beside it."""

from __future__ import annotations

import numpy as np

from minillm.models.word_vectors.settings import between


def keep_probabilities(counts: np.ndarray, threshold: float | None) -> np.ndarray:
    """With which probability each place of a word stays in the text::

        P(keep w) = min(1, sqrt(t / f(w))),      f(w) = count(w) / N,      t the threshold

    This is the formula of the paper.  word2vec.c has ``sqrt(t / f) + t / f``, which keeps a little
    more.  Words are taken out before windows are laid, so that the others move together.

    Shapes: ``counts (V,) -> (V,)``; without a threshold every word stays.

    Raises:
        ValueError: the threshold is not above 0.
    Source: Mikolov et al. 2013, arXiv:1310.4546, equation 5, where 1 - P(keep w) is printed.
    Guide: 4.1.1 (G9).
    """
    if threshold is None:
        return np.ones(len(counts))
    between("subsample", threshold, 0.0, np.inf)
    share = np.maximum(counts, 1) / max(counts.sum(), 1)
    found: np.ndarray = np.minimum(1.0, np.sqrt(threshold / share))
    return found
