"""Who may look at whom."""

from __future__ import annotations

import numpy as np


def causal_mask(length: int) -> np.ndarray:
    """Position i may attend to itself and to what came before: True where j <= i.

        causal_mask(3)  ->  [[ True, False, False],
                             [ True,  True, False],
                             [ True,  True,  True]]

    Shapes: ``(length, length)``, boolean; it broadcasts over batch and heads.

    With it, all positions of a sentence are trained at once, and none sees the word that it has
    to predict.  A padding mask goes beside it: ``causal_mask(T) & real[:, None, None, :]``.

    Raises:
        ValueError: ``length`` is below 1.
    Source: Vaswani et al. 2017, "Attention Is All You Need", section 3.2.3.
    """
    if length < 1:
        raise ValueError(f"causal_mask: length must be at least 1, got {length}")
    return np.tri(length, dtype=bool)
