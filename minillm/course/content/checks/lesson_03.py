"""Exercises of lesson 03: a pair and its negatives, drawn words, the best scores."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from minillm.course.content.checks.common import (
    SEEDS,
    SIZES,
    Function,
    close,
    derivative,
    parts,
    shaped,
    told,
)
from minillm.course.content.checks.drawn_words import (
    draws_alike,
    draws_by_powers,
    draws_by_the_counts,
)
from minillm.course.exercises import Exercise, Property

LOSS, SCORES = ("the loss", "损失"), ("the scores", "分数")


def vectors(width: int, k: int, seed: int, size: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """The vector in the middle, and those of the neighbour and of the negatives below it."""
    rng = np.random.default_rng(seed)
    v, u = (np.round(size * rng.uniform(-1.5, 1.5, shape), 1) for shape in (width, (1 + k, width)))
    if k > 1 and seed % 3 == 0:
        u[2] = u[1]  # a word that was drawn twice
    return v, u


def answer(pair: Function, v: np.ndarray, u: np.ndarray) -> list[np.ndarray]:
    """The student's loss and both gradients."""
    loss, d_v, d_u = parts(pair(v, u), LOSS, "dL/dv", "dL/du")
    return [shaped(LOSS, loss, ()), shaped("dL/dv", d_v, v.shape), shaped("dL/du", d_u, u.shape)]


def softplus(x: float) -> float:
    """ln(1 + exp(x))."""
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def loss_of(v: np.ndarray, u: np.ndarray) -> float:
    """-ln σ of the first score and of minus the others, number by number."""
    scores = [math.fsum(map(float, row * v)) for row in u]
    return math.fsum([softplus(-scores[0]), *map(softplus, scores[1:])])


def has_the_loss(pair: Function, width: int, k: int, seed: int) -> None:
    """A yes to the first row, a no to all others."""
    v, u = vectors(width, k, seed)
    close(LOSS, answer(pair, v, u)[0], np.array(loss_of(v, u)))


def has_both_gradients(pair: Function, width: int, k: int, seed: int) -> None:
    """Those of the loss, by central differences."""
    v, u = vectors(width, k, seed)
    derivative(
        lambda v, u: np.array(loss_of(v, u)),
        lambda v, u, _: tuple(answer(pair, v, u)[1:]),
        {"v": v, "u": u},
        np.array(1.0),
    )


def withstands_large_scores(pair: Function, width: int, k: int, seed: int) -> None:
    """Scores in the thousands: the loss is a number, errors are 0, 1 or -1."""
    v, u = vectors(width, k, seed, size=60.0)
    v = v + np.where(v == 0, 1.0, 0.0)
    loss, d_v, d_u = answer(pair, v, u)
    wanted = loss_of(v, u)
    told(
        bool(np.isfinite(loss)) and abs(float(loss) - wanted) <= 1e-6 * (1.0 + wanted),
        f"the loss is {loss}, the scores are {(u @ v).round(1).tolist()}",
        f"损失是 {loss}，分数是 {(u @ v).round(1).tolist()}",
    )
    told(
        bool(np.isfinite(d_v).all() and np.isfinite(d_u).all()),
        f"a gradient isn't finite, the scores are {(u @ v).round(1).tolist()}",
        f"梯度不是有限的数，分数是 {(u @ v).round(1).tolist()}",
    )


def pair_counts(rows: int, columns: int, holes: bool, seed: int) -> np.ndarray:
    """Counts of pairs, every word in one at least."""
    rng = np.random.default_rng(seed)
    x = rng.integers(1, 20, (rows, columns))
    if holes:
        out = rng.random(x.shape) < 0.4
        out[np.arange(max(rows, columns)) % rows, np.arange(max(rows, columns)) % columns] = False
        x[out] = 0
    return x.astype(float)


def scores_of(best_scores: Function, x: np.ndarray, k: int) -> np.ndarray:
    """The student's scores; cells without a pair must be -inf, and the others numbers."""
    found = shaped(SCORES, best_scores(x, k), x.shape)
    told(
        bool(np.array_equal(found == -np.inf, x == 0) and np.isfinite(found[x > 0]).all()),
        f"the scores {found.round(3).tolist()}: -inf belongs where X is 0, and nowhere else",
        f"分数 {found.round(3).tolist()}：X 为 0 处应是 -inf，别处不应是",
    )
    return found


