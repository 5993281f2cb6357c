"""The symmetric contrastive loss of pictures and captions, also at a small temperature."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import strategies as st

from minillm.course.content.checks.common import SEEDS, SIZES, Function, close, shaped
from minillm.course.exercises import Exercise, Property

LOSS = ("the loss", "损失")
SINGLE = {"rtol": 2e-4, "atol": 1e-5}  # as float32 rounds


def vectors(n: int, d: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of vectors of several lengths, none of which is 0."""
    rng = np.random.default_rng(seed)
    found = np.round(rng.standard_normal((2, n, d)), 1) * 2.0 ** rng.integers(-2, 3, (2, n, 1))
    found[..., 0] += np.where(np.abs(found).sum(axis=2) < 0.2, 1.0, 0.0)
    return found[0], found[1]


def loss_of(pictures: np.ndarray, captions: np.ndarray, tau: float) -> float:
    """Pair by pair, with Python's numbers."""
    u, v = ([[float(one) for one in row] for row in rows] for rows in (pictures, captions))

    def score(a: list[float], b: list[float]) -> float:
        dot = sum(p * q for p, q in zip(a, b, strict=True))
        return dot / math.hypot(*a) / math.hypot(*b) / tau

    total = 0.0
    for i in range(len(u)):
        for offers in ([score(u[i], b) for b in v], [score(a, v[i]) for a in u]):
            most = max(offers)
            total += most + math.log(sum(math.exp(s - most) for s in offers)) - offers[i]
    return total / (2 * len(u))


def same_loss(
    contrastive: Function, pictures: np.ndarray, captions: np.ndarray, tau: float
) -> None:
    """Compare with the loss that is added up pair by pair."""
    found = shaped(LOSS, contrastive(pictures, captions, tau), ())
    close(LOSS, found, np.array(loss_of(pictures, captions, tau)), **SINGLE)


def is_ln_n_of_equal_scores(contrastive: Function, n: int, d: int, seed: int) -> None:
    """All captions say the same, and all pictures show the same."""
    one, other = (rows[:1] for rows in vectors(1, d, seed))
    same_loss(contrastive, np.repeat(one, n, axis=0), np.repeat(other, n, axis=0), 0.5)


def is_that_of_rows_and_columns(
    contrastive: Function, n: int, d: int, tau: float, seed: int
) -> None:
    """Any vectors."""
    same_loss(contrastive, *vectors(n, d, seed), tau)


def is_right_when_sure(contrastive: Function, n: int, d: int, seed: int) -> None:
    """Scores of up to a thousand."""
    same_loss(contrastive, *vectors(n, d, seed), 0.001)


PAIRS = {"n": st.integers(1, 5), "d": SIZES, "seed": SEEDS}
PAIRS_FOUND = Exercise(
    Property(
        "ln N where all scores are equal", "分数全相等时是 ln N", is_ln_n_of_equal_scores, PAIRS
    ),
    Property(
        "the mean over rows and columns of -ln of the own one's probability",
        "对各行、各列，自己那一个的概率取 -ln，再求平均",
        is_that_of_rows_and_columns,
        {**PAIRS, "tau": st.sampled_from([1.0, 0.5, 0.1])},
    ),
    Property(
        "finite and right at a small temperature",
        "温度很小时也有限而正确",
        is_right_when_sure,
        PAIRS,
    ),
)
