"""Every kernel beside its rule: the op forward and backward, or one step of the optimiser."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minillm import ops
from minillm.autograd import Op, Parameter
from minillm.backend import Array, is_array, stream
from minillm.backend.kernel_switch import Table
from minillm.nn import causal_mask
from minillm.optim import AdamW

Move = Callable[[Array], Array]
HEADS = (32, 4, 64, 32)  # sequences, heads, positions, width of a head


@dataclass(frozen=True)
class Case:
    """What is timed: ``prepared()`` makes arrays and gives a function that runs once.

    ``prepared(move)`` puts the arrays where ``move`` does.
    """

    name: str
    table: Table  # where the kernels are
    prepared: Callable[..., Callable[[], Any]]


@dataclass
class OpCase:
    """An op on random operands, forward and backward."""

    op: Op
    shapes: tuple[tuple[int, ...], ...]
    settings: dict[str, Any] = field(default_factory=dict)

    def __call__(self, move: Move = np.asarray) -> Callable[[], Any]:
        rng = stream(0, f"bench: {self.op.__name__}")
        operands = [move(rng.standard_normal(shape, dtype=np.float32)) for shape in self.shapes]
        settings = {k: move(v) if is_array(v) else v for k, v in self.settings.items()}
        output, _ = self.op.rule(*operands, **settings)
        g = move(np.asarray(rng.standard_normal(output.shape, dtype=np.float32)))

        def once() -> tuple[Array | None, ...]:
            _, vjp = self.op.run(*operands, **settings)
            return vjp(g)

        return once


def adam_on(*shapes: tuple[int, ...]) -> Callable[..., Callable[[], None]]:
    """Steps of AdamW on parameters of these shapes."""

    def prepared(move: Move = np.asarray) -> Callable[[], None]:
        rng = stream(0, "bench: AdamW")
        drawn = [[move(rng.standard_normal(s, dtype=np.float32)) for s in shapes] for _ in range(2)]
        optimizer = AdamW([Parameter(w) for w in drawn[0]])
        return lambda: optimizer.step(drawn[1])

    return prepared


def of_op(name: str, op: Op, *shapes: tuple[int, ...], **settings: Any) -> Case:
    """The case of an op; the shapes are those of its operands."""
    return Case(name, op.kernels, OpCase(op, shapes, settings))


def cases() -> list[Case]:
    """At the sizes of ``course``, and larger; ``linear`` has no kernel and shows the noise."""
    rng = stream(0, "bench: targets")
    small, large = rng.integers(1000, size=2048), rng.integers(5000, size=2048)
    lengths = rng.integers(1, HEADS[2] + 1, size=(HEADS[0], 1, 1, 1))
    padding = np.arange(HEADS[2]) < lengths
    causal = causal_mask(HEADS[2])
    attention = ops.scaled_dot_product_attention
    layer = [(512, 128), (512,), (128, 512), *[(128, 128)] * 4, *[(128,)] * 9]
    return [
        of_op("gelu 2048 x 512", ops.gelu, (2048, 512)),
        of_op("gelu_tanh 2048 x 512", ops.gelu_tanh, (2048, 512)),
        of_op("gelu 2048 x 3072", ops.gelu, (2048, 3072)),
        of_op("layer_norm 2048 x 128", ops.layer_norm, (2048, 128), (128,), (128,)),
        of_op("layer_norm 2048 x 768", ops.layer_norm, (2048, 768), (768,), (768,)),
        of_op("rms_norm 2048 x 128", ops.rms_norm, (2048, 128), (128,)),
        of_op("cross_entropy 2048 x 1000", ops.cross_entropy, (2048, 1000), targets=small),
        of_op("cross_entropy 2048 x 5000", ops.cross_entropy, (2048, 5000), targets=large),
        of_op("attention, causal", attention, HEADS, HEADS, HEADS, mask=causal),
        of_op("attention, padded", attention, HEADS, HEADS, HEADS, mask=padding),
        Case("AdamW, one of 1,048,576", AdamW.kernels, adam_on((1024, 1024))),
        Case("AdamW, four layers", AdamW.kernels, adam_on(*4 * layer)),
        of_op("linear 2048 x 128 to 512", ops.linear, (2048, 128), (512, 128), (512,)),
    ]
