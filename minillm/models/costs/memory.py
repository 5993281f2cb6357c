"""The memory of training, by formula.

Letters: B batch, T positions, n = B T tokens, D model width, H heads, K head width, G heads of
keys, F hidden width, V vocabulary, L layers.
"""

from __future__ import annotations

from dataclasses import dataclass

from minillm.models.bert import BertConfig
from minillm.models.costs.shapes import (
    BlockShape,
    block_shape,
    check_counts,
    check_hidden,
    check_length,
    require_config,
)
from minillm.models.gpt_config import GptConfig

FLOAT, ID = 4, 8  # bytes of a float32 and of an int64
ROW = 29  # bytes that a cross-entropy keeps of each target: it, two ids, a share, if it counts
KERNELS = ("off", "numpy")
SMALL = 4096  # numbers, of scores four times as many; below, kernels leave them to the rule


@dataclass(frozen=True)
class TrainingMemory:
    """Bytes that a training step needs: weights, gradients, Adam's two means, activations."""

    parameters: int
    gradients: int
    moments: int
    activations: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.parameters + self.gradients + self.moments + self.activations


def training_memory(parameter_count: int, activation_bytes: int) -> TrainingMemory:
    """The bytes of a step of Adam in float32::

        4 N weights,   4 N gradients,   8 N moments,   and what the tape holds

    What the ops need while they run comes on top: a few arrays of the largest size.

    Raises:
        ValueError, TypeError: a count that is negative, or no integer.
    Source: Rajbhandari et al. 2020, "ZeRO: Memory Optimizations Toward Training Trillion Parameter
        Models", arXiv:1910.02054, section 3, with float16 copies beside.
    Guide: 8.2.1 (G53).
    """
    check_counts(
        "training_memory", parameter_count=parameter_count, activation_bytes=activation_bytes
    )
    weights = FLOAT * parameter_count
    return TrainingMemory(weights, weights, 2 * weights, activation_bytes)


def require_memory(needed: int, available: int | None, what: str, *, always: int = 0) -> None:
    """Refuse what does not fit, before it is made.

    ``always`` are those of the bytes that are there in every moment: weights and moments.

    Raises:
        MemoryError: ``needed`` bytes are more than ``available``; ``None`` is unknown, and enough.
    """
    if available is None or needed <= available:
        return
    if always > available:
        way = (
            f"take a smaller size; weights and moments alone are {always / 2**20:,.0f} MB, so "
            "that neither --recompute nor --accumulate helps"
        )
    else:
        way = (
            "take a smaller size, batch or length, or, also where you train, compute blocks again "
            "(--recompute 1) or a batch in N parts (--accumulate N)"
        )
    raise MemoryError(
        f"{what} needs {needed / 2**20:,.0f} MB, and {available / 2**20:,.0f} MB are free: {way}"
    )


def gpt_activation_bytes(
    config: GptConfig, batch: int, length: int, *, kernels: str = "numpy"
) -> int:
    """The bytes that the tape of ``Gpt.loss`` holds for the backward pass, n = B T tokens::

        a norm          n D + n                      its output before the gain, and the spread
        attention       n D + 2 n K G + B H T T      queries, keys, values, weights
          rotary        n D + n K G + 2 T K          what is turned, and the tables
          dropout       2 B H T T; B H T T with kernels      its factors, the weights after it
        a linear        its input                    for queries, keys and values one
        GELU            2 n F; n F with kernels      x and tanh, or the slope
        SwiGLU          4 n F                        x and σ(x), then both factors
        a dropout       n D                          one behind the tables, two in a block
        the loss        n V + 29 bytes a token       with kernels n V: the gradient itself

    Attention's T T is what grows with the square of the length.  Where several heads of keys are
    shared, those are copied for each head that asks: 2 n D.  Exact for the rules (kernels "off");
    with kernels up to paddings of arrays.

    Raises:
        ValueError: kernels other than "off" and "numpy"; as ``gpt_flops``.
    Source: Korthikanti et al. 2022, "Reducing Activation Recomputation in Large Transformer
        Models", arXiv:2205.05198, section 4.1, counts a float16 GPT in the same way.
    Guide: 8.2.1 (G53).
    """
    require_config("gpt_activation_bytes", config, GptConfig)
    check_counts("gpt_activation_bytes", batch=batch, length=length)
    check_length(config, length)
    check_kernels(kernels)
    shape, n = block_shape(config), batch * length
    numbers = config.n_layers * (
        2 * norm(n, config.width)
        + attention(shape, batch, length, config.positions == "rotary")
        + (dropped_scores(shape, batch, length, kernels) if config.dropout > 0.0 else 0)
        + feed_forward(shape, n, kernels)
    )
    numbers += norm(n, config.width) + n * config.width
    if config.dropout > 0.0:
        numbers += n * config.width * (1 + 2 * config.n_layers)
    return FLOAT * numbers + ID * n + loss_bytes(n, config.vocabulary_size, kernels)


