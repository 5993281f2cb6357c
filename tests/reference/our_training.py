"""Our side of the stored training runs."""

from __future__ import annotations

from typing import Any

import numpy as np

from minillm import ops, optim
from minillm.autograd import Parameter, gradients_of
from tests.reference.stored import FOLDER, load

STORED = load(FOLDER / "optimizers.npz")
SCHEDULES = {"linear": optim.linear_with_warmup, "cosine": optim.cosine_with_warmup}


def trained(recipe: dict[str, Any]) -> dict[str, Any]:
    """Losses, learning rates and the last weights of one recipe, in float64."""
    problem = STORED["problem"]
    weights = [Parameter(weight.copy()) for weight in problem["weights"]]
    w1, b1, w2, b2 = weights
    optimizer = made(weights, recipe)
    schedule = scheduled(recipe)
    losses, rates = [], []
    for step in range(STORED["steps"]):
        hidden = ops.tanh(ops.linear(problem["x"], w1, b1))
        loss = ops.squared_error(ops.linear(hidden, w2, b2), targets=problem["y"])
        gradients = gradients_of(loss, optimizer.parameters)
        if "max_norm" in recipe:
            gradients, _ = optim.clip_gradients(gradients, recipe["max_norm"])
        if schedule:
            optimizer.lr = schedule(step)
        losses.append(loss.item())
        rates.append(optimizer.lr)
        optimizer.step(gradients)
    last = [weight.data for weight in weights]
    return {"losses": np.array(losses), "rates": np.array(rates), "weights": last}


def made(weights: list[Parameter], recipe: dict[str, Any]) -> optim.Optimizer:
    """The optimiser; with groups, only the matrices decay."""
    options = dict(recipe.get("options", {}))
    if "decay" in recipe:
        options["weight_decay"] = recipe["decay"]
    groups: Any = weights
    if recipe.get("groups"):
        vectors = optim.ParameterGroup(weights[1::2], weight_decay=0.0)
        groups = [optim.ParameterGroup(weights[::2]), vectors]
    return getattr(optim, recipe["name"])(groups, lr=recipe["lr"], **options)


def scheduled(recipe: dict[str, Any]) -> Any:
    """The learning rate by step, or ``None`` for a constant one."""
    if "schedule" not in recipe:
        return None
    make = SCHEDULES[recipe["schedule"]]
    return make(peak=recipe["lr"], warmup=STORED["warmup"], total=STORED["steps"])


def largest_loss_difference(run: dict[str, Any]) -> float:
    """Between our losses and the stored ones of the same recipe."""
    return float(np.max(np.abs(trained(run["recipe"])["losses"] - run["losses"])))


def title(recipe: dict[str, Any]) -> str:
    """A recipe in a few words."""
    extras = [key for key, value in recipe.get("options", {}).items() if value is not None]
    extras += [str(recipe[key]) for key in ("schedule",) if key in recipe]
    extras += [key for key in ("decay", "groups", "max_norm") if key in recipe]
    return " ".join([recipe["name"], *extras])
