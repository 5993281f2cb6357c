"""Exercise 12.3: attention as an alignment, and its error rate."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from minillm.course.content.checks.common import Function, close, shaped

RATE = ("the error rate", "错误率")
Links = set[tuple[int, int]]


def aligned(n: int, longest: int, seed: int) -> tuple[list[np.ndarray], list[Links], list[Links]]:
    """Weights with those of [EOS], sure and possible links; many of the weights fall on [EOS]."""
    rng = np.random.default_rng(seed)
    weights, sure, possible = [], [], []
    for _ in range(n):
        s, t = (int(k) for k in rng.integers(0, longest + 1, size=2))
        drawn = rng.dirichlet(np.append(np.ones(s), 2.0), size=t + 1)
        cells = [(i, j) for i in range(s) for j in range(t)]
        chance = rng.random(len(cells))
        likely = [0.7 if i == drawn[j, :s].argmax() else 0.2 for i, j in cells]
        sure.append({c for c, x, p in zip(cells, chance, likely, strict=True) if x < p / 2})
        possible.append({c for c, x, p in zip(cells, chance, likely, strict=True) if x < p})
        weights.append(drawn)
    return weights, sure, possible


def rated(weights: Sequence[np.ndarray], sure: Sequence[Links], possible: Sequence[Links]) -> float:
    """The error rate, link by link."""
    right = total = 0
    for w, s, p in zip(weights, sure, possible, strict=True):
        total += len(s)
        for j, row in enumerate(w[:-1].tolist()):
            if len(row) > 1:
                link = (max(range(len(row) - 1), key=row.__getitem__), j)
                right, total = right + (link in s) + (link in p), total + 1
    return float(1 - Fraction(right, total)) if total else 0.0


def is_rate_of(
    error_rate: Function, weights: list[np.ndarray], sure: list[Links], possible: list[Links]
) -> None:
    """Compare with the rate."""
    found = shaped(RATE, error_rate(weights, sure, possible), ())
    close(RATE, found, np.array(rated(weights, sure, possible)))


def is_nothing_where_all_is_right(error_rate: Function, length: int, seed: int) -> None:
    """A target in another order, whose weights are at their sure links: 0.  Without any: 0."""
    order = np.random.default_rng(seed).permutation(length)
    w = np.full((length + 1, length + 1), 0.01)
    w[np.arange(length), order] = 0.6
    links = {(int(s), t) for t, s in enumerate(order)}
    is_rate_of(error_rate, [w], [links], [links])
    is_rate_of(error_rate, [np.ones((1, 1))], [set()], [set()])


def ignores_the_end(error_rate: Function, length: int, seed: int) -> None:
    """Every row looks at [EOS] most, and at some token before it second."""
    rng = np.random.default_rng(seed)
    w = np.column_stack([rng.dirichlet(np.ones(length), size=length + 1), np.ones(length + 1)]) / 2
    links = {(int(s), t) for t, s in enumerate(w[:-1, :-1].argmax(axis=1))}
    is_rate_of(error_rate, [w], [links], [links])


def counts_all_links(error_rate: Function, n: int, longest: int, seed: int) -> None:
    """Sums over the corpus, with links that are possible only, and with empty sides."""
    is_rate_of(error_rate, *aligned(n, longest, seed))
