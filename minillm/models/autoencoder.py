"""Autoencoders: a sentence in, the same sentence out.

Letters: B batch, T positions, D model width, V vocabulary.
"""

from __future__ import annotations

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import Array
from minillm.models.bert import Bert, MaskedLanguageModel
from minillm.models.pooling import POOLINGS, first_real, require_pooling
from minillm.nn import FeedForward, LayerNorm, LearnedPositions, normal
from minillm.ops import broadcast_to, expand_dims


class BottleneckAutoencoder(MaskedLanguageModel):
    """Every token of a sentence, said from one vector of it: what does not fit there is lost::

        z = read(encoder(ids)),   h_t = LN(z + P_t),   d_t = LN(h_t + FF(h_t))
        logits_t = MLM head of d_t          read: at [CLS], at the last token, or the mean

    Without the vector in between, an autoencoder is ``MaskedLanguageModel`` asked at every
    position, and has nothing to learn but the identity: each position sees its own token.  Told
    a corrupted sentence and asked for the whole one, either is a denoising autoencoder.

    Shapes: ``ids (B, T), mask (B, T), positions (n,) -> (n, V)``, padded on either side.

    Raises:
        ValueError: ``pooling`` is none of ``POOLINGS``.
    Source: Hinton & Salakhutdinov 2006, "Reducing the Dimensionality of Data with Neural
        Networks"; Vincent et al. 2008, "Extracting and Composing Robust Features with Denoising
        Autoencoders", for the corrupted input.
    Guide: 2.1 (G28).
    """

    def __init__(self, bert: Bert, *, rng: np.random.Generator, pooling: str = "mean"):
        super().__init__(bert, rng=rng)
        require_pooling(pooling)
        c, self.pooling = bert.config, pooling
        self.places = LearnedPositions(c.max_length, c.width, rng=rng)
        self.places.weight.data = normal((c.max_length, c.width), std=1.0, rng=rng)  # as z's
        self.norm_in = LayerNorm(c.width, eps=c.eps)
        self.decoder = FeedForward(c.width, c.hidden, rng=rng)
        self.norm_out = LayerNorm(c.width, eps=c.eps)

    def code(self, ids: Array, mask: Array, segments: Array | None = None) -> Tensor:
        """The one vector of each sentence, (B, D)."""
        return POOLINGS[self.pooling](self.bert(ids, mask, segments), mask)

    def hidden(self, ids: Array, mask: Array, segments: Array | None = None) -> Tensor:
        """What the decoder makes of it at every position, (B, T, D)."""
        z = expand_dims(self.code(ids, mask, segments), axis=1)
        same = broadcast_to(z, shape=(len(ids), ids.shape[1], z.shape[2]))
        h = self.norm_in(self.places(same, start=-first_real(mask)))
        return self.norm_out(h + self.decoder(h))
