"""Small GPTs with one feed-forward network or with experts, and what is measured of each.

Letters: E experts, F capacity factors.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from minillm.autograd import Tensor, no_grad
from minillm.labs.small_gpt import GptSizes, GptTraining, learn_batches, start_with
from minillm.labs.worlds.clustered_tokens import ClusteredTokens
from minillm.models import Gpt, gpt2_style
from minillm.models.gpt_experts import give_experts
from minillm.nn import Experts, balance_of, noted_routings
from minillm.ops import IGNORE
from minillm.ops.flops import count_flops
from minillm.tasks.metrics.shared_information import shared_information
from minillm.training import evaluating

Batch = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Mixture:
    """E experts of ``hidden`` units, of which a token uses ``top``."""

    n_experts: int = 8
    hidden: int = 4
    top: int = 2


def hidden_of_equal_flops(mixture: Mixture) -> int:
    """Units of one network with the operations of K experts and their router, or a few more::

        2 D H >= 2 K D h + D E

    These are the products of a token, halved.
    """
    return mixture.top * mixture.hidden + math.ceil(mixture.n_experts / 2)


def hidden_of_equal_parameters(mixture: Mixture, width: int) -> int:
    """Units of one network with as many numbers as E experts and their router, or a few more::

        2 D H + H + D >= E (2 D h + h + D) + D E

    H is what is asked for, h the units of an expert.
    """
    e, h, d = mixture.n_experts, mixture.hidden, width
    return math.ceil((e * (2 * d * h + h + d) + d * e - d) / (2 * d + 1))


def new_model(
    world: ClusteredTokens, sizes: GptSizes, *, hidden: int, rng: np.random.Generator
) -> Gpt:
    """A GPT with one feed-forward network of so many units."""
    shape = {"width": sizes.width, "n_layers": sizes.n_layers, "n_heads": sizes.n_heads}
    config = gpt2_style(world.tokens, **shape, max_length=world.length)
    model = Gpt(replace(config, hidden=hidden), rng=rng)
    start_with((p for p in model.parameters() if p.ndim == 2), sizes.std)
    return model


def with_experts(
    world: ClusteredTokens, sizes: GptSizes, mixture: Mixture, *, rng: np.random.Generator
) -> Gpt:
    """A GPT with experts in every block."""
    model = new_model(world, sizes, hidden=mixture.hidden, rng=rng)
    layers = give_experts(model, mixture.n_experts, rng=rng, top=mixture.top)
    start_with((p for one in layers for p in one.parameters() if p.ndim == 2), sizes.std)
    return model


def asked(ids: np.ndarray) -> Batch:
    """Inputs and targets; the second token of a text cannot be known and is not asked for."""
    targets = ids[:, 1:].copy()
    targets[:, 0] = IGNORE
    return ids[:, :-1], targets


def learn(model: Gpt, batches: list[Batch], training: GptTraining, balance: float) -> None:
    """Train; ``balance`` times the balance loss of every layer of experts is added to the loss."""

    def loss_of(batch: Batch) -> Tensor:
        with noted_routings() as seen:
            loss = model.loss(*batch)
        for routing in seen if balance else []:
            loss = loss + balance * balance_of(routing)
        return loss

    learn_batches(model, loss_of, batches, training)


def operations(model: Gpt, batch: Batch) -> int:
    """Of one step of training, counted."""
    with count_flops() as flops:
        model.loss(*batch).backward()
    for parameter in model.parameters():
        parameter.grad = None
    return flops.total


@no_grad()
def excess(model: Gpt, world: ClusteredTokens, texts: np.ndarray) -> float:
    """Nats of a token above the least that there can be."""
    with evaluating(model):
        return float(model.loss(*asked(texts)).data) - world.floor


@no_grad()
def of_experts(
    model: Gpt,
    world: ClusteredTokens,
    texts: np.ndarray,
    factors: tuple[float, ...],
    shuffled: np.random.Generator,
) -> dict[str, Any]:
    """How the last block's experts are used by tokens behind the first, and what capacity costs.

    ``use (E,)``: shares of first choices, the largest first.  ``cluster``: the share of what
    there is to be known of a token's cluster that its first expert tells, and with clusters
    shuffled.  ``dropped``, ``bounded (F,)``: shares of choices without a place, and the excess,
    under each factor.
    """
    inputs, _ = asked(texts)
    with evaluating(model), noted_routings() as seen:
        model(inputs)
    n_experts = seen[-1].probabilities.shape[1]
    first = seen[-1].chosen[:, 0].reshape(inputs.shape)[:, 1:].reshape(-1)
    clusters = world.cluster_of(inputs[:, 1:]).reshape(-1)
    mixed = shuffled.permutation(clusters)
    use = np.bincount(first, minlength=n_experts) / len(first)
    dropped, bounded = zip(*(with_capacity(model, world, texts, f) for f in factors), strict=True)
    return {
        "use": np.sort(use)[::-1].tolist(),
        "cluster": [shared_information(first, one) for one in (clusters, mixed)],
        "dropped": [*dropped],
        "bounded": [*bounded],
    }


def with_capacity(
    model: Gpt, world: ClusteredTokens, texts: np.ndarray, factor: float
) -> tuple[float, float]:
    """The share of choices that find no place, and the excess, under this capacity factor."""
    layers = [m for _, m in model.named_modules() if isinstance(m, Experts)]
    before = [layer.capacity_factor for layer in layers]
    try:
        for layer in layers:
            layer.capacity_factor = factor
        with noted_routings() as seen:
            above = excess(model, world, texts)
    finally:
        for layer, old in zip(layers, before, strict=True):
            layer.capacity_factor = old
    lost, choices = sum(r.dropped for r in seen), sum(r.kept.size for r in seen)
    return lost / choices, above
