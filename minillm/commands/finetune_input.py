"""``finetune``: what is refused before anything is read or written, and the texts to learn from."""

from __future__ import annotations

import argparse

from minillm.backend import stream
from minillm.tasks import k_shot
from minillm.tasks.finetuning import FinetuneRecipe, Pretrained
from minillm.text import Example

# settings that one method has
OWN = {"rank": "lora", "alpha": "lora", "where": "lora"}
OWN |= {"adapter_width": "adapter", "layer_decay": "full"}


def refuse_idle(recipe: FinetuneRecipe) -> None:
    """Refuse to learn nothing, and settings that do nothing under the method.

    Raises:
        ValueError: names the option.
    """
    if recipe.epochs == 0:
        raise ValueError("--epochs must be above 0: the labels would not be learned")
    for name, method in OWN.items():
        if recipe.method != method and getattr(recipe, name) != getattr(FinetuneRecipe, name):
            option = name.replace("_", "-")
            raise ValueError(
                f"--{option} does nothing under --method {recipe.method}: it is {method}'s"
            )


def warn_of_leaks(arguments: argparse.Namespace, pretrained: Pretrained) -> None:
    """Say that what a classifier is tested on may be what it has learned before."""
    if pretrained.earlier is not None and arguments.test is None:
        print(
            "MODEL has learned labels before; if from this file, it is tested on texts that it "
            f"knows, unless its --seed was {arguments.seed}, too: better give --test"
        )


def few(train: list[Example], shots: int | None, seed: int) -> list[Example]:
    """``shots`` texts of each label, or all where it is None.

    Raises:
        ValueError: fewer than one, or more than a label has.
    """
    if shots is None:
        return train
    if shots < 1:
        raise ValueError(f"--shots must be at least 1, got {shots}")
    try:
        chosen = k_shot(train, shots, stream(seed, "shots"))
    except ValueError as error:
        raise ValueError(f"--shots {shots}: {error}") from error
    print(f"learned from {len(chosen)} of {len(train)} texts, {shots} of each label")
    return chosen
