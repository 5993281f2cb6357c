"""The settings of a training run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from math import inf
from typing import Any, TypeVar

from minillm.models import BertConfig
from minillm.models.pooling import POOLINGS, require_pooling
from minillm.nn.recomputing import check_blocks
from minillm.training.loop import check_integer

R = TypeVar("R", bound=Any)
LEAST = {"min_count": 1, "max_length": 3, "width": 1, "n_layers": 1, "n_heads": 1, "batch_size": 1}


def setting(
    default: Any,
    meaning: str,
    choices: tuple[str, ...] = (),
    *,
    check: Callable[[Any], None] | None = None,
) -> Any:
    """A field with a default, the sentence that the command line shows for it, and its words.

    ``check`` refuses a value, where the least that ``check_numbers`` knows does not say it all.
    """
    return field(default=default, metadata={"meaning": meaning, "choices": choices, "check": check})


def recompute_setting() -> Any:
    """How many blocks are computed again together."""
    meaning = "blocks in a group that is computed again in backward, for less memory; 0: none"
    return setting(0, meaning, check=check_blocks)


def accumulate_setting() -> Any:
    """In how many parts a batch is computed."""
    meaning = "parts of a batch that are computed one after another, for less memory; 1: the whole"
    return setting(1, meaning, check=check_parts)


def check_parts(n: Any) -> None:
    """Refuse what is no number of parts.

    Raises:
        ValueError: it is below 1.
        TypeError: it is not an integer.
    """
    check_integer("accumulate", n)
    if n < 1:
        raise ValueError(f"accumulate must be at least 1 part of a batch, got {n}")


def check_numbers(recipe: Any, least: Mapping[str, float]) -> None:
    """Refuse a number below its least, which is 0 unless it is named, or one that is not finite.

    Raises:
        ValueError: with the name of the setting; a batch in more parts than rows.
        ValueError, TypeError: as the ``check`` of a setting.
    """
    for entry in fields(recipe):
        value, lowest = getattr(recipe, entry.name), least.get(entry.name, 0)
        if (check := entry.metadata.get("check")) is not None:
            check(value)
        if not isinstance(value, str) and not lowest <= value < inf:
            raise ValueError(f"{entry.name} must be at least {lowest} and finite, got {value}")
    if recipe.accumulate > recipe.batch_size:
        raise ValueError(
            f"accumulate must be at most batch_size {recipe.batch_size}, so that every part has a "
            f"row, got {recipe.accumulate}"
        )


def check_below_one(recipe: Any, *names: str) -> None:
    """Refuse a share or a rate of forgetting that takes all.

    Raises:
        ValueError: with the name of the setting.
    """
    for name in names:
        if getattr(recipe, name) >= 1:
            raise ValueError(f"{name} must be below 1, got {getattr(recipe, name)}")


def check_choices(recipe: Any) -> None:
    """Refuse a word that is none of those that a setting has to choose from.

    Raises:
        ValueError: with the name of the setting, and the words.
    """
    for entry in fields(recipe):
        value, choices = getattr(recipe, entry.name), entry.metadata["choices"]
        if choices and value not in choices:
            raise ValueError(f"{entry.name} must be one of {', '.join(choices)}, got {value!r}")


@dataclass(frozen=True)
class Recipe:
    """The sizes of a model and the settings of its stages: with the data, they decide a run.

    Raises:
        ValueError: a number that makes no sense, with its name.
    """

    seed: int = setting(0, "of initial weights, order, masks and dropout")
    tokenizer: str = setting(
        "word",
        "word or character, where Chinese characters are words; or one that is learned, with its "
        "number of tokens: byte_pairs:2000 or wordpiece:2000",
    )
    min_count: int = setting(1, "a token that is rarer in the training texts is unknown")
    max_length: int = setting(BertConfig.max_length, "longer texts are cut; [CLS] and [SEP] count")
    width: int = setting(BertConfig.width, "of every token's vector")
    n_layers: int = setting(BertConfig.n_layers, "encoder blocks")
    n_heads: int = setting(BertConfig.n_heads, "attention heads in each block")
    dropout: float = setting(BertConfig.dropout, "rate, in training")
    pooling: str = setting("cls", "where the classifier reads a text", tuple(POOLINGS))
    batch_size: int = setting(32, "texts in one update")
    pretrain_epochs: float = setting(3.0, "passes over all texts by masked language modelling")
    pretrain_lr: float = setting(2e-3, "highest learning rate of pretraining")
    finetune_epochs: float = setting(6.0, "passes over the labelled texts")
    finetune_lr: float = setting(1e-3, "highest learning rate of fine-tuning")
    weight_decay: float = setting(
        0.01, "share of each matrix that AdamW takes off, times the rate; vectors keep all"
    )
    max_norm: float = setting(1.0, "longest gradient, all parameters together; 0: any length")
    head_only: bool = setting(False, "fine-tune the classification head, freeze the encoder")
    keep_best: bool = setting(False, "end fine-tuning with the weights of the least held-out loss")
    patience: int = setting(
        0, "held-out losses in a row without a better one that end it, with the best; 0: never"
    )
    recompute: int = recompute_setting()
    accumulate: int = accumulate_setting()

    def __post_init__(self) -> None:
        check_numbers(self, LEAST)
        check_below_one(self, "dropout")
        require_pooling(self.pooling)
        if self.width % self.n_heads:
            raise ValueError(f"width {self.width} does not split into n_heads {self.n_heads}")

    def model_config(self, vocabulary_size: int) -> BertConfig:
        """The sizes of the encoder."""
        return BertConfig(
            vocabulary_size=vocabulary_size,
            width=self.width,
            n_layers=self.n_layers,
            n_heads=self.n_heads,
            hidden=4 * self.width,
            max_length=self.max_length,
            dropout=self.dropout,
        )


def with_kept(recipe: R, kept: Mapping[str, Any]) -> R:
    """``recipe`` with what an earlier run has; what nobody asked for stands at its default.

    Raises:
        ValueError: another size, kind of tokeniser or other part is asked for.
    """
    default = type(recipe)()
    for name, value in kept.items():
        asked = getattr(recipe, name)
        kind = asked.partition(":")[0] if name == "tokenizer" else asked  # its size is as it is
        if kind != value and asked != getattr(default, name):
            raise ValueError(
                f"{name} is {value} in the run to start from, which stays so; got {asked}"
            )
    return replace(recipe, **kept)


PIPELINE = Recipe(max_length=40, pretrain_epochs=6, finetune_epochs=8)  # of ``minillm pipeline``