def bert_activation_bytes(
    config: BertConfig, batch: int, length: int, hidden_positions: int, *, kernels: str = "numpy"
) -> int:
    """The bytes that the tape of ``MaskedLanguageModel.loss`` holds, h positions being hidden.

    A block holds what a GPT's does; before the first stands one more norm, behind the last none.
    The head holds ``h (3 D + 1)`` numbers, 2 h D for its GELU (h D with kernels), and a loss of h
    targets.

    Raises:
        ValueError: more hidden positions than there are; as ``gpt_activation_bytes``.
        TypeError: as ``gpt_flops``.
    Guide: 8.2.1 (G53).
    """
    require_config("bert_activation_bytes", config, BertConfig)
    check_counts("bert_activation_bytes", batch=batch, length=length, hidden=hidden_positions)
    check_length(config, length)
    check_hidden("bert_activation_bytes", hidden_positions, batch * length)
    check_kernels(kernels)
    shape, n, d, h = block_shape(config), batch * length, config.width, hidden_positions
    numbers = config.n_layers * (
        2 * norm(n, d)
        + attention(shape, batch, length, rotary=False)
        + (dropped_scores(shape, batch, length, kernels) if config.dropout > 0.0 else 0)
        + feed_forward(shape, n, kernels)
    )
    numbers += norm(n, d) + norm(h, d) + 2 * h * d + gelu(h * d, kernels)
    if config.dropout > 0.0:
        numbers += n * d * (1 + 2 * config.n_layers)
    return FLOAT * numbers + ID * (2 * n + h) + loss_bytes(h, config.vocabulary_size, kernels)


def norm(rows: int, width: int) -> int:
    """Numbers that a normalization keeps."""
    return rows * width + rows


def attention(shape: BlockShape, batch: int, length: int, rotary: bool) -> int:
    """Numbers that attention keeps, with the inputs of its four linear layers."""
    n, d, keys = batch * length, shape.width, shape.keys
    scores = batch * shape.n_heads * length * length
    kept = 2 * n * d + n * d + 2 * n * keys + scores  # inputs; q, k, v; weights
    if copies_keys(shape):
        kept += 2 * n * (d - keys)
    if rotary:
        kept += n * (d + keys) + 2 * length * (d // shape.n_heads)
    return kept


def copies_keys(shape: BlockShape) -> bool:
    """Whether heads that share keys have copies; of a single head of keys there are views."""
    return shape.width // shape.n_heads < shape.keys < shape.width


def dropped_scores(shape: BlockShape, batch: int, length: int, kernels: str) -> int:
    """Numbers that dropout on the weights of attention keeps."""
    scores = batch * shape.n_heads * length * length
    return scores if kernels == "numpy" and scores >= 4 * SMALL else 2 * scores


def feed_forward(shape: BlockShape, n: int, kernels: str) -> int:
    """Numbers that a feed-forward network keeps, with the inputs of its linear layers."""
    hidden = n * shape.inner
    bent = 4 * hidden if shape.matrices == 3 else gelu(hidden, kernels)
    return n * shape.width + bent + hidden


def gelu(size: int, kernels: str) -> int:
    """Numbers that GELU keeps of an array."""
    return size if kernels == "numpy" and size >= SMALL else 2 * size


def loss_bytes(rows: int, classes: int, kernels: str) -> int:
    """Bytes that a cross-entropy keeps."""
    ruled = kernels == "off" or rows * classes < SMALL
    return FLOAT * rows * classes + (ROW * rows if ruled else 0)


def check_kernels(kernels: str) -> None:
    """Refuse kernels whose memory is not known.

    Raises:
        ValueError: they are none of ``KERNELS``.
    """
    if kernels not in KERNELS:
        raise ValueError(f"costs: kernels must be one of {KERNELS}, got {kernels!r}")
