"""Exercises of lesson 18: the area by ranks, sums clipped by example, the least noise."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from minillm.course.content.checks.common import SEEDS, Function, close, parts, shaped, told
from minillm.course.content.checks.least_noise import LEAST_NOISE
from minillm.course.exercises import Exercise, Property

AUC = "AUC"
SUMS = ("dL/dW", "dL/db")
SINGLE = {"rtol": 1e-5, "atol": 1e-5}  # as float32 rounds


def losses(m: int, n: int, kinds: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Losses of members and of others, in quarters: the fewer ``kinds``, the more are equal."""
    rng = np.random.default_rng(seed)
    return rng.integers(kinds, size=m) / 4, rng.integers(kinds, size=n) / 4


def by_pairs(members: np.ndarray, others: np.ndarray) -> float:
    """All pairs, one by one."""
    pairs = [Fraction(int(a < b)) + Fraction(int(a == b), 2) for a in members for b in others]
    return float(sum(pairs) / len(pairs))


def same_area(auc: Function, members: np.ndarray, others: np.ndarray) -> None:
    """The student's area is that of all pairs."""
    close(AUC, shaped(AUC, auc(members, others), ()), np.array(by_pairs(members, others)))


def is_that_of_all_pairs(auc: Function, m: int, n: int, seed: int) -> None:
    """Losses of which hardly two are equal."""
    same_area(auc, *losses(m, n, 10_000, seed))


def counts_equal_ones_by_half(auc: Function, m: int, n: int, seed: int) -> None:
    """Losses of which many are equal."""
    same_area(auc, *losses(m, n, 3, seed))


def does_not_know_the_unit(auc: Function, m: int, n: int, seed: int) -> None:
    """Losses of a million, or below 0, in the same order."""
    members, others = losses(m, n, 5, seed)
    same_area(auc, 1e6 + members, 1e6 + others)
    same_area(auc, members - 100, others - 100)


def slopes(
    b: int, t: int, i: int, o: int, nothing: bool, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and arriving slopes; one example may have no gradient."""
    rng = np.random.default_rng(seed)
    x = rng.integers(-4, 5, (b, t, i)) / 2
    g = rng.integers(-4, 5, (b, t, o)) / 2 * 4.0 ** rng.integers(-2, 2, (b, 1, 1))
    if nothing:
        g[rng.integers(b)] = 0
    return x, g


def shares_of(x: np.ndarray, g: np.ndarray) -> np.ndarray:
    """The gradient of one example, in W and in b, as one row."""
    of_w = sum(np.outer(out, into) for out, into in zip(g, x, strict=True))
    return np.concatenate([np.ravel(of_w), g.sum(axis=0)])


def both_sums(clipped_sum: Function, x: np.ndarray, g: np.ndarray, clip: float) -> np.ndarray:
    """What the student found, in W and in b, as one row."""
    found = parts(clipped_sum(x, g, clip), *SUMS)
    shapes = (g.shape[2], x.shape[2]), (g.shape[2],)
    named = zip(SUMS, found, shapes, strict=True)
    return np.concatenate([shaped(name, one, shape).ravel() for name, one, shape in named])


def wanted_sum(x: np.ndarray, g: np.ndarray, clip: float) -> np.ndarray:
    """Each example by itself, shortened where it is longer than ``clip``."""
    total = np.zeros(g.shape[2] * (x.shape[2] + 1))
    for row, slope in zip(x, g, strict=True):
        one = shares_of(row, slope)
        length = math.sqrt(one @ one)
        total += one if length <= clip else one * clip / length
    return total


def in_parts(found: np.ndarray, wanted: np.ndarray, outputs: int) -> None:
    """Compare W and b under their names."""
    for name, ours, right in zip(
        SUMS, np.split(found, [-outputs]), np.split(wanted, [-outputs]), strict=True
    ):
        close(name, ours, right, **SINGLE)


def is_the_batch_where_none_is_long(
    clipped_sum: Function, b: int, t: int, i: int, o: int, nothing: bool, seed: int
) -> None:
    """With a clip that nobody reaches."""
    x, g = slopes(b, t, i, o, nothing, seed)
    found = both_sums(clipped_sum, x, g, 1e6)
    in_parts(found, sum(map(shares_of, x, g), np.zeros_like(found)), o)


def is_no_longer_than_the_clip(
    clipped_sum: Function, t: int, i: int, o: int, tenths: int, seed: int
) -> None:
    """One example: its direction, and a length of at most C over both parts."""
    x, g = slopes(1, t, i, o, False, seed)
    clip = tenths / 10
    found = both_sums(clipped_sum, x, g, clip)
    length = float(np.sqrt(found @ found))
    told(
        length <= clip * (1 + 1e-5),
        f"the gradient of one example has the length {length:.3f}, above the clip {clip}",
        f"一个样本的梯度长 {length:.3f}，超过了裁剪的长度 {clip}",
    )
    in_parts(found, wanted_sum(x, g, clip), o)


def clips_each_example(
    clipped_sum: Function, b: int, t: int, i: int, o: int, nothing: bool, tenths: int, seed: int
) -> None:
    """Several examples, some longer than the clip; one may have no gradient."""
    x, g = slopes(b, t, i, o, nothing, seed)
    in_parts(both_sums(clipped_sum, x, g, tenths / 10), wanted_sum(x, g, tenths / 10), o)


MANY = {"m": st.integers(1, 7), "n": st.integers(1, 7), "seed": SEEDS}
LAYER = {"t": st.integers(1, 3), "i": st.integers(1, 3), "o": st.integers(1, 3), "seed": SEEDS}
BATCH = {**LAYER, "b": st.integers(1, 4), "nothing": st.booleans()}

CHECKS = {
    "18.1": Exercise(
        Property(
            "the share of pairs in which the member has the lower loss",
            "成员损失较低的对所占的比例",
            is_that_of_all_pairs,
            MANY,
        ),
        Property("equal losses count one half", "相等的算一半", counts_equal_ones_by_half, MANY),
        Property(
            "the order alone counts, whatever the unit",
            "只看次序，与单位无关",
            does_not_know_the_unit,
            MANY,
        ),
    ),
    "18.2": Exercise(
        Property(
            "where none is longer than the clip it is the gradient of the batch",
            "没有一个长于 clip 时，就是整批的梯度",
            is_the_batch_where_none_is_long,
            BATCH,
        ),
        Property(
            "one example has a length of at most clip, over W and b together",
            "一个样本的长度不超过 clip，W 和 b 合在一起算",
            is_no_longer_than_the_clip,
            {**LAYER, "tenths": st.integers(1, 30)},
        ),
        Property(
            "each example is clipped by itself, and then all are added",
            "每个样本各自裁剪，然后相加",
            clips_each_example,
            {**BATCH, "tenths": st.integers(1, 30)},
        ),
    ),
    "18.3": LEAST_NOISE,
}
