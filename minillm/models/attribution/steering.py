"""Steering: a direction is added to the stream, and the score is asked again.

Letters: B texts, T positions, D width, L layers.
"""

from __future__ import annotations

import numpy as np

from minillm.autograd import Tensor, no_grad
from minillm.models.attribution.readings import Reading


@no_grad()
def steered_score(
    reading: Reading, direction: np.ndarray, *, layer: int, at: np.ndarray | None = None
) -> np.ndarray:
    """The scores of texts with a direction added to the stream behind ``layer`` layers, (B,)::

        x_lt' = x_lt + r        at every position t, or where ``at`` is True

    Shapes: ``direction (D,), at (B, T)``; the length of the direction is its strength.

    Raises:
        ValueError: there is no such layer, the direction is not ``(D,)`` or ``at`` not ``(B, T)``.
    Source: Turner et al. 2023, "Activation Addition: Steering Language Models Without
        Optimization", arXiv:2308.10248.
    Guide: 8.1.4, 8.2.4 (G52).
    """
    x = reading.enter(Tensor(reading.vectors))
    if not 0 <= layer <= len(reading.layers):
        raise ValueError(f"steered_score: layer must be 0 to {len(reading.layers)}, got {layer}")
    if direction.shape != x.shape[-1:]:
        raise ValueError(f"steered_score: direction must be {x.shape[-1:]}, got {direction.shape}")
    at = np.ones(x.shape[:2], dtype=bool) if at is None else at
    if at.shape != x.shape[:2]:
        raise ValueError(f"steered_score: at must be {x.shape[:2]}, got {at.shape}")
    for k in range(len(reading.layers) + 1):
        if k == layer:
            x = x + np.where(at[..., None], direction, 0.0).astype(x.dtype)
        if k < len(reading.layers):
            x = reading.layers[k](x)
    found: np.ndarray = reading.read(x).data
    return found
