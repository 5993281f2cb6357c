"""A GPT's forward pass on plain arrays, for writing texts: nothing is recorded, little is made.

``Gpt.forward`` with ``KeyValueCache`` is what it must agree with.  Per token at 4 layers, 4 heads,
128 wide it takes a tenth of its time: no ``Tensor`` is made, a cache is written into instead of
copied, queries, keys and values are one product, and norms are multiplied into what reads them.

Letters: B texts, T new positions, S positions read, M the longest text, H heads, G heads of keys,
R = H / G, K head width, D model width, V vocabulary.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from minillm.models.decoding.lean_parts import (
    Affine,
    Thought,
    centred,
    divided,
    halved,
    plain,
    reading,
    thought_of,
    writing,
)
from minillm.models.decoding.prompts import check_batch
from minillm.models.gpt import Gpt
from minillm.models.gpt_parts import too_long
from minillm.nn.blocks import PreNormBlock
from minillm.nn.cache import restored_by_errors


class Layer(NamedTuple):
    """One block's weights."""

    asked: Affine  # D -> (H + 2G) K: queries, already times 1/√K, keys, values
    mixed: Affine
    thought: Thought


class LeanReader:
    """A ``Reader`` that holds a model's weights as they are now, and the keys of one batch.

    A model that was trained further needs a new one.  It computes in float32, or in float64 where
    the model does; its logits differ from the model's by rounding alone.

    Raises:
        TypeError: the model is not on the host.
    """

    def __init__(self, model: Gpt):
        c = self.config = model.config
        self.max_length, self.vocabulary_size = c.max_length, c.vocabulary_size
        self.heads, self.key_heads = c.n_heads, c.n_key_heads or c.n_heads
        self.head_width = c.width // c.n_heads
        self.layers = [layer_of(block) for block in model.blocks]
        self.table = centred(model.norm, plain(model.tokens.weight))
        self.head = reading(model.norm, model.tokens if model.head is None else model.head)
        self.places: np.ndarray | None = None
        if model.positions is not None:
            self.places = centred(model.norm, plain(model.positions.weight))
        self.turns = None  # e^(i a) of every position and pair of features
        if model.rotary is not None:
            turns = model.rotary.cosine + 1j * model.rotary.sine
            self.turns = turns.astype(np.result_type(self.table.dtype, np.complex64))
        self.length, self.padding, self.padded = 0, np.zeros(0, np.int64), False
        self.keys = self.values = np.zeros(
            (0,) * 5, self.table.dtype
        )  # (layers, B, G, M, K); keys (..., K, M)

    def start(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """The logits behind ``ids (B, T)``, whose keys and values are kept."""
        width = self.head_width
        lead = (len(self.layers), len(ids), self.key_heads)
        with restored_by_errors(self):
            self.keys = np.empty((*lead, width, self.max_length), self.table.dtype)
            self.values = np.empty((*lead, self.max_length, width), self.table.dtype)
            self.length, self.padding = 0, (~mask).sum(axis=1)
            self.padded = bool(self.padding.any())
            return self.read(ids)

    def step(self, tokens: np.ndarray) -> np.ndarray:
        """The logits behind one more token of each text.

        Raises:
            ValueError: tokens of another batch, or more of them than the model reads.
        """
        check_batch(tokens, len(self.padding))
        return self.read(tokens[:, None])

    def select(self, rows: np.ndarray) -> None:
        """Go on with these texts of the batch, in this order; one may come twice."""
        self.keys, self.values = self.keys[:, rows], self.values[:, rows]
        self.padding = self.padding[rows]

    def read(self, ids: np.ndarray) -> np.ndarray:
        """The logits behind ``ids (B, T)``, which follow what was read before."""
        stop = self.length + ids.shape[1]
        if stop > self.max_length:
            raise ValueError(f"Gpt: {too_long(self.length, ids.shape[1], self.max_length)}")
        x = self.table[ids]
        if self.places is not None and self.padded:
            rows = np.arange(self.length, stop) - self.padding[:, None]
            x += self.places[np.maximum(rows, 0)]
        elif self.places is not None:
            x += self.places[self.length : stop]
        hidden_keys, eps = self.hidden_keys(ids.shape[1], stop), self.config.eps
        x = x.reshape(ids.size, -1)
        for number, layer in enumerate(self.layers):
            asked = layer.asked(divided(x, eps)).reshape(*ids.shape, -1, self.head_width)
            x += layer.mixed(self.attended(number, asked, hidden_keys))
            x += layer.thought(divided(x, eps))
        self.length = stop
        last = x.reshape(*ids.shape, -1)[:, -1]
        return self.head(divided(last, eps))

    def hidden_keys(self, n_queries: int, n_keys: int) -> np.ndarray | None:
        """What is added to the scores (B, G, R, T, S): 0, or much below 0 where a key is hidden.

        Not -inf: a row of padding sees nothing at all, and its softmax would be NaN.
        """
        if n_queries == 1 and not self.padded:
            return None
        keys = np.arange(n_keys)
        later = keys > np.arange(n_keys - n_queries, n_keys)[:, None]  # (T, S)
        padded = keys < self.padding[:, None]  # (B, S)
        lowest = np.finfo(self.table.dtype).min / 4
        hidden = later | padded[:, None, :]
        return (hidden * self.table.dtype.type(lowest))[:, None, None]

    def attended(
        self, number: int, asked: np.ndarray, hidden_keys: np.ndarray | None
    ) -> np.ndarray:
        """What the heads found, (B T, H K); new keys and values are put behind the others."""
        (batch, n, _, width), heads, g = asked.shape, self.heads, self.key_heads
        turned = self.rotated(asked[:, :, : heads + g])
        stop = self.length + n
        new_keys = turned[:, :, heads : heads + g].transpose(0, 2, 3, 1)
        self.keys[number, ..., self.length : stop] = new_keys
        self.values[number, :, :, self.length : stop] = asked[:, :, heads + g :].swapaxes(1, 2)
        q = turned[:, :, :heads].swapaxes(1, 2).reshape(batch, g, heads // g * n, width)
        p = q @ self.keys[number, ..., :stop]  # (B, G, R T, S)
        if hidden_keys is not None:
            p = p.reshape(batch, g, heads // g, n, stop) + hidden_keys
            p = p.reshape(batch, g, heads // g * n, stop)
        p -= np.maximum.reduce(p, axis=-1, keepdims=True)
        np.exp(p, out=p)
        y = p @ self.values[number, :, :, :stop]
        y /= np.add.reduce(p, axis=-1, keepdims=True)
        return y.reshape(batch, heads, n, width).swapaxes(1, 2).reshape(batch * n, heads * width)

    def rotated(self, x: np.ndarray) -> np.ndarray:
        """Rotary positions: a pair of features is a complex number, and a turn a product."""
        if self.turns is None:
            return x
        turns = self.turns[self.length : self.length + x.shape[1], None]
        return (x.view(turns.dtype) * turns).view(x.dtype)


def layer_of(block: PreNormBlock) -> Layer:
    """The weights of a block, as ``LeanReader`` wants them."""
    a, norm = block.attention, block.attention_norm
    n_asking = a.query.weight.shape[0]
    scale = (n_asking // a.n_heads) ** -0.5
    return Layer(
        halved(reading(norm, a.query, a.key, a.value), n_asking, scale),
        writing(norm, a.output),
        thought_of(block.feed_forward_norm, block.feed_forward),
    )
