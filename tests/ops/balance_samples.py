"""The row of the loss that spreads tokens over experts."""

import numpy as np

from tests.ops.table import RNG, Row, normal, refused, sample


def balance(probabilities: np.ndarray, *, chosen: np.ndarray) -> np.ndarray:
    """Expert after expert, token after token."""
    n, experts = probabilities.shape
    total = 0.0
    for e in range(experts):
        share = sum(int(c) == e for c in chosen) / n
        total += share * sum(probabilities[:, e]) / n
    return np.asarray(experts * total)


EVEN, ONE = np.array([0, 1, 2, 0, 1, 2]), np.zeros(6, dtype=int)
P = np.full((6, 3), 1 / 3)
OPS: dict[str, Row] = {}
OPS["balance_loss"] = Row(
    balance,
    [
        sample(normal(6, 3), chosen=EVEN),
        sample(normal(6, 3), chosen=ONE),
        sample(np.abs(normal(40, 5)), chosen=RNG.integers(5, size=40)),
        sample(normal(1, 1), chosen=ONE[:1]),
        sample(normal(2, 7), chosen=np.array([6, 6])),
        sample(1e3 * normal(6, 3), chosen=EVEN),
    ],
    [
        refused(
            ValueError,
            r"must be \(N, E\) with a token and an expert, got \(3,\)",
            P[0],
            chosen=EVEN[:3],
        ),
        refused(
            ValueError, r"with a token and an expert, got \(\)", np.array(1.0), chosen=EVEN[:1]
        ),
        refused(ValueError, r"with a token and an expert, got \(0, 3\)", P[:0], chosen=EVEN[:0]),
        refused(ValueError, r"with a token and an expert, got \(6, 0\)", P[:, :0], chosen=EVEN),
        refused(ValueError, r"chosen must be \(6,\), got \(5,\)", P, chosen=EVEN[:5]),
        refused(
            IndexError,
            "expert 3 at position .0,. out of range for a layer of 3",
            P,
            chosen=EVEN + 3,
        ),
        refused(IndexError, "expert -1 at position .0,. out of range", P, chosen=EVEN - 1),
        refused(TypeError, "expert", P, chosen=EVEN + 0.5),
    ],
)
