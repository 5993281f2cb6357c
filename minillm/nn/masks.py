"""Who may look at whom."""

from __future__ import annotations

import numpy as np


def causal_mask(queries: int, keys: int | None = None) -> np.ndarray:
    """Every position may attend to itself and to what came before::

        causal_mask(3)  ->  [[ True, False, False],      causal_mask(2, 3)  ->  the last two rows
                             [ True,  True, False],
                             [ True,  True,  True]]

    Shapes: ``(queries, keys)``, boolean, ``keys`` being ``queries`` unless given; the queries are
    the last of the keys' positions.  It broadcasts over batch and heads.

    With it, all positions of a sentence are trained at once, and none sees the word that it has
    to predict.  A padding mask goes beside it: ``causal_mask(T) & real[:, None, None, :]``.

    Raises:
        ValueError: ``queries`` is below 1 or above ``keys``.
    Source: Vaswani et al. 2017, "Attention Is All You Need", section 3.2.3.
    Guide: 3.1 (G15).
    """
    keys = queries if keys is None else keys
    if queries < 1:
        raise ValueError(f"causal_mask: length must be at least 1, got {queries}")
    check_last(queries, keys)
    return np.tri(queries, keys, k=keys - queries, dtype=bool)


def check_last(queries: int, keys: int) -> None:
    """Refuse queries that cannot be the last of the keys' positions.

    Raises:
        ValueError: there are more queries than keys.
    """
    if queries > keys:
        raise ValueError(f"attention: {queries} queries are not the last of {keys} positions")
