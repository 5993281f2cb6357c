"""A GPT whose feed-forward networks are mixtures of experts."""

from __future__ import annotations

import numpy as np

from minillm.models.gpt import Gpt
from minillm.nn import Experts, normal
from minillm.ops import gelu_tanh


def give_experts(
    model: Gpt,
    n_experts: int,
    *,
    rng: np.random.Generator,
    hidden: int | None = None,
    top: int = 2,
    capacity_factor: float | None = None,
    groups: int = 1,
) -> list[Experts]:
    """Put experts in the place of the feed-forward network of every block, and return them.

    Each expert has ``hidden`` units, as many as the network had unless given.  Weights start as
    those of a ``Gpt``: with standard deviation 0.02, those that write into the stream with
    0.02 / √(2L).  GShard does so in every other block.  The configuration still tells of one
    network: the state of the model goes into one that was given the same experts.

    Raises:
        ValueError: as ``Experts``.
    Source: Lepikhin et al. 2021, "GShard: Scaling Giant Models with Conditional Computation and
        Automatic Sharding", arXiv:2006.16668, section 2.1.
    Guide: 7.3.2 (G63).
    """
    c = model.config
    layers = []
    for block in model.blocks:
        layer = Experts(
            c.width,
            c.inner_width if hidden is None else hidden,
            n_experts,
            rng=rng,
            top=top,
            capacity_factor=capacity_factor,
            groups=groups,
            activation=gelu_tanh,
        )
        for name, parameter in layer.named_parameters():
            if parameter.ndim == 2:
                std = 0.02 * (2 * c.n_layers) ** -0.5 if ".outer." in name else 0.02
                parameter.data = normal(parameter.shape, std=std, rng=rng)
        block.feed_forward = layer
        layers.append(layer)
    return layers
