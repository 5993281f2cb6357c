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


def patching_effects(
    clean: Reading, corrupted: Reading, positions: np.ndarray | None = None
) -> np.ndarray:
    """Which share of the way back to the clean score one vector of the stream brings::

        e_lp = mean (F(corrupted, x_lp from clean) - F(corrupted)) / mean (F(clean) - F(corrupted))

    The means run over the pairs.  0: nothing that differs stands there; 1: all of it.

    Shapes: ``positions (B, P)``, all T unless given -> ``(L + 1, P)``; row l is behind l layers.

    Raises:
        ValueError: texts of other shapes, positions that do not fit, or pairs whose mean scores
            are equal.
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
    places = np.tile(np.arange(length), (n, 1)) if positions is None else positions
    if places.ndim != 2 or len(places) != n:
        raise ValueError(f"patching_effects: positions must be ({n}, P), got {places.shape}")
    with no_grad():
        high, low = (one.score(Tensor(one.vectors)).data.mean() for one in (clean, corrupted))
    if high == low:
        raise ValueError("patching_effects: both have the same mean score, nothing to explain")
    scores = [
        [patched_score(corrupted, other, layer=layer, position=at).mean() for at in places.T]
        for layer, other in enumerate(streams(clean))
    ]
    found: np.ndarray = (np.array(scores) - low) / (high - low)
    return found
