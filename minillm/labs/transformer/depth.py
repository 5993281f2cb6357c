"""What residual connections and layer normalization do in a deep stack, before and in training.

Every variant uses the same blocks and leaves out a part of them.  All numbers are float64, so
that rounding stays far behind what is compared.

Letters: B sentences, T positions, D model width, V variants, L depths.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minillm.autograd import Tensor, gradients_of
from minillm.labs.study import Study
from minillm.nn import EncoderBlock, FeedForward, LayerNorm, Linear, Module
from minillm.ops import relu
from minillm.optim import Adam
from minillm.training import fit

BATCH, LENGTH, HEADS = 4, 8, 4  # sentences, positions of each, heads of a layer
WIDTH, HIDDEN = 32, 128
DEPTHS = (1, 2, 4, 8, 16, 32)
TRAINED_WIDTH, TRAINED_HIDDEN, TRAINED_DEPTHS = 16, 64, (2, 8, 24)
STEPS, RATES = 60, (3e-4, 1e-3, 3e-3, 1e-2)  # of Adam; the best rate counts, for each variant
POSITIONS, BENT_STEPS, BENT_RATES = 200, 300, (1e-3, 3e-3, 1e-2, 3e-2)
NOTHING_LEARNED = 1.0  # the loss of answering 0 to targets of variance 1

Layer = Callable[[EncoderBlock, Tensor], Tensor]


def neither(block: EncoderBlock, x: Tensor) -> Tensor:
    """``FFN(MHA(x))``."""
    return block.feed_forward(block.attention(x))


def no_residual(block: EncoderBlock, x: Tensor) -> Tensor:
    """``LN(FFN(y))`` with ``y = LN(MHA(x))``."""
    y = block.attention_norm(block.attention(x))
    return block.feed_forward_norm(block.feed_forward(y))


def no_norm(block: EncoderBlock, x: Tensor) -> Tensor:
    """``y + FFN(y)`` with ``y = x + MHA(x)``."""
    y = x + block.attention(x)
    return y + block.feed_forward(y)


def post_norm(block: EncoderBlock, x: Tensor) -> Tensor:
    """``LN(y + FFN(y))`` with ``y = LN(x + MHA(x))``."""
    y = block.attention_norm(x + block.attention(x))
    return block.feed_forward_norm(y + block.feed_forward(y))


def pre_norm(block: EncoderBlock, x: Tensor) -> Tensor:
    """``y + FFN(LN(y))`` with ``y = x + MHA(LN(x))``; the stack ends with a normalization."""
    y = x + block.attention(block.attention_norm(x))
    return y + block.feed_forward(block.feed_forward_norm(y))


VARIANTS: dict[str, Layer] = {
    "neither": neither,
    "no residual": no_residual,
    "no norm": no_norm,
    "post-norm": post_norm,
    "pre-norm": pre_norm,
}


def through(layer: Layer, blocks: Sequence[EncoderBlock], x: Tensor) -> Tensor:
    """The stream after all blocks."""
    for block in blocks:
        x = layer(block, x)
    return x


def new_blocks(n: int, width: int, hidden: int, rng: np.random.Generator) -> list[EncoderBlock]:
    """``n`` blocks with weights of their own, in float64."""
    blocks = (EncoderBlock(width, HEADS, hidden, rng=rng) for _ in range(n))
    return [block.to_dtype(np.float64) for block in blocks]


def rms(x: np.ndarray) -> float:
    """The typical size of an entry, ``sqrt(mean(x²))``."""
    return float(np.sqrt(np.mean(x * x)))


def distance(x: np.ndarray) -> float:
    """How far the positions of a sentence are from being all equal, ``|x - mean| / |x|``.

    Shapes: ``x (B, T, D)``; the mean runs over the positions.

    Source: Dong, Cordonnier & Loukas 2021, "Attention is not all you need", measure it so, in
        another norm.
    """
    return rms(x - x.mean(axis=-2, keepdims=True)) / rms(x)


def signals(seed: int) -> dict[str, np.ndarray]:
    """At random weights: size of the stream, distance of its positions, gradient that comes back.

    The gradient is that of ``sum(v * y)`` for a random ``v`` of norm 1, in the weights of the
    first block's attention and feed-forward network.

    Shapes: three arrays (V, L).
    """
    rng = np.random.default_rng(seed)
    blocks = new_blocks(max(DEPTHS), WIDTH, HIDDEN, rng)
    x, v = rng.standard_normal((2, BATCH, LENGTH, WIDTH))
    v /= np.linalg.norm(v)
    end = LayerNorm(WIDTH).to_dtype(np.float64)
    first = blocks[0].attention.parameters() + blocks[0].feed_forward.parameters()
    found = []
    for layer in VARIANTS.values():
        for depth in DEPTHS:
            stream = through(layer, blocks[:depth], Tensor(x))
            top = end(stream) if layer is pre_norm else stream
            gradients: list[Any] = gradients_of((top * v).sum(), first)
            norm = np.sqrt(sum(np.sum(g * g) for g in gradients))
            found.append((rms(stream.data), distance(stream.data), norm))
    table = np.array(found).reshape(len(VARIANTS), len(DEPTHS), 3)
    return {"rms": table[..., 0], "distance": table[..., 1], "gradient": table[..., 2]}


def losses(seed: int, depths: Sequence[int] = TRAINED_DEPTHS) -> dict[str, np.ndarray]:
    """Training loss of every variant at random weights, and after ``STEPS`` steps of Adam.

    The second is the least over ``RATES``, and at most 1: a stack that does worse than to answer
    0 has learned nothing, and how much worse it does is rounding's choice.

    Shapes: two arrays (V, L).
    """
    shape = len(VARIANTS), len(depths)
    pairs = [(layer, depth) for layer in VARIANTS.values() for depth in depths]
    start = [trained(seed, *pair, rate=0.0, steps=0) for pair in pairs]
    best = [min(trained(seed, *pair, rate=rate, steps=STEPS) for rate in RATES) for pair in pairs]
    loss = np.minimum(best, NOTHING_LEARNED)
    return {"start": np.array(start).reshape(shape), "loss": loss.reshape(shape)}


def trained(seed: int, layer: Layer, depth: int, *, rate: float, steps: int) -> float:
    """The loss on one batch whose random targets are to be learned by heart."""
    rng = np.random.default_rng(seed)
    x, target = task(rng)
    blocks = new_blocks(depth, TRAINED_WIDTH, TRAINED_HIDDEN, rng)
    end = LayerNorm(TRAINED_WIDTH).to_dtype(np.float64)
    output = Linear(TRAINED_WIDTH, TRAINED_WIDTH, rng=rng).to_dtype(np.float64)

    def loss_of(_: int) -> Tensor:
        y = through(layer, blocks, Tensor(x))
        error = output(end(y) if layer is pre_norm else y) - target
        return (error * error).mean()

    return last_loss(loss_of, [*blocks, end, output], steps, rate)


def task(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and targets (B, T, D), the targets of mean 0 and variance 1."""
    x, target = rng.standard_normal((2, BATCH, LENGTH, TRAINED_WIDTH))
    return x, (target - target.mean()) / target.std()


