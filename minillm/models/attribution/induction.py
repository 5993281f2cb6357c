"""Heads that look for what came before: at the token before, or behind an earlier same token.

Letters: L layers, B texts, H heads, T positions.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minillm.autograd import no_grad
from minillm.models.attribution.attention_maps import checked_layers
from minillm.models.gpt import Gpt


@no_grad()
def gpt_attention_weights(model: Gpt, ids: np.ndarray) -> list[np.ndarray]:
    """Layer by layer what each position of a GPT looks at, L arrays (B, H, T, T)."""
    x, found = model.embed(ids, None, 0), []
    for block in model.blocks:
        found.append(block.attention_weights(x))
        x = block(x)
    return found


def induction_scores(weights: Sequence[np.ndarray], ids: np.ndarray) -> np.ndarray:
    """How much each head looks behind earlier tokens that are the same as the one it stands at::

        s_lh = mean over t of  sum_{s <= t, x_{s-1} = x_t} W_lh[t, s]

    t runs over the tokens that stood before.  In "a b ... a" such a head looks at b, and so b can
    be copied.

    Shapes: L arrays ``(B, H, T, T)``, ``ids (B, T) -> (L, H)``, from 0 to 1.

    Raises:
        ValueError: no layers, ids of another shape, or no token that stood before.
    Source: Olsson et al. 2022, "In-context Learning and Induction Heads", arXiv:2209.11895 (there
        "prefix matching").
    Guide: 8.1.4, 8.2.4 (G52).
    """
    layers = matching("induction_scores", weights, ids)
    before = np.roll(ids, 1, axis=1)
    same = (before[:, None, :] == ids[:, :, None]) & np.tri(ids.shape[1], dtype=bool)
    same[:, :, 0] = False  # nothing stands before the first token
    again = same.any(axis=2)
    if not again.any():
        raise ValueError("induction_scores: no token of these texts stood before")
    return np.array([[(w * same).sum(axis=2)[again].mean() for w in heads(one)] for one in layers])


def previous_token_scores(weights: Sequence[np.ndarray], ids: np.ndarray) -> np.ndarray:
    """How much each head looks at the token before, mean over all but the first, (L, H).

    Raises:
        ValueError: no layers, ids of another shape, or texts of one token.
    Source: Olsson et al. 2022, arXiv:2209.11895: the head that an induction head is built on.
    """
    layers = matching("previous_token_scores", weights, ids)
    if ids.shape[1] < 2:
        raise ValueError("previous_token_scores: needs texts of at least 2 tokens")
    t = np.arange(1, ids.shape[1])
    return np.array([[w[:, t, t - 1].mean() for w in heads(one)] for one in layers])


def heads(weights: np.ndarray) -> np.ndarray:
    """One head after the other, (B, H, T, T) -> (H, B, T, T)."""
    return np.moveaxis(weights, 1, 0)


def matching(name: str, weights: Sequence[np.ndarray], ids: np.ndarray) -> list[np.ndarray]:
    """The weights of all layers, once they are known to be of these texts.

    Raises:
        ValueError: they are not.
    """
    layers = checked_layers(name, weights)
    b, _, t, _ = layers[0].shape
    if ids.shape != (b, t):
        raise ValueError(f"{name}: ids must be {(b, t)} as the weights are, got {ids.shape}")
    return layers
