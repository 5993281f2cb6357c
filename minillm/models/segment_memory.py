"""A GPT that reads a long text segment by segment, and remembers what its blocks saw before.

Letters: B batch, T positions of a segment, M positions remembered, D width, L positions of a text.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minillm.autograd import Tensor, no_grad
from minillm.backend import Array, array_module, check_ids, on_host
from minillm.models.gpt import Gpt
from minillm.nn import PreNormBlock
from minillm.nn.cache import restored_by_errors
from minillm.nn.initialization import check_integers
from minillm.ops import concatenate, cross_entropy


class SegmentMemory:
    """What entered each block at the last ``length`` positions, as constants.

    ``states`` are one array (B, M, D) for each block; ``len(memory)`` is M, which grows up to
    ``length``.  One memory serves one model and one batch of texts, from their beginning on.
    Unlike a ``KeyValueCache`` it can be trained with: keys and values are worked out anew from
    the states, and their weights learn from them, while no gradient enters the states.

    Raises:
        ValueError: ``length`` is negative.
        TypeError: it is not an integer.
    """

    def __init__(self, length: int):
        check_integers("SegmentMemory", length=length)
        if length < 0:
            raise ValueError(f"SegmentMemory: length must not be negative, got {length}")
        self.length = length
        self.states: list[Array] = []

    def __len__(self) -> int:
        return self.states[0].shape[1] if self.states else 0

    def keep(self, states: Sequence[Array]) -> None:
        """Put what entered the blocks last behind what is there, and forget what is too old."""
        if not self.length:
            return
        xp = array_module(*states)
        old = self.states or [state[:, :0] for state in states]
        both = [xp.concatenate([a, b], axis=1) for a, b in zip(old, states, strict=True)]
        self.states = [state[:, -self.length :] for state in both]

    def select(self, rows: np.ndarray) -> None:
        """Go on with what these texts of the batch read, in this order.

        Raises:
            IndexError, TypeError: as ``check_ids``.
        """
        if self.states and on_host(rows):
            rows = check_ids(rows, len(self.states[0]), name="row", of="a batch")
        self.states = [state[rows] for state in self.states]


def read_segment(model: Gpt, ids: Array, memory: SegmentMemory) -> Tensor:
    """The normalised vectors behind the last block, (B, T, D), of a segment behind a memory::

        h̃ = [SG(m_n) ; h_n]            what block n was given before, and what it is given now
        q = h_n W_q,   k, v = h̃ W_k, h̃ W_v,   h_{n+1} = block's feed-forward of attention(q, k, v)

    ``memory`` then holds the states of this segment, too.  SG stops the gradient.

    A position that was remembered must mean the same in the next segment, so that scores may
    depend on distances alone: positions are rotary here.  They turn q and k, where Transformer-XL
    adds to each score a projected sinusoid of the distance and two learned vectors in the place
    of an absolute query (its terms b, c and d); in both, values know of no position.

    With a memory of all that came before, the result is that of one pass over the whole text.
    With M positions it is that of one pass in which position i, of the segment that begins at s,
    attends to s - M up to i.  The gradient is that of neither: it ends at the segment's first
    position.  An error leaves the memory as it was.

    Through the states what is read reaches further back: the state of position s - M saw its own
    segment from the beginning, and M positions before that.  In segments of T, N blocks reach::

        (N - 1) T ceil(M / T) + M  positions before s,        N M where T divides M

    Raises:
        ValueError: positions are not rotary; a memory of another model or batch; more positions,
            with those remembered, than ``max_length``; ids as in ``Gpt``.
        IndexError, TypeError: ids as in ``check_ids``.
    Source: Dai et al. 2019, "Transformer-XL: Attentive Language Models Beyond a Fixed-Length
        Context", arXiv:1901.02860, sections 3.2 and 3.3; positions as in Su et al. 2021,
        "RoFormer", arXiv:2104.09864.
    Guide: 7.3.2 (G62).
    """
    check_memory(model, ids, memory)
    x = model.embed(ids, None, len(memory))
    states: list[Array] = []
    for n, block in enumerate(model.blocks):
        states.append(x.data)
        x = behind(block, x, memory.states[n] if memory.states else None)
    result = model.norm(x)
    memory.keep(states)
    return result


def behind(block: PreNormBlock, x: Tensor, before: Array | None) -> Tensor:
    """A block's output at ``x (B, T, D)``, attending to ``before (B, M, D)`` as well."""
    both = x if before is None else concatenate(Tensor(before), x, axis=1)
    normed = block.attention_norm(both)  # (B, M + T, D)
    x = x + block.dropped(block.attention(normed[:, -x.shape[1] :], normed))
    return x + block.dropped(block.feed_forward(block.feed_forward_norm(x)))


def check_memory(model: Gpt, ids: Array, memory: SegmentMemory) -> None:
    """Refuse a model or a memory that ``read_segment`` cannot use.

    Raises:
        ValueError: see there.
    """
    c = model.config
    if c.positions != "rotary":
        raise ValueError(
            "read_segment: needs positions that depend on distances, positions='rotary'; got "
            f"{c.positions!r}, with which a remembered position would look like one of the segment"
        )
    found = [state.shape for state in memory.states]
    needed = [(len(ids), len(memory), c.width)] * c.n_layers
    if found and found != needed:
        raise ValueError(f"read_segment: the memory must hold {needed} for these ids, got {found}")


def segment_loss(model: Gpt, ids: Array, targets: Array, memory: SegmentMemory) -> Tensor:
    """Mean cross-entropy in nats of a segment behind a memory, which goes on: a step of training.

    An error, as of a target that is no token, leaves the memory as it was: the segment may be
    given again, and is not read twice.

    Raises:
        ValueError, IndexError, TypeError: as ``read_segment``.
    Guide: 7.3.2 (G62).
    """
    with restored_by_errors(memory):
        return cross_entropy(model.logits(read_segment(model, ids, memory)), targets=targets)


@no_grad()
def segment_nats(model: Gpt, ids: np.ndarray, *, segment: int, memory: int) -> np.ndarray:
    """-ln p of every token behind the first, read in segments of T with M positions remembered.

    Shapes: ``ids (B, L) -> (B, L - 1)``.  Dropout acts as the model is set, so that ``eval()``
    comes first.  exp of a mean is the perplexity.

    Raises:
        ValueError: a segment of no position, fewer than two tokens; as ``read_segment``.
        TypeError: ``segment`` or ``memory`` is not an integer.
    Guide: 7.3.2 (G62).
    """
    check_integers("segment_nats", segment=segment, memory=memory)
    if segment < 1 or ids.ndim != 2 or ids.shape[1] < 2:
        raise ValueError(
            "segment_nats: needs ids (B, L) with L of at least 2 and a segment of a position, got "
            f"{ids.shape} and {segment}"
        )
    remembered, nats = SegmentMemory(memory), []
    for start in range(0, ids.shape[1] - 1, segment):
        inputs = ids[:, :-1][:, start : start + segment]
        targets = ids[:, 1:][:, start : start + segment]
        logits = model.logits(read_segment(model, inputs, remembered))
        nats.append(cross_entropy(logits, targets=targets, reduction="none").data)
    return np.concatenate(nats, axis=1)
