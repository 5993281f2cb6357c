"""The plain ways to make one gradient of several: their mean and their sum."""

from __future__ import annotations

import numpy as np

from minillm.training.objectives.aggregators.gram import checked_gram


def mean(gram: np.ndarray) -> np.ndarray:
    """The mean of the gradients: that of the mean of the losses::

        w_i = 1/m

    Shapes: ``gram (m, m) -> (m,)``.

    It is linear in the length of each gradient, and 0 only where a sum of the losses with weights
    above 0 is stationary.  It may raise a loss: where gradients conflict, ``J d`` may have a
    negative entry.

    Raises:
        ValueError: as ``checked_gram``.
    """
    m = len(checked_gram(gram))
    return np.full(m, 1 / m)


def total(gram: np.ndarray) -> np.ndarray:
    """The sum of the gradients: that of the sum of the losses::

        w_i = 1

    Shapes: ``gram (m, m) -> (m,)``.

    Raises:
        ValueError: as ``checked_gram``.
    """
    return np.ones(len(checked_gram(gram)))
