"""Exercises of lesson 20: integrated gradients, heads in their order, selectivity of a probe."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from minillm.course.content.checks.common import SEEDS, Function, close, shaped
from minillm.course.content.checks.ranked_heads import RANKED_HEADS
from minillm.course.exercises import Exercise, Property
from minillm.course.remarks import Case

SHARES = ("the shares", "各份")
SUM = ("the sum of the shares", "各份之和")
SELECTIVITY = ("the selectivity", "选择性")
SINGLE = {"rtol": 2e-4, "atol": 1e-3}  # of numbers up to some hundreds, as float32 rounds
Way = tuple[np.ndarray, np.ndarray]


def way(rows: int, columns: int, seed: int) -> Way:
    """Where it goes and whence; one row or several."""
    rng = np.random.default_rng(seed)
    shape = (rows, columns) if rows else (columns,)
    x, start = (np.round(rng.uniform(-2, 2, shape), 1) for _ in range(2))
    return x, start


def symmetric(size: int, seed: int) -> np.ndarray:
    """Coefficients of a quadratic function."""
    a = np.random.default_rng(seed + 100).integers(-3, 4, (size, size))
    return (a + a.T) / 2


def shares_of(answer: Function, slope: Function, *given: Any) -> np.ndarray:
    """The student's shares."""
    return shaped(SHARES, answer(slope, *given), given[0].shape)


def is_slope_times_way(
    integrated_shares: Function, rows: int, columns: int, steps: int, seed: int
) -> None:
    """Of a linear function."""
    x, start = way(rows, columns, seed)
    w = np.random.default_rng(seed + 1).integers(-3, 4, x.shape).astype(float)
    found = shares_of(integrated_shares, lambda z: w + 0.0 * z, x, start, steps)
    close(SHARES, found, w * (x - start), **SINGLE)


def is_complete(
    integrated_shares: Function, rows: int, columns: int, steps: int, seed: int
) -> None:
    """Of a quadratic function z·Az/2 + z·w, whose slope in the middle is the mean slope."""
    x, start = way(rows, columns, seed)
    a = symmetric(x.size, seed)
    w = np.random.default_rng(seed + 1).integers(-3, 4, x.size)

    def score(z: np.ndarray) -> float:
        return float(z.ravel() @ a @ z.ravel() / 2 + z.ravel() @ w)

    def slope(z: np.ndarray) -> np.ndarray:
        return np.asarray((a @ np.ravel(z) + w).reshape(np.shape(z)))

    found = shares_of(integrated_shares, slope, x, start, steps).sum()
    close(SUM, np.asarray(found), np.array(score(x) - score(start)), **SINGLE)


def takes_the_middles(
    integrated_shares: Function, rows: int, columns: int, steps: int, seed: int
) -> None:
    """Of a function of the fourth degree, in which each number bends by itself and with others."""
    x, start = way(rows, columns, seed)

    def slope(z: np.ndarray) -> np.ndarray:
        return np.asarray(z**3 + z.sum() * z)

    middles = [start + (k + 0.5) / steps * (x - start) for k in range(steps)]
    wanted = (x - start) * sum(slope(z) for z in middles) / steps
    close(SHARES, shares_of(integrated_shares, slope, x, start, steps), wanted, **SINGLE)


def nearest(learned: np.ndarray, classes: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """The class of the nearest learned vector."""
    learned, asked = np.asarray(learned, float), np.asarray(asked, float)
    gaps = ((asked[:, None] - learned[None]) ** 2).sum(axis=2)
    return np.asarray(classes)[gaps.argmin(axis=1)]


def commonest(learned: np.ndarray, classes: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """The commonest class, whatever is asked."""
    kinds, counts = np.unique(np.asarray(classes), return_counts=True)
    return np.full(len(asked), kinds[counts.argmax()])


PROBES = [
    Case("a probe that looks for the nearest vector", "找最近的向量的探针", nearest),
    Case("a probe that says the commonest class", "总说最常见类别的探针", commonest),
]
Rows = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, int]


def tagged(n: int, kinds: int, seed: int) -> Rows:
    """Vectors that know words and a little of the task; not all words are learned from."""
    rng = np.random.default_rng(seed)
    n_words = 2 + seed % 7
    words = rng.integers(n_words, size=n)
    labels = np.where(rng.random(n) < 0.6, words % kinds, rng.integers(kinds, size=n))
    place = rng.integers(-5, 6, (n_words, 2))
    vectors = np.round(place[words] + labels[:, None] + rng.uniform(-1, 1, (n, 2)), 1)
    return vectors, words, labels, rng.integers(kinds, size=n_words), int(rng.integers(1, n))


def same_selectivity(answer: Function, probe: Function, rows: Rows) -> None:
    """Compare with the rows counted one by one."""
    vectors, words, labels, of_word, n = rows
    control = np.array([of_word[word] for word in words])
    hits = []
    for classes in (labels, control):
        said = probe(vectors[:n], classes[:n], vectors[n:])
        hits.append(sum(a == b for a, b in zip(said, classes[n:], strict=True)))
    wanted = np.array((hits[0] - hits[1]) / (len(words) - n))
    found = shaped(SELECTIVITY, answer(probe, *rows), ())
    close(SELECTIVITY, found, wanted, rtol=1e-5, atol=1e-6)


def is_nothing_of_a_control(selective: Function, kind: Case, n: int, kinds: int, seed: int) -> None:
    """The task is the control task itself."""
    vectors, words, _, of_word, learned = tagged(n, kinds, seed)
    same_selectivity(selective, kind.value, (vectors, words, of_word[words], of_word, learned))


def is_the_difference(selective: Function, kind: Case, n: int, kinds: int, seed: int) -> None:
    """On rows that were not learned."""
    same_selectivity(selective, kind.value, tagged(n, kinds, seed))


WAYS = {
    "rows": st.integers(0, 3),
    "columns": st.integers(1, 3),
    "steps": st.integers(1, 6),
    "seed": SEEDS,
}
TAGGED = {
    "kind": st.sampled_from(PROBES),
    "n": st.integers(2, 12),
    "kinds": st.integers(2, 3),
    "seed": SEEDS,
}

CHECKS = {
    "20.1": Exercise(
        Property(
            "of a linear function: slope times way, whatever the number of steps",
            "线性函数：斜率乘走过的路，与步数无关",
            is_slope_times_way,
            WAYS,
        ),
        Property(
            "of a quadratic function the shares add up to F(x) - F(start), even with one step",
            "二次函数：各份之和等于 F(x) - F(start)，一步也是如此",
            is_complete,
            WAYS,
        ),
        Property(
            "the slopes are those in the middle of equal steps",
            "斜率取在等长小段的中点",
            takes_the_middles,
            WAYS,
        ),
    ),
    "20.2": RANKED_HEADS,
    "20.3": Exercise(
        Property(
            "0 where the task is the control task",
            "任务就是对照任务时是 0",
            is_nothing_of_a_control,
            TAGGED,
        ),
        Property(
            "the accuracy of the task minus that of the control, on rows that were not learned",
            "没学过的各行上，任务的准确率减去对照的准确率",
            is_the_difference,
            TAGGED,
        ),
    ),
}
