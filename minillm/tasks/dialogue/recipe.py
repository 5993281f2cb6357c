"""The settings of learning from conversations, and from preferences between answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from minillm.nn import Module
from minillm.nn.recomputing import recompute_blocks
from minillm.optim import AdamW, decay_groups, linear_with_warmup
from minillm.tasks.fingerprints import digest_of_json
from minillm.tasks.recipe import accumulate_setting, check_numbers, recompute_setting, setting
from minillm.training import Stage, batches_per_epoch
from minillm.training.checkpointing import digest_of_weights
from minillm.training.data_parallel import gradients_by

SAVE_EVERY = 100  # updates


@dataclass(frozen=True)
class ChatRecipe:
    """How a language model learns to answer as the assistant of some conversations does.

    Raises:
        ValueError: a number that makes no sense, with its name.
    """

    seed: int = setting(0, "of order and dropout")
    batch_size: int = setting(16, "conversations, or pairs of answers, in one update")
    epochs: float = setting(4.0, "passes over them")
    lr: float = setting(1e-3, "highest learning rate")
    weight_decay: float = setting(
        0.01, "share of each matrix that AdamW takes off, times the rate; vectors keep all"
    )
    max_norm: float = setting(1.0, "longest gradient, all parameters together; 0: any length")
    recompute: int = recompute_setting()
    accumulate: int = accumulate_setting()

    def __post_init__(self) -> None:
        check_numbers(self, {"batch_size": 1})
        if self.epochs == 0:
            raise ValueError("epochs must be above 0: nothing would be learned")


@dataclass(frozen=True)
class PreferenceRecipe(ChatRecipe):
    """How it learns which of two answers is preferred.

    Raises:
        ValueError: a number that makes no sense, with its name.
    """

    epochs: float = setting(2.0, "passes over the pairs")
    lr: float = setting(5e-5, "highest learning rate")
    beta: float = setting(0.1, "how dear it is to leave the reference")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.beta == 0:
            raise ValueError("beta must be above 0, got 0: nothing would hold the model")


def facts_of(
    recipe: ChatRecipe, model: Module, *, data: Sequence[Any], held_out: Sequence[Any]
) -> dict[str, Any]:
    """What decides a run: the settings, what is learned and measured on, and the first weights."""
    given = {"data": digest_of_json(list(data)), "held_out": digest_of_json(list(held_out))}
    return {**asdict(recipe), **given, "model": digest_of_weights(model)}


def save_every(recipe: ChatRecipe, n: int) -> int:
    """After how many updates a checkpoint is written: after every pass, or 100 if that is less."""
    return min(SAVE_EVERY, batches_per_epoch(n, recipe.batch_size))


def stage_of(
    name: str,
    recipe: ChatRecipe,
    model: Module,
    n: int,
    *,
    loss_of: Callable[[Any], Any],
    batches: Callable[[int, int], Any],
    count: Callable[[Any], float],
    held_out: Callable[[], float] | None,
    keep: Literal["last", "best"] = "last",
) -> Stage:
    """AdamW over ``n`` examples, under a rate that rises for a tenth of the updates, then falls.

    ``count`` says how many targets some rows of a batch have.
    """
    per_epoch = batches_per_epoch(n, recipe.batch_size)
    steps = max(1, round(recipe.epochs * per_epoch))
    recompute_blocks(model, recipe.recompute)
    return Stage(
        name,
        loss_of,
        batches,
        steps,
        optimizer=lambda: AdamW(decay_groups(model), weight_decay=recipe.weight_decay),
        schedule=linear_with_warmup(peak=recipe.lr, warmup=steps // 10, total=steps),
        max_norm=recipe.max_norm or None,
        gradients=gradients_by(recipe, count),
        held_out=held_out,
        evaluate_every=per_epoch if held_out else None,
        keep=keep,
    )