def knows_chance(best_scores: Function, rows: int, columns: int, k: int, seed: int) -> None:
    """Where words stand together by chance, PMI is 0."""
    rng = np.random.default_rng(seed)
    x = np.outer(rng.integers(1, 9, rows), rng.integers(1, 9, columns)).astype(float)
    close(SCORES, scores_of(best_scores, x, k), np.full(x.shape, -math.log(k)))


def is_shifted_pmi(
    best_scores: Function, rows: int, columns: int, k: int, holes: bool, seed: int
) -> None:
    """Cell by cell, from fractions."""
    x = pair_counts(rows, columns, holes, seed)
    found = scores_of(best_scores, x, k)
    n = int(x.sum())
    for w, c in zip(*np.nonzero(x), strict=True):
        times = Fraction(int(x[w, c]) * n, k * int(x[w].sum()) * int(x[:, c].sum()))
        name = (f"the score of X[{w}, {c}]", f"X[{w}, {c}] 的分数")
        close(name, found[w, c], np.array(math.log(times)))


def is_where_the_slope_is_0(
    best_scores: Function, rows: int, columns: int, k: int, seed: int
) -> None:
    """The loss of all true and drawn pairs has its least value there."""
    x = pair_counts(rows, columns, False, seed)
    s = scores_of(best_scores, x, k)
    drawn = k * np.outer(x.sum(axis=1), x.sum(axis=0)) / x.sum()
    slope = drawn / (1 + np.exp(-s)) - x / (1 + np.exp(s))
    rounding = 1e-6 * (drawn + x)  # of scores in float32
    shown = [[f"{number:.1e}" for number in row] for row in slope]
    told(
        bool((np.abs(slope) <= rounding).all()),
        f"the slopes of the loss are {shown}, not 0",
        f"损失的导数是 {shown}，不是 0",
    )


PAIR = {"width": SIZES, "k": st.integers(0, 4), "seed": SEEDS}
COUNTS = {"n": st.integers(1, 6), "seed": SEEDS}
CELLS = {"rows": SIZES, "columns": SIZES, "k": st.integers(1, 6), "seed": SEEDS}

CHECKS = {
    "03.1": Exercise(
        Property(
            "the loss is -ln σ(s) of the neighbour and -ln σ(-s) of each drawn word, summed",
            "损失是上下文词的 -ln σ(s) 加上每个抽来的词的 -ln σ(-s)",
            has_the_loss,
            PAIR,
        ),
        Property(
            "dL/dv and dL/du agree with central differences",
            "dL/dv 和 dL/du 与中心差分相符",
            has_both_gradients,
            PAIR,
        ),
        Property(
            "with scores in the thousands",
            "分数上千时也是如此",
            withstands_large_scores,
            PAIR,
        ),
    ),
    "03.2": Exercise(
        Property(
            "with power 1 words are drawn as often as they occur",
            "power 为 1 时，词抽到的机会与出现的次数一致",
            draws_by_the_counts,
            COUNTS,
        ),
        Property(
            "with another power in proportion to count ** power",
            "power 为别的数时，与 count ** power 成正比",
            draws_by_powers,
            {**COUNTS, "quarters": st.integers(1, 6)},
        ),
        Property(
            "with power 0 all words that occur are equally probable, and no others are drawn",
            "power 为 0 时，出现过的词机会相等，没出现过的不会抽到",
            draws_alike,
            COUNTS,
        ),
    ),
    "03.3": Exercise(
        Property(
            "-ln k where words stand together by chance",
            "词碰巧同现时是 -ln k",
            knows_chance,
            CELLS,
        ),
        Property(
            "PMI - ln k in every cell, -inf where the pair never occurs",
            "每一格是 PMI - ln k，从不出现的词对是 -inf",
            is_shifted_pmi,
            {**CELLS, "holes": st.booleans()},
        ),
        Property(
            "the loss of true and drawn pairs has slope 0 there",
            "在那里，真的和抽来的词对的损失导数为 0",
            is_where_the_slope_is_0,
            CELLS,
        ),
    ),
}