def floor(seed: int) -> float:
    """The least loss with one answer for all positions of a sentence: near ``1 - 1/T``.

    No stack gets below it whose positions are all equal.
    """
    _, target = task(np.random.default_rng(seed))
    return float(np.mean((target - target.mean(axis=1, keepdims=True)) ** 2))


def last_loss(
    loss_of: Callable[[int], Tensor], modules: Sequence[Module], steps: int, rate: float
) -> float:
    """The loss that Adam reaches after ``steps`` updates."""
    parameters = [p for module in modules for p in module.parameters()]
    for _ in fit(loss_of, range(steps), Adam(parameters, lr=rate), allow_unused=True):
        pass
    return float(loss_of(steps))


def bent_twice(network: FeedForward, x: Tensor) -> Tensor:
    """The guide's ``relu(W2 relu(W1 x + b1)) + b2``."""
    inner = network.activation(network.inner(x))
    return relu(inner @ network.outer.weight.T) + network.outer.bias


def bent_losses(seed: int) -> list[float]:
    """What the right feed-forward network and the guide's learn of a target, at the best rate.

    The target comes from a right network of the same size and has variance 1.
    """
    rng = np.random.default_rng(seed)
    x = Tensor(rng.standard_normal((POSITIONS, WIDTH)))
    teacher, student = (
        FeedForward(WIDTH, HIDDEN, rng=rng, activation=relu).to_dtype(np.float64) for _ in range(2)
    )
    target = teacher(x).data / teacher(x).data.std()
    untrained = student.state_dict()

    def regressed(network: Callable[[FeedForward, Tensor], Tensor], rate: float) -> float:
        student.load_state_dict(untrained)

        def loss_of(_: int) -> Tensor:
            error = network(student, x) - target
            return (error * error).mean()

        return last_loss(loss_of, [student], BENT_STEPS, rate)

    networks = (FeedForward.forward, bent_twice)
    return [min(regressed(network, rate) for rate in BENT_RATES) for network in networks]


def measure(seed: int) -> dict[str, Any]:
    """Signals, losses with their floor, and the losses of the two feed-forward networks."""
    more = {"floor": floor(seed), "bent_loss": bent_losses(seed)}
    return {**signals(seed), **losses(seed), **more}


STUDY = Study(
    name="depth",
    question="What do residual connections and normalization do in a deep stack?",
    settings={
        "variants": list(VARIANTS),
        "depths": DEPTHS,
        "trained depths": TRAINED_DEPTHS,
        "steps": STEPS,
        "rates": RATES,
        "bent": {"steps": BENT_STEPS, "rates": BENT_RATES, "positions": POSITIONS},
    },
    measure=measure,
    seeds=range(5),
)
