"""Put other layers in the place of linear ones, in a model that is there already."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from minillm.backend import stream
from minillm.nn.adapter import Adapter
from minillm.nn.linear import Linear
from minillm.nn.lora import LoRA
from minillm.nn.module import Module

Put = Callable[[Module], None]


def add_lora(
    model: Module,
    rank: int,
    *,
    rng: np.random.Generator,
    names: Sequence[str] = ("query", "value"),
    alpha: float | None = None,
) -> list[str]:
    """Give the linear layers of these names a change of low rank; the paths where they stand.

    A name is the end of a path: "query" is every query, "blocks.0.attention.query" one.  These
    layers are frozen, and nothing else: see ``Module.freeze``.  Make the optimizer afterwards, of
    ``model.trainable_parameters()``: one from before knows nothing of the change.

    Raises:
        ValueError: no linear layer has such a name; as ``LoRA``.
    Source: Hu et al. 2021, section 4.2, for queries and values.
    """
    return replace_linear(model, names, lambda layer: LoRA(layer, rank, rng=rng, alpha=alpha))


def add_adapters(
    model: Module,
    width: int,
    *,
    rng: np.random.Generator,
    names: Sequence[str] = ("attention.output", "feed_forward.outer"),
) -> list[str]:
    """Put an adapter behind the linear layers of these names; the paths where they stand.

    Raises:
        ValueError: no linear layer has such a name; as ``Adapter``.
    Source: Houlsby et al. 2019, section 2.1: twice in a layer, before the residual addition.
    """
    return replace_linear(model, names, lambda layer: Adapter(layer, width, rng=rng))


def merge_lora(model: Module) -> list[str]:
    """Write every change of low rank into its weight: a model without LoRA; where they stood.

    What is merged is trained from then on, unless it is frozen anew.

    Raises:
        ValueError: the model has none, or none any more.
    """
    found = [place for place in places(model) if isinstance(place[-1], LoRA)]
    if not found:
        raise ValueError(f"merge_lora: no LoRA in this {type(model).__name__}: merged already?")
    made = {id(layer): layer.merged() for _, _, layer in found}  # one at two places stays one
    for _, put, layer in found:
        put(made[id(layer)])
    return [path for path, _, _ in found]


def load_with_adapters(model: Module, state: Mapping[str, np.ndarray]) -> None:
    """Give a model the parameters of another, with adapters where that one has some.

    Nothing is frozen afterwards.

    Raises:
        ValueError: as ``add_adapters`` and ``Module.load_state_dict``.
    """
    for name, array in state.items():
        if name.endswith(".down"):
            rng = stream(0, "overwritten at once")
            add_adapters(model, len(array), rng=rng, names=[name.removesuffix(".down")])
    model.load_state_dict(state)
    model.unfreeze()


def replace_linear(
    model: Module, names: Sequence[str], make: Callable[[Linear], Module]
) -> list[str]:
    """Put ``make(layer)`` in the place of every linear layer whose path ends in one of ``names``.

    Raises:
        TypeError: ``names`` is one name.
        ValueError: a name that no linear layer has; the layers of that name are changed already.
    """
    if isinstance(names, str):
        raise TypeError(f"names must be a list of names, got {names!r}")
    every = list(places(model))
    found: dict[str, tuple[Put, Linear]] = {}
    for name in names:
        named = [place for place in every if f".{place[0]}".endswith(f".{name}")]
        linear = {path: (put, one) for path, put, one in named if isinstance(one, Linear)}
        if not linear:
            raise ValueError(refusal(name, named, every))
        found |= linear
    one_each = {id(layer): layer for _, layer in found.values()}  # one at two places stays one
    made = {which: make(layer) for which, layer in one_each.items()}
    for put, layer in found.values():
        put(made[id(layer)])
    return list(found)


def refusal(name: str, named: Sequence[Any], every: Sequence[Any]) -> str:
    """Why no layer of that name can be replaced."""
    if any(isinstance(layer, LoRA | Adapter) for _, _, layer in named):
        if isinstance(named[0][-1], LoRA):
            return f"the linear layers {name!r} have a LoRA already: merge it, or take a new model"
        return f"the linear layers {name!r} have an Adapter already: take a new model"
    known = sorted({path.split(".")[-1] for path, _, one in every if isinstance(one, Linear)})
    return f"no linear layer is named {name!r}; there are {', '.join(known) or 'none'}"


def places(model: Module) -> Iterator[tuple[str, Put, Any]]:
    """Path, a function that puts another module there, and the module, for each below ``model``."""
    for path, holder in list(model.named_modules()):
        if isinstance(holder, LoRA | Adapter):
            continue
        for name, value in list(vars(holder).items()):
            head = f"{path}.{name}" if path else name
            if isinstance(value, Module):
                yield head, partial(setattr, holder, name), value
            elif isinstance(value, list):
                for i, item in enumerate(value):
                    if isinstance(item, Module):
                        yield f"{head}.{i}", partial(value.__setitem__, i), item
