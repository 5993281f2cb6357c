"""The settings of a pretraining from left to right."""

from __future__ import annotations

from dataclasses import dataclass

from minillm.models.gpt_config import GptConfig, gpt2_style, llama_style
from minillm.tasks.recipe import (
    accumulate_setting,
    check_below_one,
    check_numbers,
    recompute_setting,
    setting,
)

STYLES = {"gpt2": gpt2_style, "llama": llama_style}
POSITIVE = (
    *("min_count", "width", "n_layers", "n_heads", "max_length", "batch_size", "steps"),
    *("evaluate_every", "held_out_tokens"),
)


@dataclass(frozen=True)
class GptRecipe:
    """The sizes of a GPT and the settings of its pretraining; the default is nanoGPT's for CPUs.

    Raises:
        ValueError: a number that makes no sense, with its name.
    """

    seed: int = setting(0, "of initial weights, places in the text and dropout")
    style: str = setting(
        "gpt2", "gpt2 (learned positions, LayerNorm) or llama (rotary, RMSNorm)", tuple(STYLES)
    )
    tokenizer: str = setting(
        "byte_pairs:1000",
        "with its number of tokens: byte_pairs:1000 (256 are the bytes) or wordpiece:1000; or word "
        "or character, which lose line ends, as wordpiece does",
    )
    min_count: int = setting(2, "a token, or pair to join, that is rarer is not learned")
    width: int = setting(128, "of every token's vector")
    n_layers: int = setting(4, "blocks")
    n_heads: int = setting(4, "attention heads in each block")
    max_length: int = setting(64, "tokens that are read at once")
    dropout: float = setting(0.0, "rate, in training")
    batch_size: int = setting(12, "pieces of text in an update")
    steps: int = setting(2000, "updates")
    lr: float = setting(1e-3, "highest learning rate, after the warm-up")
    lowest_lr: float = setting(1e-4, "learning rate at the end of its cosine")
    warmup: int = setting(100, "updates in which the rate rises, at most a tenth of all")
    beta2: float = setting(0.99, "how slowly AdamW forgets squared gradients")
    weight_decay: float = setting(
        0.1, "share of each matrix that AdamW takes off, times the rate; vectors keep all"
    )
    max_norm: float = setting(1.0, "longest gradient, all parameters together; 0: any length")
    evaluate_every: int = setting(250, "updates after which the held-out loss is measured")
    held_out_tokens: int = setting(100_000, "of the held-out text at most so many are scored")
    patience: int = setting(
        0, "held-out losses in a row without a better one that end it; 0: never"
    )
    recompute: int = recompute_setting()
    accumulate: int = accumulate_setting()

    def __post_init__(self) -> None:
        check_numbers(self, dict.fromkeys(POSITIVE, 1))
        check_below_one(self, "dropout", "beta2")
        if self.style not in STYLES:
            raise ValueError(f"style must be one of {', '.join(STYLES)}, got {self.style!r}")
        if self.width % self.n_heads:
            raise ValueError(f"width {self.width} does not split into n_heads {self.n_heads}")
        if self.lowest_lr > self.lr:
            raise ValueError(f"lowest_lr {self.lowest_lr} must not be above lr {self.lr}")

    def model_config(self, vocabulary_size: int) -> GptConfig:
        """The sizes and parts of the model."""
        return STYLES[self.style](
            vocabulary_size,
            width=self.width,
            n_layers=self.n_layers,
            n_heads=self.n_heads,
            max_length=self.max_length,
            dropout=self.dropout,
        )
