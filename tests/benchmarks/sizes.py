"""What is timed: one training step of a causal language model, at three sizes.

Letters: B sequences, T tokens each, D width, H heads, L layers, F hidden width, V vocabulary.
The model adds learned positions to token vectors, sends them through pre-norm blocks and a
last LayerNorm, and ends in a head of its own (not the token table).  No dropout.  Targets are
the next tokens; AdamW decays every weight.

No NumPy here: the process that asks the others must stay small, because the peak memory of a
child process on Linux starts at that of the parent.
"""

from __future__ import annotations

from dataclasses import dataclass


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


SIZES = {
    "tiny": Size(32, 32, 64, 4, 2, 100, steps=20),
    "course": Size(32, 64, 128, 4, 4, 1000, steps=3),
    "mid": Size(16, 128, 256, 8, 6, 5000, steps=1),
}
ADAMW = {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8}
DECAY = 0.01
CHECKED_STEPS = 3  # after these, all must have the same loss
DECIMALS = 5
