"""BERT's encoder under GPT's mask: what differs is what a position sees, and nothing else.

Letters: B batch, T positions, D model width.
"""

from __future__ import annotations

from minillm.autograd import Tensor
from minillm.backend import Array, moved_like
from minillm.models.bert import Bert
from minillm.nn import causal_mask


class LeftOnly(Bert):
    """BERT, but each position sees itself and what stands before it, and nothing else.

    Under ``MaskedLanguageModel``'s head, asked for the next token, it is a language model with the
    same parameters as a BERT of its size: all that GPT changes beside its own parts.

    Shapes: ``ids (B, T), mask (B, T) -> (B, T, D)``.

    Source: Radford et al. 2018, "Improving Language Understanding by Generative Pre-Training",
        section 3.1.
    Guide: 2.1, 9.2 (G33).
    """

    def embed(self, ids: Array, mask: Array, segments: Array | None) -> tuple[Tensor, Array]:
        """As BERT's, under a causal mask."""
        x, attend = super().embed(ids, mask, segments)
        return x, attend & moved_like(causal_mask(ids.shape[1]), x.data)
