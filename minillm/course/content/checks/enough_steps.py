"""Exercise 20.1: integrated gradients with as many steps as completeness asks for."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from minillm.course.content.checks.common import SEEDS, Function, close, parts, shaped, told
from minillm.course.exercises import Exercise, Property

STEPS, SHARES = ("the number of steps", "步数"), ("the shares", "各份")
SUM = ("the sum of the shares", "各份之和")
SINGLE = {"rtol": 2e-4, "atol": 1e-3}  # of numbers up to some hundreds, as float32 rounds
Way = tuple[np.ndarray, np.ndarray]
Curve = tuple[Function, Function]  # F and its slope


def way(rows: int, columns: int, seed: int) -> Way:
    """Where it goes and whence; one row or several."""
    rng = np.random.default_rng(seed)
    shape = (rows, columns) if rows else (columns,)
    x, start = (np.round(rng.uniform(-2, 2, shape), 1) for _ in range(2))
    return x, start


def straight(size: int, seed: int) -> Curve:
    """A linear function."""
    w = np.random.default_rng(seed + 1).integers(-3, 4, size)
    return lambda z: float(np.ravel(z) @ w + 2), lambda z: w.reshape(np.shape(z)) + 0.0 * z


def bent(size: int, seed: int) -> Curve:
    """A quadratic function z·Az/2 + z·w, whose slope in the middle is the mean slope."""
    rng = np.random.default_rng(seed + 100)
    drawn = rng.integers(-3, 4, (size, size))
    a, w = (drawn + drawn.T) / 2, rng.integers(-3, 4, size)

    def score(z: np.ndarray) -> float:
        return float(np.ravel(z) @ a @ np.ravel(z) / 2 + np.ravel(z) @ w)

    def slope(z: np.ndarray) -> np.ndarray:
        return np.asarray((a @ np.ravel(z) + w).reshape(np.shape(z)))

    return score, slope


def wild() -> Curve:
    """Of the fourth degree: each number bends by itself and with the others."""

    def score(z: np.ndarray) -> float:
        return float((z**4).sum() / 4 + z.sum() * (z**2).sum() / 2)

    def slope(z: np.ndarray) -> np.ndarray:
        return np.asarray(z**3 + z.sum() * z + (z**2).sum() / 2)

    return score, slope


def shares(slope: Function, x: np.ndarray, start: np.ndarray, steps: int) -> np.ndarray:
    """With so many steps, each at its middle."""
    total = np.zeros(x.shape)
    for k in range(steps):
        total += slope(((2 * steps - 2 * k - 1) * start + (2 * k + 1) * x) / (2 * steps))
    return (x - start) * total / steps


def answered(
    answer: Function, curve: Curve, ends: Way, tried: list[int], gap: float
) -> tuple[float, np.ndarray]:
    """The student's number of steps and shares."""
    found = parts(answer(*curve, *ends, list(tried), gap), STEPS, SHARES)
    return float(shaped(STEPS, found[0], ())), shaped(SHARES, found[1], ends[0].shape)


def same(
    answer: Function, curve: Curve, ends: Way, tried: list[int], gap: float, steps: int
) -> None:
    """Compare with these steps and their shares."""
    found, given = answered(answer, curve, ends, tried, gap)
    told(
        found == steps,
        f"{STEPS[0]}: {found:g}, not {steps}, of {tried} with a gap of {gap:g}",
        f"{STEPS[1]}：{found:g}，应为 {steps}（可选 {tried}，允许的差 {gap:g}）",
    )
    close(SHARES, given, shares(curve[1], *ends, steps), **SINGLE)


def is_slope_times_way(
    shares_within: Function, rows: int, columns: int, steps: int, seed: int
) -> None:
    """Of a linear function the first number of steps is enough."""
    ends = way(rows, columns, seed)
    same(shares_within, straight(ends[0].size, seed), ends, [steps, 9], 0.01, steps)


def is_complete(shares_within: Function, rows: int, columns: int, steps: int, seed: int) -> None:
    """Of a quadratic function, too; the sum is what was to be explained."""
    ends = way(rows, columns, seed)
    score, slope = bent(ends[0].size, seed)
    given = answered(shares_within, (score, slope), ends, [steps, 9], 0.01)[1].sum()
    wanted = np.array(score(ends[0]) - score(ends[1]))
    close(SUM, np.asarray(given), wanted, **SINGLE)
    same(shares_within, (score, slope), ends, [steps, 9], 0.01, steps)


def stops_in_time(shares_within: Function, rows: int, columns: int, place: int, seed: int) -> None:
    """The first of several that misses by no more than the gap, at a place in the list."""
    ends, curve = way(rows, columns, seed), wild()
    tried = [2, 1, 3, 5, 8] if seed % 2 else [1, 2, 4, 7, 12]
    whole = curve[0](ends[0]) - curve[0](ends[1])
    missed = [abs(shares(curve[1], *ends, m).sum() - whole) for m in tried]
    worst = min(missed[:place], default=np.inf)
    gap = float(np.sqrt(worst * missed[place])) if place else 1.5 * missed[0] + 0.01
    if not missed[place] + 0.02 < gap < worst - 0.02 and place:  # not told apart: the first
        place, gap = 0, 1.5 * missed[0] + 0.01
    same(shares_within, curve, ends, tried, gap, tried[place])


def ends_with_the_last(
    shares_within: Function, rows: int, columns: int, steps: int, seed: int
) -> None:
    """Where none is enough."""
    x, start = way(rows, columns, seed)
    ends = np.abs(x) + 1.5, -np.abs(start)  # a long way: one to four steps miss by far
    tried = [steps, 1, 1 + steps % 2]
    same(shares_within, wild(), ends, tried, 1e-4, tried[-1])


WAYS = {
    "rows": st.integers(0, 3),
    "columns": st.integers(1, 3),
    "steps": st.integers(1, 6),
    "seed": SEEDS,
}
ENOUGH_STEPS = Exercise(
    Property(
        "of a linear function: slope times way, and the first number of steps is enough",
        "线性函数：斜率乘走过的路，第一个步数就够了",
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
        "slopes in the middle of equal steps, and the first number of steps that misses no more",
        "斜率取在等长小段的中点；取第一个差得不超过 gap 的步数",
        stops_in_time,
        {**{name: WAYS[name] for name in ("rows", "columns", "seed")}, "place": st.integers(0, 4)},
    ),
    Property(
        "the last number of steps where none is enough",
        "哪个步数都不够时，取最后一个",
        ends_with_the_last,
        {**WAYS, "steps": st.integers(1, 3)},
    ),
)
