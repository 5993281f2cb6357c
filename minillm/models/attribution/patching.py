"""Activation patching: a piece of the stream of one text is put into that of another.

Letters: B pairs of texts, T positions, D width, L layers.
"""

from __future__ import annotations

import numpy as np

from minillm.autograd import Tensor, no_grad
from minillm.models.attribution.readings import Reading


@no_grad()
def streams(reading: Reading) -> list[np.ndarray]:
    """What enters the first layer, and what leaves each: L + 1 arrays (B, T, D)."""
    x = reading.enter(Tensor(reading.vectors))
    found = [x.data]
    for layer in reading.layers:
        x = layer(x)
        found.append(x.data)
    return found


@no_grad()
def patched_score(
    reading: Reading, other: np.ndarray, *, layer: int, position: np.ndarray
) -> np.ndarray:
    """The scores of texts in which one vector of the stream is that of other texts, (B,).

    ``other`` is one of the ``streams`` of texts of the same length, that behind ``layer`` layers;
    ``position (B,)`` says where each text gets it.

    Raises:
        ValueError: there is no such layer; a stream or positions that do not fit.
    """
    x = reading.enter(Tensor(reading.vectors))
    n, length, _ = x.shape
    if not 0 <= layer <= len(reading.layers):
        raise ValueError(f"patched_score: layer must be 0 to {len(reading.layers)}, got {layer}")
    inside = position.shape == (n,) and position.min() >= 0 and position.max() < length
    if other.shape != x.shape or not inside:
        raise ValueError(
            f"patched_score: other must be {x.shape} and position {(n,)} below {length}, "
            f"got {other.shape} and {position}"
        )
    here = (np.arange(length) == position[:, None])[..., None]
    for k in range(len(reading.layers) + 1):
        if k == layer:
            x = Tensor(np.where(here, other, x.data))
        if k < len(reading.layers):
            x = reading.layers[k](x)
    found: np.ndarray = reading.read(x).data
    return found


def patching_effects(clean: Reading, corrupted: Reading) -> np.ndarray:
    """Which share of the way back to the clean score one vector of the stream brings::

        e_lt = (F(corrupted, x_lt from clean) - F(corrupted)) / (F(clean) - F(corrupted))

    mean over the pairs.  0: nothing of what differs is there; 1: all of it.

    Shapes: ``(L + 1, T)``; row l is behind l layers.

    Raises:
        ValueError: texts of other shapes, or pairs whose scores are equal.
    Source: Vig et al. 2020, "Investigating Gender Bias in Language Models Using Causal Mediation
        Analysis", arXiv:2004.12265; Meng et al. 2022, "Locating and Editing Factual Associations
        in GPT", arXiv:2202.05262, section 2.
    Guide: 8.1.4, 8.2.4 (G52).
    """
    n, length, _ = corrupted.vectors.shape
    if clean.vectors.shape != corrupted.vectors.shape:
        raise ValueError(
            f"patching_effects: clean texts are {clean.vectors.shape}, corrupted ones "
            f"{corrupted.vectors.shape}"
        )
    with no_grad():
        high, low = (one.score(Tensor(one.vectors)).data for one in (clean, corrupted))
    if (high == low).any():
        raise ValueError("patching_effects: a pair of texts has equal scores, nothing to explain")
    effects = [
        [
            patched_score(corrupted, other, layer=layer, position=np.full(n, t)) - low
            for t in range(length)
        ]
        for layer, other in enumerate(streams(clean))
    ]
    found: np.ndarray = (np.array(effects) / (high - low)).mean(axis=-1)
    return found
