"""PyTorch's side of the optimisers: 200 steps of a small regression, in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

STEPS, WARMUP = 200, 20
INPUTS, HIDDEN, OUTPUTS, EXAMPLES = 5, 7, 3, 16
ADAM = {"betas": (0.9, 0.99), "eps": 1e-6}
RECIPES: list[dict[str, Any]] = [
    {"name": "SGD", "lr": 0.1},
    {"name": "SGD", "lr": 0.02, "options": {"momentum": 0.9}},
    {"name": "SGD", "lr": 0.02, "options": {"momentum": 0.9, "nesterov": True}},
    {"name": "SGD", "lr": 0.1, "max_norm": 0.3},
    {"name": "Adam", "lr": 0.01},
    {"name": "Adam", "lr": 0.01, "options": ADAM, "schedule": "linear"},
    {"name": "AdamW", "lr": 0.01, "decay": 0.3},
    {"name": "AdamW", "lr": 0.02, "decay": 0.3, "schedule": "cosine", "groups": True},
]


def content() -> dict[str, Any]:
    """The problem, and for every recipe the losses before each step and the last weights."""
    rng = np.random.default_rng(7)
    shapes = (HIDDEN, INPUTS), (HIDDEN,), (OUTPUTS, HIDDEN), (OUTPUTS,)
    problem = {
        "x": rng.standard_normal((EXAMPLES, INPUTS)),
        "y": rng.standard_normal((EXAMPLES, OUTPUTS)),
        "weights": [0.5 * rng.standard_normal(shape) for shape in shapes],
    }
    return {
        "problem": problem,
        "steps": STEPS,
        "warmup": WARMUP,
        "runs": [{"recipe": recipe, **trained(problem, recipe)} for recipe in RECIPES],
    }


def trained(problem: dict[str, Any], recipe: dict[str, Any]) -> dict[str, Any]:
    """Losses, learning rates and the last weights."""
    weights = [torch.tensor(weight, requires_grad=True) for weight in problem["weights"]]
    x, y = torch.tensor(problem["x"]), torch.tensor(problem["y"])
    optimizer = made(weights, recipe)
    schedule = scheduled(optimizer, recipe.get("schedule"))
    losses, rates = [], []
    for _ in range(STEPS):
        w1, b1, w2, b2 = weights
        loss = ((torch.tanh(x @ w1.T + b1) @ w2.T + b2 - y) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        if "max_norm" in recipe:
            torch.nn.utils.clip_grad_norm_(weights, recipe["max_norm"])
        losses.append(loss.item())
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if schedule:
            schedule.step()
    return {
        "losses": np.array(losses),
        "rates": np.array(rates),
        "weights": [weight.detach().numpy() for weight in weights],
    }


def made(weights: list[torch.Tensor], recipe: dict[str, Any]) -> torch.optim.Optimizer:
    """The optimiser; with groups, only the matrices decay."""
    options = dict(recipe.get("options", {}))
    if "decay" in recipe:
        options["weight_decay"] = recipe["decay"]
    groups: Any = weights
    if recipe.get("groups"):
        vectors = {"params": weights[1::2], "weight_decay": 0.0}
        groups = [{"params": weights[::2]}, vectors]
    return getattr(torch.optim, recipe["name"])(groups, lr=recipe["lr"], **options)


def scheduled(optimizer: torch.optim.Optimizer, kind: str | None) -> Any:
    """Up in ``WARMUP`` steps, then down to 0 at ``STEPS``."""
    if kind is None:
        return None
    schedulers = torch.optim.lr_scheduler
    rest = STEPS - WARMUP
    up = schedulers.LinearLR(optimizer, 1.0 / WARMUP, total_iters=WARMUP - 1)
    down = (
        schedulers.LinearLR(optimizer, 1.0, 0.0, total_iters=rest)
        if kind == "linear"
        else schedulers.CosineAnnealingLR(optimizer, rest)
    )
    return schedulers.SequentialLR(optimizer, [up, down], [WARMUP])
