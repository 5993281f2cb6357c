"""A network with two groups of outputs: one says which digit it sees, the other says nothing.

Letters: B pictures, P pixels, D width, C digits, A auxiliary outputs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from minillm.autograd import Tensor
from minillm.labs.worlds.digits import STROKES
from minillm.labs.worlds.listed import share
from minillm.nn import Dropout, Linear, Module
from minillm.ops import relu
from minillm.optim import AdamW, decay_groups
from minillm.training import evaluating, fit

LAYERS = ["first", "second", "digits", "auxiliary"]


@dataclass(frozen=True)
class Sizes:
    """How wide both hidden layers are, how many outputs mean nothing, how much is dropped."""

    width: int = 128
    auxiliary: int = 5
    dropout: float = 0.0


class Network(Module):
    """Two hidden layers under both groups of outputs::

        h = relu(W2 relu(W1 (2 x - 1) + b1) + b2),    z = Wd h + bd,    a = Wa h + ba

    Shapes: ``x (B, P) -> z (B, C)`` by calling it, ``a (B, A)`` by ``told``.

    Raises:
        ValueError: fewer than one auxiliary output; pictures of another size.
    """

    def __init__(self, pixels: int, sizes: Sizes, *, rng: np.random.Generator):
        if sizes.auxiliary < 1:
            raise ValueError(f"Network: auxiliary must be at least 1 output, got {sizes.auxiliary}")
        self.pixels, self.sizes = pixels, sizes
        self.first = Linear(pixels, sizes.width, rng=rng)
        self.second = Linear(sizes.width, sizes.width, rng=rng)
        self.digits = Linear(sizes.width, len(STROKES), rng=rng)
        self.auxiliary = Linear(sizes.width, sizes.auxiliary, rng=rng)
        self.dropout = Dropout(sizes.dropout, rng=rng)

    def features(self, pixels: np.ndarray) -> Tensor:
        """What both groups of outputs see, (B, P) -> (B, D)."""
        if pixels.ndim != 2 or pixels.shape[1] != self.pixels:
            raise ValueError(f"Network: pixels must be (B, {self.pixels}), got {pixels.shape}")
        x = Tensor(2 * pixels - 1)
        return self.dropout(relu(self.second(self.dropout(relu(self.first(x))))))

    def forward(self, pixels: np.ndarray) -> Tensor:
        """The score of each digit."""
        return self.digits(self.features(pixels))

    def told(self, pixels: np.ndarray) -> Tensor:
        """The auxiliary outputs."""
        return self.auxiliary(self.features(pixels))


@dataclass(frozen=True)
class Training:
    """Batches for AdamW at one rate."""

    steps: int
    batch: int = 64
    rate: float = 1e-3
    weight_decay: float = 0.0


def train(
    network: Network, loss_of: Callable[[Any], Tensor], batches: Iterable[Any], s: Training
) -> None:
    """One step for each batch; the outputs that the loss does not ask stay as they are."""
    optimizer = AdamW(decay_groups(network), lr=s.rate, weight_decay=s.weight_decay)
    for _ in fit(loss_of, batches, optimizer, allow_unused=True):
        pass


def digits_of(network: Network, pixels: np.ndarray) -> np.ndarray:
    """The score of each digit, (B, P) -> (B, C) in float64, without dropout."""
    with evaluating(network):
        found: np.ndarray = network(pixels).data.astype(np.float64)
    return found


def told_by(network: Network, pixels: np.ndarray) -> np.ndarray:
    """The auxiliary outputs, (B, P) -> (B, A), without dropout."""
    with evaluating(network):
        found: np.ndarray = network.told(pixels).data
    return found


def mixed(same: Network, other: Network, distance: float) -> Network:
    """``other``, put at a share of its way from ``same``, without smaller weights midway::

        W = ((1 - d) W_same + d W_other) / sqrt((1 - d)² + d²)

    Raises:
        ValueError: the distance is not from 0 to 1.
    """
    near = 1 - share("distance", distance)
    norm = (near**2 + distance**2) ** 0.5
    far = other.state_dict()
    other.load_state_dict(
        {k: (near * v + distance * far[k]) / norm for k, v in same.state_dict().items()}
    )
    return other
