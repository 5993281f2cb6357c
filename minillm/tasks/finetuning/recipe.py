"""The settings of a fine-tuning."""

from __future__ import annotations

from dataclasses import dataclass

from minillm.models.pooling import POOLINGS, require_pooling
from minillm.tasks.recipe import accumulate_setting, check_numbers, recompute_setting, setting

RATES = {"full": 1e-3, "head": 1e-2, "lora": 5e-3, "adapter": 5e-3}  # highest, by method
USUAL = "usual"
POSITIVE = ("rank", "adapter_width", "batch_size")


@dataclass(frozen=True)
class FinetuneRecipe:
    """How a pretrained model learns labels: what of it changes, and how it is trained.

    ``method`` is "full" (all weights), "head" (the classification head alone), "lora" or "adapter"
    (the head and small additions, see ``LoRA`` and ``Adapter``); what belongs to one of them is
    idle under the others.

    Raises:
        ValueError: a number that makes no sense, an unknown method; all with their names.
    """

    seed: int = setting(0, "of the split, head, additions, order and dropout")
    method: str = setting(
        "full",
        "full (all weights), head (the classification head alone), or the head and small "
        "additions: lora, adapter",
        choices=tuple(RATES),
    )
    rank: int = setting(8, "of the change that LoRA learns of a weight")
    alpha: float = setting(0.0, "LoRA's change is multiplied by alpha / rank; 0: by 1")
    where: str = setting(
        "query,value", "names of the linear layers that LoRA changes, such as query,value,inner"
    )
    adapter_width: int = setting(16, "hidden numbers of an adapter")
    layer_decay: float = setting(
        1.0, "under full, each layer's rate is that of the layer above times this"
    )
    pooling: str = setting(
        USUAL,
        "where the classifier reads a text; usual: cls in a BERT, last in a GPT",
        choices=(USUAL, *POOLINGS),
    )
    batch_size: int = setting(32, "texts in one update")
    epochs: float = setting(6.0, "passes over the labelled texts")
    lr: float = setting(
        0.0,
        "highest learning rate; 0: "
        + ", ".join(f"{rate:g} for {method}" for method, rate in RATES.items()),
    )
    weight_decay: float = setting(
        0.01, "share of each matrix that AdamW takes off, times the rate; vectors keep all"
    )
    max_norm: float = setting(1.0, "longest gradient, all parameters together; 0: any length")
    patience: int = setting(
        0, "held-out losses in a row without a better one that end it, with the best; 0: never"
    )
    new_head: bool = setting(
        False, "learn a new classification head, where the model has one for other labels"
    )
    recompute: int = recompute_setting()
    accumulate: int = accumulate_setting()

    def __post_init__(self) -> None:
        if self.method not in RATES:
            raise ValueError(f"method must be one of {', '.join(RATES)}, got {self.method!r}")
        check_numbers(self, dict.fromkeys(POSITIVE, 1))
        if not 0 < self.layer_decay <= 1:
            raise ValueError(f"layer_decay must be above 0 and at most 1, got {self.layer_decay}")
        if self.pooling != USUAL:
            require_pooling(self.pooling)
        if not self.names:
            raise ValueError(f"where must name linear layers, got {self.where!r}")

    @property
    def names(self) -> list[str]:
        """The linear layers that LoRA changes."""
        return [name.strip() for name in self.where.split(",") if name.strip()]

    @property
    def peak(self) -> float:
        """The highest learning rate."""
        return self.lr or RATES[self.method]
