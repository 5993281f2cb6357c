"""What every head of one layer looks at, for several texts at once.

Letters: B texts, T positions of the longest, H heads, t positions of one text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from minillm.autograd import no_grad
from minillm.backend import Array, to_numpy
from minillm.models import Bert, Gpt
from minillm.text import pad

DIGITS = 4  # behind the point


def attention_of(
    body: Bert | Gpt, texts: Sequence[np.ndarray], layers: Sequence[int]
) -> list[np.ndarray]:
    """The weights of one layer for each text, (H, t, t); rows sum to 1.

    Texts are padded on the right.  A GPT's real positions come before the padding and never look
    at it, and a BERT's are told of it by a mask: each gets the weights that it gets alone.

    Guide: 7.3.3 (G64).
    """
    ids, mask = pad(texts)
    found: dict[int, np.ndarray] = {}
    for number, weights in enumerate(layer_by_layer(body, ids, mask)):
        for row, (text, layer) in enumerate(zip(texts, layers, strict=True)):
            if layer == number:
                found[row] = to_numpy(weights[row, :, : len(text), : len(text)])
        if len(found) == len(texts):
            break
    return [found[row] for row in range(len(texts))]


def layer_by_layer(body: Bert | Gpt, ids: np.ndarray, mask: np.ndarray) -> Iterator[Array]:
    """The weights of each layer, (B, H, T, T)."""
    if isinstance(body, Bert):
        yield from body.attention_weights(ids, mask)
    else:
        yield from gpt_layers(body, ids)


@no_grad()
def gpt_layers(body: Gpt, ids: np.ndarray) -> Iterator[Array]:
    """As ``gpt_attention_weights``, one layer after the other: all at once may be gigabytes."""
    x = body.embed(ids, None, 0)
    for block in body.blocks:
        yield block.attention_weights(x)
        x = block(x)


def as_lists(weights: np.ndarray) -> list[list[list[float]]]:
    """The weights as JSON writes them."""
    rounded: list[list[list[float]]] = np.round(weights.astype(np.float64), DIGITS).tolist()
    return rounded
