"""Heads of attention, removed or made to look elsewhere, in a copy of a model.

Letters: B texts, H heads, T queries, S keys, K head width.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from functools import partial
from typing import Any

import numpy as np

from minillm.autograd import Tensor
from minillm.nn import KeyValueCache, Module, MultiHeadAttention
from minillm.nn.attention import merge_heads, split_heads

Change = Callable[[np.ndarray], np.ndarray]  # weights (B, H, T, S) -> weights


class ChangedAttention(Module):
    """Attention whose weights are changed before they mix the values::

        y = [W'_1 V_1; ...; W'_H V_H] Wo,      W' = change(softmax(Q Kᵀ / √K))

    It is for looking: no gradient flows through the weights.  A weight of 0 everywhere takes a head
    out; what it wrote is then 0, and the bias of ``Wo`` stays.

    Shapes: as ``MultiHeadAttention``, without memory and cache.

    Raises:
        ValueError: the changed weights have another shape; a memory or a cache.
    """

    unsaved = "changes weights by a function that no file has: save the model it is a copy of"

    def __init__(self, attention: MultiHeadAttention, change: Change):
        self.attention = attention
        self.change = change

    def forward(
        self,
        x: Tensor,
        memory: Tensor | None = None,
        *,
        mask: np.ndarray | None = None,
        start: int = 0,
        cache: KeyValueCache | None = None,
    ) -> Tensor:
        """Attend from ``x`` to ``x`` with the changed weights."""
        if memory is not None or cache is not None:
            raise ValueError("ChangedAttention: reads neither a memory nor a cache")
        a = self.attention
        weights = a.weights(x, mask=mask, start=start)
        changed = np.asarray(self.change(weights), dtype=weights.dtype)
        if changed.shape != weights.shape:
            raise ValueError(
                f"ChangedAttention: weights were {weights.shape}, changed to {changed.shape}"
            )
        values = a.for_all_heads(split_heads(a.value(x), a.n_heads // a.sharing))
        mixed: Tensor = a.output(merge_heads(Tensor(changed) @ values))
        return mixed

    def weights(self, x: Tensor, **options: Any) -> np.ndarray:
        """The changed weights, (B, H, T, S)."""
        found: np.ndarray = self.change(self.attention.weights(x, **options))
        return found


def with_changed_attention(model: Any, layer: int, change: Change) -> Any:
    """A copy of a model, one of whose ``blocks`` attends with changed weights.

    ``model`` is a ``Bert`` or a ``Gpt``, or has one as its ``body``.

    Raises:
        ValueError: there is no such layer.
    """
    copy = deepcopy(model)
    blocks = blocks_of(copy)
    if not 0 <= layer < len(blocks):
        raise ValueError(f"with_changed_attention: layer {layer} of {len(blocks)}")
    blocks[layer].attention = ChangedAttention(blocks[layer].attention, change)
    return copy


def without_heads(model: Any, heads: Sequence[tuple[int, int]]) -> Any:
    """A copy in which these heads, each a layer and a number from 0, write nothing.

    Raises:
        ValueError: there is no such layer or head.
    Source: Michel, Levy & Neubig 2019, "Are Sixteen Heads Really Better than One?",
        arXiv:1905.10650, section 2.
    Guide: 8.1.4, 8.2.4 (G52).
    """
    blocks = blocks_of(model)
    copy = model
    for layer in sorted({layer for layer, _ in heads}):
        if not 0 <= layer < len(blocks):
            raise ValueError(f"without_heads: layer {layer} of {len(blocks)}")
        out = [head for at, head in heads if at == layer]
        n_heads = blocks[layer].attention.n_heads
        wrong = [head for head in out if not 0 <= head < n_heads]
        if wrong:
            raise ValueError(f"without_heads: head {wrong[0]} of {n_heads} in layer {layer}")
        copy = with_changed_attention(copy, layer, partial(silenced, heads=out))
    return deepcopy(model) if copy is model else copy


def silenced(weights: np.ndarray, heads: Sequence[int]) -> np.ndarray:
    """Weights with those of some heads 0."""
    found = weights.copy()
    found[:, list(heads)] = 0.0
    return found


def permuted(weights: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Each row of weights in a random order, among the keys that it may see, (B, H, T, S).

    ``mask`` is True at these keys: ``(B, S)``, the real ones of each text, or ``(B, T, S)``, those
    of each query.  A causal model needs the latter, ``mask[:, None] & np.tri(T, dtype=bool)``:
    with the former, weight moves to words that are still to come.

    Raises:
        ValueError: a mask of another shape.
        TypeError: a mask that is not boolean: 0 and 1 would be read as places.
    Source: Jain & Wallace 2019, "Attention is not Explanation", arXiv:1902.10186, section 4.2.1:
        if the answer stays, the weights do not explain it.
    Guide: 8.1.4, 8.2.4 (G52).
    """
    n, _, n_queries, n_keys = weights.shape
    mask = np.asarray(mask)
    if mask.dtype != bool:
        raise TypeError(f"permuted: mask must be boolean, True = may be seen, got {mask.dtype}")
    if mask.shape not in ((n, n_keys), (n, n_queries, n_keys)):
        raise ValueError(
            f"permuted: mask must be {(n, n_keys)} or {(n, n_queries, n_keys)}, got {mask.shape}"
        )
    found = weights.copy()
    for text, seen in zip(found, mask, strict=True):
        if mask.ndim == 2:
            text[..., seen] = rng.permuted(text[..., seen], axis=-1)
            continue
        for t, keys in enumerate(seen):
            text[:, t, keys] = rng.permuted(text[:, t, keys], axis=-1)
    return found


def blocks_of(model: Any) -> Any:
    """The layers of a model or of its body."""
    return (model if hasattr(model, "blocks") else model.body).blocks
