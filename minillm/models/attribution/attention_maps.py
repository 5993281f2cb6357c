"""What attention looks at: the weights as they are, and rolled out over the layers.

Letters: B texts, H heads, T positions, L layers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minillm.autograd import Tensor
from minillm.models.pooling import POOLINGS, require_pooling


def rollout(weights: Sequence[np.ndarray]) -> np.ndarray:
    """How much of each first vector reaches each last one if only attention moved them::

        A_l = 1/2 (mean over heads of W_l) + 1/2 I,      R = A_L ... A_2 A_1

    The half of I is the residual connection.  What values, norms and feed-forward networks do is
    left out, so R says where attention looked, not what the model made of it.

    Shapes: L arrays ``(B, H, T, T)``, the first layer's first -> ``(B, T, T)``; rows sum to 1.

    Raises:
        ValueError: no layers, or weights of other shapes.
    Source: Abnar & Zuidema 2020, "Quantifying Attention Flow in Transformers", arXiv:2005.00928,
        section 3.
    Guide: 8.1.4, 8.2.4 (G52).
    """
    layers = checked_layers("rollout", weights)
    same = np.eye(layers[0].shape[-1])
    rolled: np.ndarray = np.broadcast_to(same, (len(layers[0]), *same.shape))
    for layer in layers:
        rolled = (layer.mean(axis=1) / 2 + same / 2) @ rolled
    return rolled


def mean_attention(weights: Sequence[np.ndarray]) -> np.ndarray:
    """What the last layer looks at, mean over its heads, (B, T, T).

    Raises:
        ValueError: as ``rollout``.
    Guide: 8.1.4, 8.2.4 (G52).
    """
    found: np.ndarray = checked_layers("mean_attention", weights)[-1].mean(axis=1)
    return found


def looked_at(maps: np.ndarray, mask: np.ndarray, pooling: str = "cls") -> np.ndarray:
    """The row of the position where a classifier reads, or the mean of rows, (B, T, T) -> (B, T).

    Raises:
        ValueError: a mask that is not ``(B, T)``; as ``require_pooling``.
    """
    require_pooling(pooling)
    if maps.ndim != 3 or mask.shape != maps.shape[:2] or 0 in maps.shape:
        raise ValueError(
            f"looked_at: maps must be (texts, T, T) and mask (texts, T), got {maps.shape} and "
            f"{mask.shape}"
        )
    found: np.ndarray = POOLINGS[pooling](Tensor(maps), mask).data
    return found


def checked_layers(name: str, weights: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The attention weights of all layers.

    Raises:
        ValueError: there are none, or they are not all of one shape ``(B, H, T, T)``.
    """
    layers = [*weights]
    shapes = {layer.shape for layer in layers}
    shape = next(iter(shapes), ())
    if len(shapes) != 1 or len(shape) != 4 or shape[2] != shape[3] or 0 in shape:
        raise ValueError(
            f"{name}: weights must be (texts, heads, T, T) for each of at least one layer, "
            f"got {sorted(shapes)}"
        )
    return layers
