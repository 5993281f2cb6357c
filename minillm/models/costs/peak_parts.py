"""What each part of a model keeps for the backward pass, and needs while it is at work, in bytes.

Each number stands for an array that an op makes, and is there from then on until nobody names it
any more: arrays that the tape keeps until their gradient is done, the stream until the block ends.

Letters: n = B T tokens, D model width, K head width, G heads of keys, F hidden width, V vocabulary,
S = B H T T scores.
"""

from __future__ import annotations

from dataclasses import dataclass

from minillm.models.bert import BertConfig
from minillm.models.costs.memory import (
    ID,
    ROW,
    attention,
    copies_keys,
    dropped_scores,
    feed_forward,
    gelu,
    norm,
)
from minillm.models.costs.peak_step import Step
from minillm.models.gpt_config import GptConfig

ERF = 65  # eighths of an array: what the series of erf has in use in float64, with its argument


@dataclass(frozen=True)
class Part:
    """A part of a model in a training step, in bytes."""

    kept: int  # for the backward pass
    forward: int  # in use at its fullest moment, with its own, without what earlier parts keep
    backward: int  # the same on the way back, with the gradients that are on their way
    gradients: int  # of its parameters
    entering: int = 0  # what enters it


def parts_of(step: Step) -> tuple[Part, list[tuple[Part, ...]], Part]:
    """What stands before the blocks, the parts of each, and what stands behind them."""
    block = attention_part(step), feed_forward_part(step)
    return embedding_part(step), [block] * step.config.n_layers, head_part(step)


def attention_part(step: Step) -> Part:
    """Attention with its normalization and its branch, added to the stream::

        fullest forward     all that it keeps, and three streams: entering, branch, sum
                            rule: S instead, as a second array of scores, where none is kept
        fullest backward    beside it D D, and five streams: g, its share, dq, dk, dv
                            rule: 2 S more, and what was mixed no more

    Of the streams, those that a block names are there until it ends.
    """
    b, d, x = step.shape, step.config.width, step.stream
    n, drops = step.tokens, int(step.drops)
    rotary = isinstance(step.config, GptConfig) and step.config.positions == "rotary"
    own_norm = norm(n, d)
    inside = attention(b, step.batch, step.length, rotary)
    inside += dropped_scores(b, step.batch, step.length, step.kernels) if drops else 0
    kept = own_norm + inside + drops * x
    entering = 0 if step.post else x
    shared = 2 * n * b.keys if copies_keys(b) else 0
    fused = step.fused(step.scores // 4)
    at_scores = entering + inside + shared + (0 if step.post else own_norm)
    if not fused:
        at_scores += -x if drops else step.scores - x
    added = kept + 3 * x + (0 if step.post else drops * x)
    left = kept - (own_norm if step.post else 0) - drops * x
    back = left + 5 * x + d * d if fused else left + 4 * x + 2 * step.scores + d * d
    size = 2 * d * d + 2 * d * b.keys + step.norm_size()
    size += 2 * d + 2 * b.keys if step.biased() else 0
    return in_bytes(step, kept, max(at_scores, added), back, size, entering=x)


def feed_forward_part(step: Step) -> Part:
    """The feed-forward network with its normalization and its branch::

        fullest forward     GELU: 3 n F, its rule 5 n F, and the streams; or all that is kept
        fullest backward    beside it D F, g, and n F (GELU's rule 4, where it is exact 3)
                            SwiGLU: 7 n F in all and 2 D F

    The branch of attention is named until the block ends: one stream more.
    """
    b, d, x, n = step.shape, step.config.width, step.stream, step.tokens
    wide, own_norm, drops = n * b.inner, norm(n, d), int(step.drops)
    kept = own_norm + feed_forward(b, n, step.activation) + drops * x
    ruled = gelu(wide, step.activation) > wide
    seen = x if step.post else 3 * x + own_norm  # streams that are named, and what was normalised
    bending = seen + x + bending_arrays(step, ruled) * wide // 8
    added = kept + (3 if step.post else 5) * x
    if b.matrices == 3:
        forward, back = added, own_norm + 2 * x + 7 * wide + d * b.inner
        back = max(back, own_norm + 3 * x + (7 if step.item == 4 else 6) * wide + 2 * d * b.inner)
    else:
        more = (3 if step.post else 4) if ruled else 1
        forward = max(bending, added)
        back = kept - (own_norm if step.post else 0) + x + more * wide + d * b.inner
    size = b.matrices * d * b.inner + step.norm_size()
    size += (b.matrices - 1) * b.inner + d if step.biased() else 0
    return in_bytes(step, kept, forward, back, size, entering=x)


def bending_arrays(step: Step, ruled: bool) -> int:
    """Eighths of an array of hidden units that GELU has in use, its argument among them."""
    if not ruled:
        return 3 * 8
    return ERF if step.post and step.item == 8 else 5 * 8


def head_part(step: Step) -> Part:
    """The head and the loss of h rows, all of a GPT's or those that a BERT is asked for::

        fullest forward     logits and their gradient, 2 h V; by the rule 3 h V
        fullest backward    the gradient, h D, and V D of the table; or 2 h V, by the rule, or where
                            the loss is weighed

    What lies below the logits is kept: a normalization and its output, and a BERT's GELU.
    """
    c, d, x = step.config, step.config.width, step.stream
    rows, words = (step.hidden if step.post else step.tokens), step.config.vocabulary_size
    logits, fused = rows * words, step.fused(rows * words)
    below, size = norm(rows, d) + rows * d, step.norm_size() + words * d
    named, taken = 0, 0
    if isinstance(c, BertConfig):
        below += rows * d + gelu(rows * d, step.activation)
        size += d * d + d + words
        named, taken = x, ID * rows
    extra = taken + (0 if fused else (ROW - 4 + step.item) * rows)
    kept = below + logits
    forward = max(below + (2 if fused else 3) * logits, named + below + logits)
    twice = 2 * logits if step.weighed or not fused else 0
    back = below + max(twice, logits + rows * d + words * d, x + named)
    return in_bytes(step, kept, forward, back, size, extra)


def embedding_part(step: Step) -> Part:
    """The tables: what enters the first block is made here, and the last gradients.

    Rows are added up by 8-byte places of their numbers, n D of them, beside a copy of the gradient.
    Where the head is the table too, its two gradients and their sum are there at once.
    """
    c, d, x, n = step.config, step.config.width, step.stream, step.tokens
    table, drops = c.vocabulary_size * d, int(step.drops)
    size, kept, ids = 0, drops * x, ID * n
    if isinstance(c, BertConfig):
        size, kept, ids = (
            (c.max_length + c.n_segments) * d + step.norm_size(),
            kept + norm(n, d),
            2 * ids,
        )
    elif c.positions == "learned":
        size = c.max_length * d
    tied = isinstance(c, BertConfig) or c.tied
    places = ID * n * d
    back = (
        step.item * (x + size)
        + ids
        + max(step.item * (table + x) + places, 2 * step.item * table if tied else 0)
    )
    forward = step.item * (kept + 3 * x) + ids
    gradients = step.item * (size + (0 if tied else table))
    return Part(step.item * kept + ids, forward, back, gradients)


def in_bytes(
    step: Step,
    kept: int,
    forward: int,
    backward: int,
    size: int,
    extra: int = 0,
    *,
    entering: int = 0,
) -> Part:
    """A part of so many numbers, and ``extra`` bytes at every moment."""
    s = step.item
    return Part(s * kept + extra, s * forward + extra, s * backward + extra, s * size, s * entering)
