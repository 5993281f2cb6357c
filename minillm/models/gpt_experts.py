"""A GPT whose feed-forward networks are mixtures of experts."""

from __future__ import annotations

import numpy as np

from minillm.models.gpt import Gpt
from minillm.nn import Experts, FeedForward, Linear, PreNormBlock, normal


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

    Experts are what the network was: with its activation and its dtype, with biases where it had
    some.  Each has ``hidden`` units, as many as the network had unless given.  Weights start as
    those of a ``Gpt``: with standard deviation 0.02, those that write into the stream with
    0.02 / √(2L).  GShard does so in every other block.  The configuration still tells of one
    network: the state of the model goes into one that was given the same experts.

    Raises:
        ValueError: a block has another network than a plain one, such as SwiGLU or experts; as
            ``Experts``.  Then no block is changed.
    Source: Lepikhin et al. 2021, "GShard: Scaling Giant Models with Conditional Computation and
        Automatic Sharding", arXiv:2006.16668, section 2.1.
    Guide: 7.3.2 (G63).
    """
    c, layers = model.config, []
    for network in (plain_network(number, block) for number, block in enumerate(model.blocks)):
        layer = Experts(
            c.width,
            c.inner_width if hidden is None else hidden,
            n_experts,
            rng=rng,
            top=top,
            capacity_factor=capacity_factor,
            groups=groups,
            activation=network.activation,
            bias=network.inner.bias is not None,
        )
        for name, parameter in layer.named_parameters():
            if parameter.ndim == 2:
                std = 0.02 * (2 * c.n_layers) ** -0.5 if ".outer." in name else 0.02
                parameter.data = normal(parameter.shape, std=std, rng=rng)
        layers.append(layer.to_dtype(network.inner.weight.dtype.type))
    for block, layer in zip(model.blocks, layers, strict=True):
        block.feed_forward = layer
    return layers


def plain_network(number: int, block: PreNormBlock) -> FeedForward:
    """The feed-forward network of a block, whose kind experts can have.

    Raises:
        ValueError: see ``give_experts``.
    """
    network, kind = block.feed_forward, type(block.feed_forward).__name__
    if isinstance(network, FeedForward):
        if all(type(layer) is Linear for layer in (network.inner, network.outer)):
            return network
        kind = "one with layers that were replaced"
    raise ValueError(
        "give_experts: needs a GPT with feed_forward='gelu', whose blocks have a FeedForward that "
        f"experts can be like; that of block {number} is {kind}"
    )
