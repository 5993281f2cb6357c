"""One layer of a Transformer, made of parts, in the two usual orders.

Letters: T positions, S positions of the memory, H heads, D model width.  N is a normalization,
drop is dropout.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minillm.autograd import Tensor
from minillm.backend import Array
from minillm.nn.attention import MultiHeadAttention
from minillm.nn.cache import KeyValueCache, unchanged_by_errors
from minillm.nn.module import Module


class Block(Module):
    """The parts of a layer: what looks at other positions, and what thinks at each by itself.

    ``norm`` makes a normalization, one for each sub-layer: ``lambda: RMSNorm(width)``.  With
    ``cross_attention`` a block reads a memory too.  A GPT's block, for one::

        PreNormBlock(
            attention=MultiHeadAttention(width, n_heads, rng=rng, causal=True),
            feed_forward=FeedForward(width, 4 * width, rng=rng, activation=gelu_tanh),
            norm=lambda: LayerNorm(width),
        )

    Shapes: ``x (..., T, D), memory (..., S, D) -> (..., T, D)``; ``mask`` hides positions of ``x``
    and ``memory_mask`` those of the memory, both as in ``MultiHeadAttention``, and so are ``start``
    and ``cache``: one cache for each block.

    ``PostNormBlock`` and ``PreNormBlock`` say in which order the parts follow.
    """

    def __init__(
        self,
        *,
        attention: MultiHeadAttention,
        feed_forward: Module,
        norm: Callable[[], Module],
        cross_attention: MultiHeadAttention | None = None,
        dropout: Module | None = None,
    ):
        self.attention = attention
        self.attention_norm = norm()
        self.cross_attention: Any = cross_attention
        self.cross_attention_norm: Any = None if cross_attention is None else norm()
        self.feed_forward = feed_forward
        self.feed_forward_norm = norm()
        self.dropout = dropout

    def dropped(self, branch: Tensor) -> Tensor:
        """Dropout on what is about to be added to the stream."""
        return branch if self.dropout is None else self.dropout(branch)

    def check_memory(self, memory: Tensor | None) -> None:
        """Refuse a memory that nobody reads, and cross-attention without one.

        Raises:
            TypeError: see above.
        """
        if (memory is None) != (self.cross_attention is None):
            has = "no cross-attention" if self.cross_attention is None else "cross-attention"
            given = "no memory" if memory is None else "a memory"
            raise TypeError(
                f"{type(self).__name__} has {has} and was given {given}; masks go by name, mask=..."
            )


class PostNormBlock(Block):
    """Each sub-layer is added to its input, and the sum normalised::

        u = N(x + drop(attention(x)))
        y = N(u + drop(cross_attention(u, memory)))      where there is one
        z = N(y + drop(feed_forward(y)))

    Shapes, parts: as ``Block``.

    Source: Vaswani et al. 2017, "Attention Is All You Need", sections 3.1 and 5.4.
    """

    def forward(
        self,
        x: Tensor,
        memory: Tensor | None = None,
        *,
        mask: Array | None = None,
        memory_mask: Array | None = None,
        start: int = 0,
        cache: KeyValueCache | None = None,
    ) -> Tensor:
        """Attention, cross-attention if there is one, feed-forward."""
        self.check_memory(memory)
        with unchanged_by_errors(cache):
            seen = self.attention(x, mask=mask, start=start, cache=cache)
            x = self.attention_norm(x + self.dropped(seen))
            if self.cross_attention is not None:
                read = self.cross_attention(x, memory, mask=memory_mask, cache=cache)
                x = self.cross_attention_norm(x + self.dropped(read))
            return self.feed_forward_norm(x + self.dropped(self.feed_forward(x)))

    def attention_weights(self, x: Tensor, *, mask: Array | None = None) -> Array:
        """What each position looks at, (..., H, T, T)."""
        return self.attention.weights(x, mask=mask)

    def cross_attention_weights(
        self,
        x: Tensor,
        memory: Tensor,
        *,
        mask: Array | None = None,
        memory_mask: Array | None = None,
    ) -> Array:
        """What each position looks at in the memory, (..., H, T, S), behind its self-attention."""
        self.check_memory(memory)
        x = self.attention_norm(x + self.dropped(self.attention(x, mask=mask)))
        weights: Array = self.cross_attention.weights(x, memory, mask=memory_mask)
        return weights


class PreNormBlock(Block):
    """The input of each sub-layer is normalised, and the stream itself never rescaled::

        u = x + drop(attention(N(x)))
        y = u + drop(cross_attention(N(u), memory))      where there is one
        z = y + drop(feed_forward(N(y)))

    Shapes, parts: as ``Block``.  A stack of these needs one more normalization at its end; a
    memory comes normalised from the encoder's.

    Source: Radford et al. 2019, "Language Models are Unsupervised Multitask Learners", section
        2.3; Xiong et al. 2020, "On Layer Normalization in the Transformer Architecture".
    """

    def forward(
        self,
        x: Tensor,
        memory: Tensor | None = None,
        *,
        mask: Array | None = None,
        memory_mask: Array | None = None,
        start: int = 0,
        cache: KeyValueCache | None = None,
    ) -> Tensor:
        """Attention, cross-attention if there is one, feed-forward."""
        self.check_memory(memory)
        with unchanged_by_errors(cache):
            seen = self.attention(self.attention_norm(x), mask=mask, start=start, cache=cache)
            x = x + self.dropped(seen)
            if self.cross_attention is not None:
                asked = self.cross_attention_norm(x)
                read = self.cross_attention(asked, memory, mask=memory_mask, cache=cache)
                x = x + self.dropped(read)
            return x + self.dropped(self.feed_forward(self.feed_forward_norm(x)))

    def attention_weights(self, x: Tensor, *, mask: Array | None = None) -> Array:
        """What each position looks at, (..., H, T, T)."""
        return self.attention.weights(self.attention_norm(x), mask=mask)

    def cross_attention_weights(
        self,
        x: Tensor,
        memory: Tensor,
        *,
        mask: Array | None = None,
        memory_mask: Array | None = None,
    ) -> Array:
        """What each position looks at in the memory, (..., H, T, S), behind its self-attention."""
        self.check_memory(memory)
        x = x + self.dropped(self.attention(self.attention_norm(x), mask=mask))
        asked = self.cross_attention_norm(x)
        weights: Array = self.cross_attention.weights(asked, memory, mask=memory_mask)
        return weights
