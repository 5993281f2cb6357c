"""The settings of a training on pairs of sentences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from minillm.models.encoder_decoder_config import CHOICES, EncoderDecoderConfig
from minillm.optim import cosine_with_warmup, inverse_square_root_with_warmup
from minillm.tasks.recipe import (
    accumulate_setting,
    check_below_one,
    check_choices,
    check_numbers,
    recompute_setting,
    setting,
)

SCHEDULES = ("cosine", "inverse_sqrt")
POSITIVE = (
    *("min_count", "width", "n_layers", "n_heads", "batch_size", "steps", "warmup"),
    *("evaluate_every", "held_out_pairs"),
)


@dataclass(frozen=True)
class TranslationRecipe:
    """The sizes of an encoder-decoder and the settings of its training.

    Raises:
        ValueError: a number that makes no sense, with its name.
    """

    seed: int = setting(0, "of initial weights, order and dropout")
    tokenizer: str = setting(
        "byte_pairs:6000",
        "with its number of tokens: byte_pairs:6000 (256 are the bytes) or wordpiece:6000; or word "
        "or character, where Chinese characters are words",
    )
    separate: bool = setting(False, "each language has tokens of its own, and as many")
    min_count: int = setting(2, "a token, or pair to join, that is rarer is not learned")
    width: int = setting(128, "of every token's vector")
    n_layers: int = setting(3, "blocks of the encoder, and as many of the decoder")
    n_heads: int = setting(4, "attention heads in each block")
    max_length: int = setting(64, "tokens of a source or a target; longer pairs are left out")
    order: str = setting(
        "pre", "what is normalised: the input of each part, or its sum", CHOICES["order"]
    )
    positions: str = setting("sinusoidal", "where a token stands", CHOICES["positions"])
    dropout: float = setting(0.1, "rate, in training")
    smoothing: float = setting(0.1, "share of every target that all tokens have in equal parts")
    batch_size: int = setting(64, "pairs in an update")
    steps: int = setting(3000, "updates")
    lr: float = setting(1e-3, "highest learning rate, after the warm-up")
    schedule: str = setting("cosine", "how the rate falls behind the warm-up", SCHEDULES)
    warmup: int = setting(400, "updates in which the rate rises, at most a tenth of all")
    beta2: float = setting(0.98, "how slowly AdamW forgets squared gradients")
    weight_decay: float = setting(
        0.01, "share of each matrix that AdamW takes off, times the rate; vectors keep all"
    )
    max_norm: float = setting(1.0, "longest gradient, all parameters together; 0: any length")
    evaluate_every: int = setting(250, "updates after which the held-out loss is measured")
    held_out_pairs: int = setting(1000, "of the held-out pairs at most so many are scored")
    patience: int = setting(
        0, "held-out losses in a row without a better one that end it; 0: never"
    )
    recompute: int = recompute_setting()
    accumulate: int = accumulate_setting()

    def __post_init__(self) -> None:
        check_choices(self)
        check_numbers(self, dict.fromkeys(POSITIVE, 1))
        if self.width % self.n_heads:
            raise ValueError(f"width {self.width} does not split into n_heads {self.n_heads}")
        if self.positions == "sinusoidal" and self.width % 2:
            raise ValueError(f"width {self.width} must be even where positions are sinusoidal")
        check_below_one(self, "dropout", "smoothing", "beta2")
        if self.max_length < 2:
            raise ValueError(f"max_length must be at least 2, got {self.max_length}")

    def model_config(self, source_size: int, target_size: int) -> EncoderDecoderConfig:
        """The sizes and parts of the model."""
        return EncoderDecoderConfig(
            source_size,
            target_size,
            width=self.width,
            n_layers=self.n_layers,
            n_heads=self.n_heads,
            max_length=self.max_length,
            order=self.order,
            positions=self.positions,
            shared=not self.separate,
            dropout=self.dropout,
        )

    def rates(self) -> Callable[[int], float]:
        """The learning rate as a function of the step."""
        warmup = max(1, min(self.warmup, self.steps // 10))
        if self.schedule == "inverse_sqrt":
            return inverse_square_root_with_warmup(peak=self.lr, warmup=warmup)
        warmup = min(warmup, self.steps - 1)
        return cosine_with_warmup(peak=self.lr, warmup=warmup, total=self.steps)
