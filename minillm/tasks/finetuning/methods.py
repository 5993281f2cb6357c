"""What of a pretrained model is changed by fine-tuning, and at which rate."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from minillm.autograd import Parameter
from minillm.models import GptClassifier, SequenceClassifier
from minillm.nn import Adapter, Module, add_adapters, add_lora
from minillm.optim import ParameterGroup, decay_groups
from minillm.tasks.finetuning.recipe import FinetuneRecipe

Groups = list[ParameterGroup]
TextModel = SequenceClassifier | GptClassifier


def full(model: TextModel, recipe: FinetuneRecipe, rng: np.random.Generator) -> Groups:
    """All weights; lower layers more slowly where ``layer_decay`` is below 1."""
    return layer_groups(model, recipe.layer_decay)


def head(model: TextModel, recipe: FinetuneRecipe, rng: np.random.Generator) -> Groups:
    """The classification head alone: the rest is as if it were a table of features."""
    model.body.freeze()
    return decay_groups(model)


def lora(model: TextModel, recipe: FinetuneRecipe, rng: np.random.Generator) -> Groups:
    """The head, and a change of low rank in the linear layers that the recipe names."""
    body = model.body.freeze()
    add_lora(body, recipe.rank, rng=rng, names=recipe.names, alpha=recipe.alpha or None)
    return decay_groups(model)


def adapter(model: TextModel, recipe: FinetuneRecipe, rng: np.random.Generator) -> Groups:
    """The head, and two small networks in every block: new ones, or those that it has already.

    Raises:
        ValueError: it has some, and the recipe wants another width.
    """
    body = model.body.freeze()
    there = [module for _, module in body.named_modules() if isinstance(module, Adapter)]
    width = len(there[0].down.data) if there else recipe.adapter_width
    if recipe.adapter_width not in (width, FinetuneRecipe.adapter_width):
        raise ValueError(
            f"adapter_width {recipe.adapter_width}: the model has adapters of width {width}, "
            "which go on as they are"
        )
    if not there:
        add_adapters(body, recipe.adapter_width, rng=rng)
    for one in there:
        one.unfreeze().layer.freeze()
    return decay_groups(model)


METHODS: dict[str, Callable[[TextModel, FinetuneRecipe, np.random.Generator], Groups]] = {
    "full": full,
    "head": head,
    "lora": lora,
    "adapter": adapter,
}


def layer_groups(model: Module, decay: float) -> Groups:
    """All parameters that are not frozen, each layer's rate ``decay`` times that of the one above::

        head: 1,   last block: decay,   ...,   first block: decay^L,   embeddings: decay^(L + 1)

    What stands behind the blocks goes with the head.  Matrices decay, vectors do not: see
    ``decay_groups``.

    Source: Howard & Ruder 2018, "Universal Language Model Fine-tuning for Text Classification",
        section 3.2 (discriminative fine-tuning).
    Guide: 2.1, 9.3.4 (G32).
    """
    names = [name for name, _ in model.named_parameters()]
    blocks = {block for name in names if (block := block_of(name)) is not None}
    n_layers = len(blocks)
    found: dict[tuple[int, bool], list[Parameter]] = {}
    seen = False
    for name, parameter in model.named_parameters():
        block = block_of(name)
        seen = seen or block is not None
        above = 0 if seen else n_layers + 1
        depth = above if block is None else n_layers - block
        if parameter.requires_grad:
            found.setdefault((depth, parameter.ndim >= 2), []).append(parameter)
    return [
        ParameterGroup(parameters, decay**depth, None if matrices else 0.0)
        for (depth, matrices), parameters in found.items()
    ]


def block_of(name: str) -> int | None:
    """The number of the block that a parameter's path leads through, if any."""
    parts = name.split(".")
    return int(parts[parts.index("blocks") + 1]) if "blocks" in parts else None
