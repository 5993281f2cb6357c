"""The settings of a tagger and of its training."""

from __future__ import annotations

from dataclasses import dataclass

from minillm.models import BertConfig
from minillm.tasks.entities.schemes import SCHEMES
from minillm.tasks.entities.shapes import SHAPES
from minillm.tasks.recipe import (
    accumulate_setting,
    check_below_one,
    check_choices,
    check_numbers,
    recompute_setting,
    setting,
)

LEAST = {
    "min_count": 1,
    "max_length": 3,
    "width": 1,
    "n_layers": 1,
    "n_heads": 1,
    "batch_size": 1,
    "lr": 0,
    "epochs": 0,
}
HEADS = ("crf", "token")


@dataclass(frozen=True)
class TaggerRecipe:
    """The sizes of a tagger and how it is trained: with the data, they decide a run.

    Raises:
        ValueError: a number that makes no sense, with its name.
    """

    seed: int = setting(0, "of initial weights, order, hidden words and dropout")
    head: str = setting("crf", "tags of a sentence together, or each word by itself", HEADS)
    scheme: str = setting("BIO", "the tags that are learned", tuple(SCHEMES))
    tokenizer: str = setting("wordpiece:4000", "of words; one that is learned with its size")
    min_count: int = setting(1, "a piece that is rarer in the training texts is unknown")
    max_length: int = setting(128, "pieces of a sentence; longer ones are read in parts")
    width: int = setting(64, "of every piece's vector")
    radius: int = setting(2, "neighbours on either side that a piece takes in first; 0: none")
    n_layers: int = setting(1, "encoder blocks")
    n_heads: int = setting(4, "attention heads in each block")
    dropout: float = setting(0.3, "rate, in training")
    hidden_words: float = setting(0.1, "share of pieces that are hidden in training")
    batch_size: int = setting(16, "sentences in one update")
    epochs: float = setting(10.0, "passes over the sentences")
    lr: float = setting(2e-3, "highest learning rate")
    weight_decay: float = setting(
        0.01, "share of each matrix that AdamW takes off, times the rate; vectors keep all"
    )
    max_norm: float = setting(1.0, "longest gradient, all parameters together; 0: any length")
    patience: int = setting(
        0, "held-out losses in a row without a better one that end it, with the best; 0: never"
    )
    recompute: int = recompute_setting()
    accumulate: int = accumulate_setting()

    def __post_init__(self) -> None:
        check_choices(self)
        check_numbers(self, LEAST)
        check_below_one(self, "dropout")
        if self.hidden_words > 1:
            raise ValueError(f"hidden_words must be at most 1, got {self.hidden_words}")
        if self.width % self.n_heads:
            raise ValueError(f"width {self.width} does not split into n_heads {self.n_heads}")

    def model_config(self, vocabulary_size: int) -> BertConfig:
        """The sizes of the encoder, whose segments are the shapes of words."""
        return BertConfig(
            vocabulary_size=vocabulary_size,
            width=self.width,
            n_layers=self.n_layers,
            n_heads=self.n_heads,
            hidden=4 * self.width,
            max_length=self.max_length,
            n_segments=len(SHAPES),
            dropout=self.dropout,
        )
