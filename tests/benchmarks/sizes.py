"""What is timed, in numbers; nothing here needs NumPy or this project, for peers read it too.

Letters: B sequences, T tokens each, D width, H heads, L layers, F hidden width, V vocabulary.

* a training step: learned positions are added to token vectors, which go through pre-norm blocks
  and a last LayerNorm into a head of its own (not the token table).  No dropout.  Targets are
  the next tokens; AdamW decays every weight.
* inference: post-norm encoder blocks of BERT's width on sentences of different lengths.
* writing: such a model, with the tanh GELU, reads one text token by token.
* ops: forward and backward, on ``operands`` of normal numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Size:
    """Sizes of model and batch, and how many steps make one measurement."""

    batch: int
    length: int
    width: int
    n_heads: int
    n_layers: int
    vocabulary: int
    steps: int

    @property
    def hidden(self) -> int:
        return 4 * self.width

    @property
    def tokens(self) -> int:
        """Tokens in a step."""
        return self.batch * self.length


@dataclass(frozen=True)
class OpCase:
    """An op, the shapes of its operands, and what else it is told."""

    op: str
    operands: list[list[int]]
    settings: dict[str, Any] = field(default_factory=dict)


ADAMW = {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8}
DECAY = 0.01
CHECKED_STEPS = 3  # after these, all must have the same loss
DECIMALS = 5  # that must agree

INFERENCE = Size(8, 128, 768, 12, 2, 1000, steps=1)

HEADS = [32, 4, 64, 32]
OPS = {
    "linear 2048 x 128 to 512": OpCase("linear", [[2048, 128], [512, 128], [512]]),
    "gelu 2048 x 512": OpCase("gelu", [[2048, 512]]),
    "gelu_tanh 2048 x 512": OpCase("gelu_tanh", [[2048, 512]]),
    "layer_norm 2048 x 128": OpCase("layer_norm", [[2048, 128], [128], [128]]),
    "layer_norm 2048 x 768": OpCase("layer_norm", [[2048, 768], [768], [768]]),
    "rms_norm 2048 x 128": OpCase("rms_norm", [[2048, 128], [128]]),
    "cross_entropy 2048 x 1000": OpCase("cross_entropy", [[2048, 1000]]),
    "cross_entropy 2048 x 5000": OpCase("cross_entropy", [[2048, 5000]]),
    "attention, causal": OpCase("attention", [HEADS] * 3, {"mask": "causal"}),
    "attention, padded": OpCase("attention", [HEADS] * 3, {"mask": "padding"}),
    "softmax 8192 x 64": OpCase("softmax", [[8192, 64]]),
    "embedding 1000 x 128": OpCase("embedding", [[1000, 128]]),
    "AdamW, 1,048,576 numbers": OpCase("adamw", [[1024, 1024]]),
}

GROWTH = {  # a letter, what it changes of `course`, and the values that it takes
    "T": ("length", [32, 64, 128, 256]),
    "B": ("batch", [8, 16, 32, 64]),
    "D": ("width", [64, 128, 256]),
    "L": ("n_layers", [1, 2, 4, 8]),
}


@dataclass(frozen=True)
class Rare:
    """A table of which most rows get a gradient once, and never again."""

    rows: int = 4000
    width: int = 64
    tokens: int = 256
    share: float = 0.05  # of the rows that stay in use
