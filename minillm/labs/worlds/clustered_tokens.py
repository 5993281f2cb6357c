"""Texts whose tokens stand in clusters, each of which has a rule of its own for what comes next.

A token is a cluster and a value.  The value of the next one is what the table of the present
token's cluster says of the value before; its cluster is drawn.  So the cluster of a token says
which table is to be read there, and reading one table is linear in a value's vector.

Letters: N texts, T tokens, C clusters, m values.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ClusteredTokens:
    """The sizes of the world.

    Raises:
        ValueError: no cluster, fewer than two values or than three tokens.
    """

    clusters: int = 8
    values: int = 16
    length: int = 3

    def __post_init__(self) -> None:
        if self.clusters < 1 or self.values < 2 or self.length < 3:
            raise ValueError(
                f"ClusteredTokens: a cluster, two values and three tokens are needed, got {self}"
            )

    @property
    def tokens(self) -> int:
        """How many tokens there are: V = C m."""
        return self.clusters * self.values

    @property
    def floor(self) -> float:
        """The least loss in nats of a token from the third on: its cluster is drawn."""
        return float(np.log(self.clusters))

    def cluster_of(self, ids: np.ndarray) -> np.ndarray:
        """The cluster of every token."""
        return ids // self.values

    def value_of(self, ids: np.ndarray) -> np.ndarray:
        """The value of every token."""
        return ids % self.values


class ClusterTexts:
    """The tables of the clusters, and texts by them.

    A table is a random map of values to values; ``own`` is the share of values in which every
    row of ``tables (C, m)`` has an entry of its own.  At 0 all clusters have one table, and the
    cluster of a token says nothing; at 1 two clusters share an entry only by chance.

    Raises:
        ValueError: ``own`` is not a share.
    """

    def __init__(self, world: ClusteredTokens, own: float, rng: np.random.Generator):
        if not 0.0 <= own <= 1.0:
            raise ValueError(f"ClusterTexts: own must be from 0 to 1, got {own}")
        self.world = world
        c, m = world.clusters, world.values
        shared = rng.integers(m, size=m)
        apart = rng.integers(m, size=(c, m))
        theirs = rng.permutation(m) < round(own * m)
        self.tables = np.where(theirs, apart, shared)

    def draw(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """``n`` texts, (N, T); the first two values are drawn as well."""
        w = self.world
        clusters = rng.integers(w.clusters, size=(n, w.length))
        values = rng.integers(w.values, size=(n, w.length))
        for t in range(2, w.length):
            values[:, t] = self.tables[clusters[:, t - 1], values[:, t - 2]]
        return np.asarray(clusters * w.values + values)
